//! What an audit of a target shows.

use browse::CallError;
use cors::Answer;
use findings::Finding;
use observation::UnixMillis;
use runtime::Causes as _;
use store::{Grant, OriginSource, Stance, Vary};

/// A domain that belongs to no one (RFC 2606): no server has reason to know it.
pub(crate) const STRANGER: &str = "https://corswatch-inventory.example";

/// An origin that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tried {
    pub(crate) origin: String,
    pub(crate) source: OriginSource,
    pub(crate) grant: Grant,
}

/// What a target that answered showed.
#[derive(Debug, Clone)]
pub(crate) struct AuditedPolicy {
    pub(crate) stance: Stance,
    pub(crate) vary: Vary,
    pub(crate) max_age: Option<u32>,
    pub(crate) tried: Vec<Tried>,
    pub(crate) findings: Vec<Finding>,
}

/// Why a target showed nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unanswered {
    Refused(String),
    NoAnswer(String),
}

impl From<CallError> for Unanswered {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Refused(refusal) => {
                Self::Refused(format!("not asked ({}): {refusal}", refusal.rule()))
            }
            other => Self::NoAnswer(format!("{}: {}", other.fault(), other.with_causes())),
        }
    }
}

/// What came of an audit, and when it began: a change that is seen later may not be in it.
#[derive(Debug, Clone)]
pub(crate) struct Looked {
    pub(crate) at: UnixMillis,
    pub(crate) found: Result<AuditedPolicy, Unanswered>,
}

/// The answers to an origin that no one can know.
pub(crate) struct Stranger {
    pub(crate) preflight: Answer,
    /// None where nothing but preflights is sent.
    pub(crate) response: Option<Answer>,
}
