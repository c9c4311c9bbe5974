//! Addresses of headings, as GitHub makes them: links within pages work in both places.

use std::collections::BTreeMap;

/// Addresses of one page; a second heading with the same words gets a number.
#[derive(Debug, Default)]
pub(crate) struct Slugs(BTreeMap<String, usize>);

impl Slugs {
    pub(crate) fn of(&mut self, heading: &str) -> String {
        let slug: String = heading
            .trim()
            .to_lowercase()
            .chars()
            .filter_map(|c| match c {
                ' ' => Some('-'),
                '-' | '_' => Some(c),
                c if c.is_alphanumeric() => Some(c),
                _ => None,
            })
            .collect();
        let seen = self.0.entry(slug.clone()).or_insert(0);
        *seen += 1;
        match *seen {
            1 => slug,
            again => format!("{slug}-{}", again - 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_have_the_addresses_that_github_gives_them() {
        let mut slugs = Slugs::default();
        for (heading, slug) in [
            ("One machine, split", "one-machine-split"),
            ("`--format json`", "--format-json"),
            ("M1: block rate", "m1-block-rate"),
            ("Again", "again"),
            ("Again", "again-1"),
        ] {
            assert_eq!(slugs.of(heading), slug);
        }
    }
}
