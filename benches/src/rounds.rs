//! Rounds of several variants, taken in turn so that a machine that slows down slows all of them.

/// What one variant did in each round.
pub(crate) struct Series {
    pub(crate) name: &'static str,
    pub(crate) values: Vec<f64>,
}

impl Series {
    pub(crate) const fn new(name: &'static str) -> Self {
        Self {
            name,
            values: Vec::new(),
        }
    }

    /// The median of the rounds.
    pub(crate) fn median(&self) -> f64 {
        median(&self.values)
    }

    /// The median of the ratios to `other`, round by round.
    pub(crate) fn ratio_to(&self, other: &Self) -> f64 {
        let ratios: Vec<f64> = self
            .values
            .iter()
            .zip(&other.values)
            .map(|(own, other)| own / other)
            .collect();
        median(&ratios)
    }
}

/// The middle value; not a number where there is none.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => sorted[n / 2],
        n => f64::midpoint(sorted[n / 2 - 1], sorted[n / 2]),
    }
}
