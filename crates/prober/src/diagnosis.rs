//! From a replay to what is said about a failure.

use cors::{Answer, Credentials, Exchange, NotAnExchange, Ruling, Stage};
use explain::Verdict;
use observation::{Kind, UnixMillis};
use runtime::Causes as _;
use store::{
    ChangeRow, DiagnosisRow, FixPlace, FixRow, ReplayOutcome as Outcome, ReplayReason as Why,
    SignatureRow,
};

use crate::signature;
use crate::snapshot;
use browse::{CallError, Refusal};
use browse::{Ending, Walk};
use browse::{NoPath, ProbeTarget};

/// What is said: the outcome, why, and the same for people.
struct Finding {
    outcome: Outcome,
    why: Why,
    detail: String,
}

fn finding(outcome: Outcome, why: Why, detail: impl Into<String>) -> Finding {
    Finding {
        outcome,
        why,
        detail: detail.into(),
    }
}

/// What was replayed, and what came of it.
#[derive(Debug)]
pub(crate) struct Replay {
    pub(crate) place: ProbeTarget,
    pub(crate) walk: Result<Walk, NotAnExchange>,
    /// The walk to another address of the target, where it is blocked and the first is not.
    pub(crate) edge: Option<Walk>,
}

/// The diagnosis that `replay` leads to. Pure: the same replay gives the same diagnosis.
pub(crate) fn conclude(
    row: &SignatureRow,
    replay: &Replay,
    changes: Vec<ChangeRow>,
    at: UnixMillis,
) -> DiagnosisRow {
    let mut diagnosis = unanswered(row, &replay.place.url, changes, at);
    let found = match &replay.walk {
        Err(error) => finding(Outcome::NoAnswer, Why::NotARequest, error.to_string()),
        Ok(walk) => {
            let telling = replay.edge.as_ref().unwrap_or(walk);
            describe(&mut diagnosis, telling);
            judge(row, replay, telling, &mut diagnosis)
        }
    };
    diagnosis.result = found.outcome;
    diagnosis.why = found.why;
    diagnosis.detail = found.detail;
    diagnosis
}

/// The diagnosis of a failure at an endpoint that cannot be asked.
pub(crate) fn unasked(row: &SignatureRow, error: &NoPath, at: UnixMillis) -> DiagnosisRow {
    DiagnosisRow {
        result: Outcome::Refused,
        why: Why::NoPath,
        detail: format!("Not asked: {error}."),
        ..unanswered(row, "", Vec::new(), at)
    }
}

/// A diagnosis as long as nothing is known of the target.
fn unanswered(
    row: &SignatureRow,
    url: &str,
    changes: Vec<ChangeRow>,
    at: UnixMillis,
) -> DiagnosisRow {
    DiagnosisRow {
        id: signature::id(row),
        at,
        signature: row.clone(),
        result: Outcome::NoAnswer,
        why: Why::Unreachable,
        detail: String::new(),
        url: url.to_owned(),
        remote: String::new(),
        cause: String::new(),
        parameter: String::new(),
        stage: None,
        hop: 0,
        status: 0,
        explanation: String::new(),
        offending: Vec::new(),
        fixes: Vec::new(),
        changes,
    }
}

const fn stored(place: explain::fix::FixTarget) -> FixPlace {
    match place {
        explain::fix::FixTarget::Preflight => FixPlace::Preflight,
        explain::fix::FixTarget::Response => FixPlace::Response,
        explain::fix::FixTarget::Redirect => FixPlace::Redirect,
        explain::fix::FixTarget::Page => FixPlace::Page,
    }
}

/// The answer that decided, or the last one.
fn deciding<'a>(exchange: &'a Exchange, verdict: &Verdict) -> Option<&'a Answer> {
    let judgement = &verdict.judgement;
    let hop = exchange.hops.get(judgement.hop).or(exchange.hops.last())?;
    match judgement.stage {
        Some(Stage::Preflight) => hop.preflight.as_ref(),
        _ => hop.response.as_ref().or(hop.preflight.as_ref()),
    }
}

