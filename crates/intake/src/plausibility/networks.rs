//! How many different networks, in 32 bytes.

const WORDS: usize = 4;
const BITS: u32 = 64 * WORDS as u32;

/// A set of bits, one for each network, from which their number is estimated (linear counting: Whang,
/// Vander-Zanden, Taylor 1990). Good for a few hundred networks, and never far above the truth.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Networks([u64; WORDS]);

impl Networks {
    /// An unknown network, 0, is none.
    pub(super) fn insert(&mut self, network: u32) {
        if network != 0 {
            let (word, bit) = place(network);
            self.0[word] |= bit;
        }
    }

    pub(super) fn without(mut self, network: u32) -> Self {
        let (word, bit) = place(network);
        self.0[word] &= !bit;
        self
    }

    pub(super) fn union(&self, other: &Self) -> Self {
        Self(std::array::from_fn(|at| self.0[at] | other.0[at]))
    }

    /// Bits: no more than there are networks.
    pub(super) fn set(&self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }

    /// About how many networks there are.
    pub(super) fn count(&self) -> f64 {
        let clear = f64::from((BITS - self.set()).max(1)) / f64::from(BITS);
        -f64::from(BITS) * clear.ln()
    }
}

const fn place(network: u32) -> (usize, u64) {
    // A network is a hash: any of its bits will do.
    let bit = network % BITS;
    ((bit / 64) as usize, 1 << (bit % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_estimate_is_near_the_number_of_networks() {
        for number in [0_u32, 1, 4, 5, 20, 100, 300] {
            let mut networks = Networks::default();
            for n in 1..=number {
                let mixed = n.wrapping_mul(0x85eb_ca6b) ^ (n.wrapping_mul(0xc2b2_ae35) >> 11);
                networks.insert((mixed ^ (mixed >> 16)).wrapping_mul(0x85eb_ca6b) >> 7);
            }
            let (estimate, number) = (networks.count(), f64::from(number));
            let error = (estimate - number).abs();
            assert!(error <= 0.15 * number + 0.1, "{number}: {estimate}");
        }
    }
}
