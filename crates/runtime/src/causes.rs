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
        let mut said = self.0.to_string();
        f.write_str(&said)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            let text = error.to_string();
            if !text.is_empty() && !said.ends_with(&text) {
                write!(f, ": {text}")?;
                said = text;
            }
            cause = error.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{said}")]
    struct Said {
        said: &'static str,
        #[source]
        cause: Option<Box<Said>>,
    }

    fn chain(texts: &[&'static str]) -> Said {
        Said {
            said: texts[0],
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
        ] {
            assert_eq!(chain(texts).with_causes().to_string(), line);
            let boxed: Box<dyn Error + Send + Sync> = Box::new(chain(texts));
            assert_eq!((*boxed).with_causes().to_string(), line);
        }
    }
}