/// Fills in what the engine says.
fn describe(diagnosis: &mut DiagnosisRow, walk: &Walk) {
    let judgement = &walk.verdict.judgement;
    if let Some(step) = walk.steps.last() {
        diagnosis.remote = step.remote.ip().to_string();
    }
    if let Some(answer) = deciding(&walk.exchange, &walk.verdict) {
        diagnosis.status = answer.status;
        diagnosis.offending = snapshot::headers(&answer.headers);
    }
    diagnosis.hop = u8::try_from(judgement.hop).unwrap_or(u8::MAX);
    if judgement.ruling != Ruling::Blocked {
        return;
    }
    diagnosis.cause = judgement
        .error
        .map(|error| error.to_string())
        .unwrap_or_default();
    diagnosis.parameter = judgement.parameter_text().unwrap_or_default().to_owned();
    diagnosis.stage = judgement.stage.map(snapshot::stored);
    diagnosis.explanation.clone_from(&walk.verdict.explanation);
    diagnosis.fixes = walk
        .verdict
        .fix
        .iter()
        .map(|fix| FixRow {
            place: stored(fix.on),
            header: fix.header().unwrap_or_default().to_owned(),
            value: fix.value().unwrap_or_default().to_owned(),
            change: fix.change.clone(),
        })
        .collect();
}

fn judge(
    row: &SignatureRow,
    replay: &Replay,
    walk: &Walk,
    diagnosis: &mut DiagnosisRow,
) -> Finding {
    match &walk.ending {
        Ending::Failed { error, hop, .. } => {
            failed(error, (*hop == 0).then_some(&*row.target_origin))
        }
        Ending::Withheld { method, .. } => {
            let asked = if walk.steps.is_empty() {
                "The request needs no preflight"
            } else {
                "The preflight passes"
            };
            let detail = format!("{asked}; {method} changes things, so it is not repeated.");
            finding(Outcome::NotReproduced, Why::RequestNotSent, detail)
        }
        Ending::Decided if walk.verdict.judgement.ruling == Ruling::Blocked => {
            blocked(row, replay, walk, diagnosis.status)
        }
        Ending::Decided if row.kind == Kind::HeaderRead => header_read(row, walk, diagnosis),
        Ending::Decided => passes(row, diagnosis),
    }
}

/// `origin` is that of the failure, where it is what was asked.
fn failed(error: &CallError, origin: Option<&str>) -> Finding {
    match error {
        CallError::Refused(refusal) => finding(
            Outcome::Refused,
            Why::NotAllowed,
            not_asked(refusal, origin),
        ),
        other => {
            let detail = format!(
                "The target did not answer ({}): {}.",
                other.fault(),
                other.with_causes()
            );
            finding(Outcome::NoAnswer, Why::Unreachable, detail)
        }
    }
}

/// Why the configuration does not let a target be asked, and the line that would.
fn not_asked(refusal: &Refusal, origin: Option<&str>) -> String {
    match (refusal, origin) {
        (Refusal::Origin(origin), _) => format!(
            "Not asked: no rule of `[[services]]` names {origin}; `match = [{{ origin = \"{origin}\" }}]` does."
        ),
        (Refusal::Path { origin, path }, _) => format!(
            "Not asked: no rule of `[[services]]` covers the path {path} of {origin}; \
             `match = [{{ origin = \"{origin}\" }}]` covers all its paths."
        ),
        (Refusal::Address { .. }, Some(origin)) if refusal.is_of_private_network() => format!(
            "Not asked: {refusal}; `dangerously_allow_private_networks = [\"{origin}\"]` below `[prober]` permits it."
        ),
        _ => format!("Not asked: {refusal}."),
    }
}

fn blocked(row: &SignatureRow, replay: &Replay, walk: &Walk, status: u16) -> Finding {
    let judgement = &walk.verdict.judgement;
    if let Some(doubt) = doubt(row, replay, walk, status) {
        return doubt;
    }
    if replay.edge.is_some() {
        let remote = walk.steps.last().map(|step| step.remote.ip().to_string());
        let detail = format!(
            "Blocked by the answer of {}, not by those of the target's other addresses.",
            remote.unwrap_or_default()
        );
        return finding(Outcome::Reproduced, Why::EdgeDependent, detail);
    }
    use observation::Stage as Told;
    let (told, found) = (row.stage, judgement.stage);
    let same = match (told, found) {
        (None | Some(Told::Unknown), _) | (_, None) => true,
        (Some(told), Some(found)) => told.as_str() == found.as_str(),
    };
    if same {
        return finding(Outcome::Reproduced, Why::AsReported, "Blocked as reported.");
    }
    let (told, found) = (
        told.map_or("", |stage| stage.as_str()),
        found.map_or("", |stage| stage.as_str()),
    );
    if (told, found) == ("response", "preflight") {
        let detail = "Blocked at the preflight. Browsers report the response: they passed the \
             preflight with an answer that they had kept.";
        return finding(Outcome::Reproduced, Why::CachedPreflight, detail);
    }
    let detail = format!("Blocked at the {found}; browsers report the {told}.");
    finding(Outcome::Reproduced, Why::OtherStage, detail)
}

