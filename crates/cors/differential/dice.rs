//! A small seeded generator of random choices: the same seed gives the same exchanges everywhere.

/// SplitMix64.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    /// True in `percent` of the cases.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// `text` with each letter in a random case, or in one case, or as it is.
    pub fn recase(&mut self, text: &str) -> String {
        match self.below(4) {
            0 => text.to_ascii_uppercase(),
            1 => text.to_ascii_lowercase(),
            2 => text
                .chars()
                .map(|c| {
                    if self.chance(50) {
                        c.to_ascii_uppercase()
                    } else {
                        c.to_ascii_lowercase()
                    }
                })
                .collect(),
            _ => text.to_owned(),
        }
    }

    /// One random edit: a character inserted, deleted, doubled, replaced, or its case turned.
    pub fn edit(&mut self, text: &str) -> String {
        const ODD: [char; 30] = [
            ' ', '\t', ',', ';', ':', '/', '.', '*', '"', '\'', '(', '<', '@', '%', '#', '?', '\\',
            '_', '-', '|', '^', '[', '{', '0', 'a', 'Z', '\u{7f}', '\u{e9}', '\u{a0}', '\u{1}',
        ];
        let mut letters: Vec<char> = text.chars().collect();
        let at = self.below(letters.len() + 1);
        match self.below(5) {
            1 if at < letters.len() => drop(letters.remove(at)),
            2 if at < letters.len() => letters.insert(at, letters[at]),
            3 if at < letters.len() => letters[at] = *self.pick(&ODD),
            4 if at < letters.len() => {
                letters[at] = if letters[at].is_ascii_lowercase() {
                    letters[at].to_ascii_uppercase()
                } else {
                    letters[at].to_ascii_lowercase()
                };
            }
            _ => letters.insert(at, *self.pick(&ODD)),
        }
        letters.into_iter().collect()
    }
}
