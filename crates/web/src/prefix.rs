//! Prefixes of paths, by whole segments.

use crate::endpoint::{EndpointTemplate, NotAnEndpoint, is_parameter};

/// What a rule such as `/cart` or `/shops/:shop/carts` covers: the path itself and everything below
/// it. `/cart` covers `/cart/:id` and not `/cartoon`; a parameter covers any one segment, so that a
/// rule covers a template and the paths that it stands for alike.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PathPrefix(String);

impl PathPrefix {
    /// Reads a prefix; the empty one, or `/`, covers every path.
    ///
    /// # Errors
    /// It is not a path as browsers send it.
    pub fn read(text: &str) -> Result<Self, NotAnEndpoint> {
        if !text.is_empty() {
            EndpointTemplate::check(text)?;
        }
        Ok(Self(text.trim_end_matches('/').to_owned()))
    }

    /// Whether a path or an endpoint is the prefix or below it.
    #[must_use]
    pub fn covers(&self, path: &str) -> bool {
        if let Some(rest) = path.strip_prefix(self.0.as_str()) {
            return rest.is_empty() || rest.starts_with('/');
        }
        if !self.0.contains("/:") {
            return false;
        }
        let mut segments = path.split('/');
        self.0.split('/').all(|own| {
            segments
                .next()
                .is_some_and(|segment| own == segment || is_parameter(own) && !segment.is_empty())
        })
    }

    /// How much of a path it fixes: of several that cover one, the longest is about it most exactly.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it covers every path.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_ends_where_a_segment_ends_and_a_parameter_is_one_segment() {
        for (prefix, path, expected) in [
            ("", "/any/thing", true),
            ("/", "/any/thing", true),
            ("/cart", "/cart", true),
            ("/cart", "/cart/", true),
            ("/cart", "/cart/:id", true),
            ("/cart/", "/cart/7", true),
            ("/cart", "/cartoon", false),
            ("/cart", "/", false),
            ("/cart", "/other/cart", false),
            ("/cart", "/Cart", false),
            ("/shops/:shop/carts", "/shops/:shop/carts", true),
            ("/shops/:shop/carts", "/shops/7/carts/8", true),
            ("/shops/:shop/carts", "/shops/7/orders", false),
            ("/shops/:shop/carts", "/shops//carts", false),
            ("/shops/:shop/carts", "/shops/7", false),
        ] {
            let read = PathPrefix::read(prefix).expect(prefix);
            assert_eq!(read.covers(path), expected, "{prefix} {path}");
        }
        for wrong in ["cart", "/cart?x", "/cart/..", "/cart/%2e%2E/x"] {
            assert!(PathPrefix::read(wrong).is_err(), "{wrong}");
        }
    }
}
