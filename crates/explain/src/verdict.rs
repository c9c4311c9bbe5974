//! A judgement of the engine with its words.

use cors::{CorsError, Engine, Exchange, Judgement, Ruling};

use crate::differs::{self, Difference};
use crate::fix::{self, Action, Fix, FixTarget};
use crate::reason::{self, Reason, Source};
use crate::visible::visible;
use crate::{caveat, describe, third_party};

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
    /// Engines that decide otherwise than Chromium.
    pub by_engine: Vec<EngineVerdict>,
    /// Where other browsers are known to behave differently besides.
    pub differs: Vec<Difference>,
}

/// What an engine other than Chromium does with an exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineVerdict {
    /// The engine.
    pub engine: Engine,
    /// What it does.
    pub ruling: Ruling,
    /// Why it blocks, in Chromium's words.
    pub error: Option<CorsError>,
}

/// Whether Firefox or WebKit may decide otherwise than Chromium did. It spares two judgements of three.
fn may_differ(exchange: &Exchange, chromium: &Judgement) -> bool {
    let is_secure_page = exchange
        .request
        .page_origin()
        .as_str()
        .starts_with("https:");
    chromium.engine_specific
        || is_secure_page && reason::path(chromium).any(|url| url.starts_with("http:"))
}

/// The engines that decide otherwise than Chromium did.
fn by_engine(exchange: &Exchange, source: Source, chromium: &Judgement) -> Vec<EngineVerdict> {
    if !may_differ(exchange, chromium) {
        return Vec::new();
    }
    [Engine::Firefox, Engine::WebKit]
        .into_iter()
        .filter_map(|engine| {
            let (judgement, _) = reason::decide_as(exchange, source, engine);
            (judgement.ruling != chromium.ruling).then_some(EngineVerdict {
                engine,
                ruling: judgement.ruling,
                error: judgement.error,
            })
        })
        .collect()
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
        for other in &self.by_engine {
            let engine = match other.engine {
                Engine::Chromium => "Chromium",
                Engine::Firefox => "Firefox",
                Engine::WebKit => "Safari (WebKit)",
            };
            let error = other.error.map(|error| format!(": {error}"));
            let error = error.unwrap_or_default();
            writeln!(f, "  {engine} decides otherwise: {}{error}", other.ruling)?;
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

/// Judges an exchange that a browser or a tool recorded, and explains the judgement.
#[must_use]
pub fn recorded(exchange: &Exchange) -> Verdict {
    of(exchange, Source::Recorded)
}

/// Judges an exchange that was made, or predicted, on behalf of a page, and explains the judgement.
/// That its first URL is http is left to who chose it.
#[must_use]
pub fn explain(exchange: &Exchange) -> Verdict {
    of(exchange, Source::Asked)
}

fn of(exchange: &Exchange, source: Source) -> Verdict {
    let (judgement, reason) = reason::decide(exchange, source);
    let repaired = fix::repair(exchange, source, (&judgement, reason));
    let mut caveats = caveat::all(exchange, &judgement);
    // Who asks on behalf of a page, or reads a policy, has the server.
    if source == Source::Recorded && reason == Some(Reason::Cors) {
        let answers = repaired.iter().flat_map(|repair| &repair.fixes);
        let is_of_answers = |fix: &Fix| fix.on != FixTarget::Page;
        if answers.into_iter().any(is_of_answers) {
            caveats.extend(third_party::way_around(&exchange.request));
        }
    }
    Verdict {
        explanation: describe::text(exchange, &judgement, reason),
        fix: repaired.map(|repair| repair.fixes).unwrap_or_default(),
        caveats,
        by_engine: by_engine(exchange, source, &judgement),
        differs: differs::notes(exchange, &judgement),
        reason,
        judgement,
    }
}
