//! A judgement of the engine with its words.

use cors::{Exchange, Judgement, judge};

use crate::describe;
use crate::differs::{self, Difference};
use crate::fix::{self, Fix};
use crate::visible::visible;

/// A judgement together with its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// What the browser does, and what decided it.
    pub judgement: Judgement,
    /// What the browser required and what it got, byte for byte.
    pub explanation: String,
    /// What to change, most specific first.
    pub fix: Vec<Fix>,
    /// Where other browsers are known to decide differently.
    pub differs: Vec<Difference>,
}

impl std::fmt::Display for Verdict {
    /// The verdict for a terminal.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let judgement = &self.judgement;
        write!(f, "{}", judgement.ruling)?;
        if let Some(error) = judgement.error {
            write!(f, ": {error}")?;
        }
        if let Some(parameter) = judgement.parameter_text() {
            write!(f, " [{}]", visible(parameter.as_bytes()))?;
        }
        writeln!(f, "\n  {}", self.explanation)?;
        for fix in &self.fix {
            match (fix.header, &fix.value) {
                (Some(header), Some(value)) => {
                    writeln!(f, "  fix: {header}: {value}\n       {}", fix.change)?
                }
                _ => writeln!(f, "  fix: {}", fix.change)?,
            }
        }
        for difference in &self.differs {
            writeln!(
                f,
                "  differs: {:?} {}",
                difference.browsers, difference.note
            )?;
        }
        Ok(())
    }
}

/// Judges an exchange and explains the judgement.
#[must_use]
pub fn explain(exchange: &Exchange) -> Verdict {
    let judgement = judge(exchange);
    Verdict {
        explanation: describe::text(exchange, &judgement),
        fix: fix::fixes(exchange, &judgement),
        differs: differs::notes(exchange, &judgement),
        judgement,
    }
}
