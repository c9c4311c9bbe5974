//! A judgement of the engine with its words.

use cors::{CorsError, Exchange, Judgement};

use crate::differs::{self, Difference};
use crate::fix::{self, Action, Fix};
use crate::reason::{self, Reason};
use crate::visible::visible;
use crate::{caveat, describe};

/// A judgement together with its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// What the browser does, and what decided it.
    pub judgement: Judgement,
    /// Why it is blocked; `None` where it is not.
    pub reason: Option<Reason>,
    /// What the browser required and what it got, byte for byte.
    pub explanation: String,
    /// What to change, in order; together they let the request pass. Those that begin with "Or" are
    /// what the page can do instead.
    pub fix: Vec<Fix>,
    /// What the verdict does not cover.
    pub caveats: Vec<String>,
    /// Where other browsers are known to decide differently.
    pub differs: Vec<Difference>,
}

impl Verdict {
    /// The header of an answer that the reason is about, in lower case.
    #[must_use]
    pub const fn header(&self) -> Option<&'static str> {
        use CorsError as E;
        match self.judgement.error {
            Some(
                E::WildcardOriginNotAllowed
                | E::MissingAllowOriginHeader
                | E::MultipleAllowOriginValues
                | E::InvalidAllowOriginValue
                | E::AllowOriginMismatch
                | E::PreflightWildcardOriginNotAllowed
                | E::PreflightMissingAllowOriginHeader
                | E::PreflightMultipleAllowOriginValues
                | E::PreflightInvalidAllowOriginValue
                | E::PreflightAllowOriginMismatch,
            ) => Some("access-control-allow-origin"),
            Some(E::InvalidAllowCredentials | E::PreflightInvalidAllowCredentials) => {
                Some("access-control-allow-credentials")
            }
            Some(
                E::InvalidAllowMethodsPreflightResponse | E::MethodDisallowedByPreflightResponse,
            ) => Some("access-control-allow-methods"),
            Some(
                E::InvalidAllowHeadersPreflightResponse | E::HeaderDisallowedByPreflightResponse,
            ) => Some("access-control-allow-headers"),
            _ => None,
        }
    }
}

impl std::fmt::Display for Verdict {
    /// The verdict for a terminal.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let judgement = &self.judgement;
        write!(f, "{}", judgement.ruling)?;
        match (judgement.error, self.reason) {
            (Some(error), _) => write!(f, ": {error}")?,
            (None, Some(reason)) => write!(f, ": {}", reason.as_str())?,
            (None, None) => {}
        }
        if let Some(parameter) = judgement.parameter_text() {
            write!(f, " [{}]", visible(parameter.as_bytes()))?;
        }
        writeln!(f, "\n  {}", self.explanation)?;
        for fix in &self.fix {
            match &fix.action {
                Action::Set { header, value } => {
                    let on = fix.on.as_str();
                    writeln!(f, "  fix ({on}): {header}: {value}\n       {}", fix.change)?;
                }
                _ => writeln!(f, "  fix ({}): {}", fix.on.as_str(), fix.change)?,
            }
        }
        for caveat in &self.caveats {
            writeln!(f, "  note: {caveat}")?;
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
    let (judgement, reason) = reason::decide(exchange);
    let repaired = fix::repair(exchange);
    Verdict {
        explanation: describe::text(exchange, &judgement, reason),
        fix: repaired.map(|repair| repair.fixes).unwrap_or_default(),
        caveats: caveat::all(exchange, &judgement),
        differs: differs::notes(exchange, &judgement),
        reason,
        judgement,
    }
}
