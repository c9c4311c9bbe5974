//! Errors with their causes, on one line.

use std::error::Error;
use std::fmt;

/// Every error can be shown with its causes.
pub trait Causes {
    /// The error and what caused it, joined with colons. A cause whose words its error already ends
    /// with is not said again.
    fn with_causes(&self) -> WithCauses<'_>;
}

/// See [`Causes::with_causes`].
#[derive(Debug, Clone, Copy)]
pub struct WithCauses<'a>(&'a (dyn Error + 'static));

impl<E: Error + 'static> Causes for E {
    fn with_causes(&self) -> WithCauses<'_> {
        WithCauses(self)
    }
}

impl Causes for dyn Error + Send + Sync {
    fn with_causes(&self) -> WithCauses<'_> {
        WithCauses(self)
    }
}

impl Causes for dyn Error {
    fn with_causes(&self) -> WithCauses<'_> {
        WithCauses(self)
    }
}

impl fmt::Display for WithCauses<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut printed = self.0.to_string();
        f.write_str(&printed)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            let text = error.to_string();
            if !text.is_empty() && !printed.ends_with(&text) {
                write!(f, ": {text}")?;
                printed = text;
            }
            cause = error.source();
        }
        f.write_str(meaning(&printed))
    }
}

/// What the words of a library mean to who wrote the address.
fn meaning(text: &str) -> &'static str {
    // rustls reads the first bytes of an answer as a record of TLS.
    if text.contains("received corrupt message of type") {
        return " (no TLS is spoken there: write http://, or the port of TLS)";
    }
    // hyper reads a record of TLS as the first line of an answer.
    if text.contains("invalid HTTP version parsed") {
        return " (no HTTP is spoken there: write https:// where it is a port of TLS)";
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{text}")]
    struct Link {
        text: &'static str,
        #[source]
        cause: Option<Box<Link>>,
    }

    fn chain(texts: &[&'static str]) -> Link {
        Link {
            text: texts[0],
            cause: (texts.len() > 1).then(|| Box::new(chain(&texts[1..]))),
        }
    }

    #[test]
    fn the_whole_chain_is_said_and_nothing_twice() {
        for (texts, line) in [
            (&["no answer"][..], "no answer"),
            (
                &["no answer", "refused", "os error 111"],
                "no answer: refused: os error 111",
            ),
            (
                &["no answer: refused", "refused", "os error 111"],
                "no answer: refused: os error 111",
            ),
            (
                &["no answer", "", "os error 111"],
                "no answer: os error 111",
            ),
            (
                &[
                    "client error (Connect)",
                    "received corrupt message of type InvalidContentType",
                ],
                "client error (Connect): received corrupt message of type InvalidContentType (no TLS is spoken there: write http://, or the port of TLS)",
            ),
            (
                &["client error (SendRequest)", "invalid HTTP version parsed"],
                "client error (SendRequest): invalid HTTP version parsed (no HTTP is spoken there: write https:// where it is a port of TLS)",
            ),
        ] {
            assert_eq!(chain(texts).with_causes().to_string(), line);
            let boxed: Box<dyn Error + Send + Sync> = Box::new(chain(texts));
            assert_eq!((*boxed).with_causes().to_string(), line);
        }
    }
}