/// An error may be the consequence of what the prober cannot know: the user's cookies, or the path.
fn doubt(row: &SignatureRow, replay: &Replay, walk: &Walk, status: u16) -> Option<Finding> {
    use cors::CorsError::{
        MissingAllowOriginHeader, PreflightInvalidStatus, PreflightMissingAllowOriginHeader,
    };
    let judgement = &walk.verdict.judgement;
    let (Some(stage), Some(error)) = (judgement.stage, judgement.error) else {
        return None;
    };
    if status < 400 {
        return None;
    }
    let is_bare = error == MissingAllowOriginHeader && stage == Stage::Response;
    // A preflight has no cookies, whoever sends it.
    if is_bare && (row.credentialed || !row.headers.is_empty()) {
        let detail = format!(
            "Without the user's cookies and header values the answer is {status} and has no CORS \
             headers. Whether theirs has some is not known."
        );
        return Some(finding(
            Outcome::NotReproduced,
            Why::OnlyWithCookies,
            detail,
        ));
    }
    // Browsers that report the preflight too met the same on the path that they asked.
    let is_reported = row.stage == Some(observation::Stage::Preflight);
    let is_of_preflight = matches!(
        error,
        PreflightMissingAllowOriginHeader | PreflightInvalidStatus
    );
    let is_of_path = is_bare || is_of_preflight && !is_reported;
    (replay.place.made_up && is_of_path).then(|| {
        let detail = format!(
            "{} is made up from the template, and the {stage} there is answered with {status}, as \
             one to a path that does not exist may be. Name a real path in prober.samples.",
            replay.place.url
        );
        finding(Outcome::NotReproduced, Why::MadeUpPath, detail)
    })
}

fn passes(row: &SignatureRow, diagnosis: &DiagnosisRow) -> Finding {
    if let Some(change) = diagnosis.changes.first() {
        let detail = format!("It passes now. {}.", change.what);
        return finding(Outcome::NotReproduced, Why::PassesSinceChange, detail);
    }
    if row.credentialed {
        let detail = "It passes without cookies; with a user's cookies the answer may differ.";
        return finding(Outcome::NotReproduced, Why::OnlyWithCookies, detail);
    }
    let detail = "It passes from here. That disproves nothing: another address, cache or moment may \
         answer otherwise.";
    finding(Outcome::NotReproduced, Why::Passes, detail)
}

fn header_read(row: &SignatureRow, walk: &Walk, diagnosis: &mut DiagnosisRow) -> Finding {
    let header = row.headers.as_str();
    let answer = walk
        .exchange
        .hops
        .last()
        .and_then(|hop| hop.response.as_ref());
    let Some(answer) = answer.filter(|answer| answer.headers.all(header).next().is_some()) else {
        let detail = format!("The answer that the prober gets does not carry {header}.");
        return finding(Outcome::NotReproduced, Why::HeaderAbsent, detail);
    };
    let credentials = if row.credentialed {
        Credentials::Include
    } else {
        Credentials::SameOrigin
    };
    if cors::readable(&answer.headers, credentials)
        .iter()
        .any(|name| name == header)
    {
        return passes(row, diagnosis);
    }
    const EXPOSE: &str = "access-control-expose-headers";
    let exposed = answer.headers.joined(EXPOSE);
    let exposed = exposed.map(|value| String::from_utf8_lossy(&value).into_owned());
    let got = match exposed.as_deref() {
        None => "is missing".to_owned(),
        Some(list) => format!("is `{list}`"),
    };
    diagnosis.stage = Some(observation::Stage::Response);
    diagnosis.parameter = header.to_owned();
    diagnosis.explanation = format!(
        "The answer carries {header}, but Access-Control-Expose-Headers {got}; a script reads null."
    );
    let listed = exposed.filter(|list| !list.trim().is_empty() && list.trim() != "*");
    diagnosis.fixes = vec![FixRow {
        place: FixPlace::Response,
        header: EXPOSE.to_owned(),
        value: listed.map_or_else(|| header.to_owned(), |list| format!("{list}, {header}")),
        change: "List every response header that pages read, by name, separated by commas."
            .to_owned(),
    }];
    finding(
        Outcome::Reproduced,
        Why::NotExposed,
        "Not readable, as reported.",
    )
}

#[cfg(test)]
#[path = "diagnosis_tests.rs"]
mod tests;
