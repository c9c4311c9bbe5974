//! Which change did it.

use observation::{UnixMillis, vocabulary};
use serde::{Deserialize, Serialize};

use crate::duration::span;

/// Suspects that are kept.
const MAX_SUSPECTS: usize = 5;
/// A change this long before the onset is half as likely as one just before it.
const HALF_LIFE: f64 = 30.0 * 60_000.0;
/// Changes before this are not looked at.
pub const LOOK_BACK: i64 = 24 * 3_600_000;
/// Failures are known by the minute, and clocks of pipelines differ: a change this much after the first
/// failure may still have caused it.
pub const SLACK: i64 = 60_000;
/// How much of a deploy's score is left where the answers of its service did not change with it: snapshots see one
/// place, and a deploy may break only others.
const UNCHANGED: f64 = 0.2;
/// Below this a change explains nothing.
const ENOUGH: f64 = 0.2;

vocabulary! {
    /// What kind of change is suspected.
    SuspectKind {
        /// A deploy that was reported.
        Deploy => "deploy",
        /// A header of the target that was seen to change.
        HeaderChange => "header_change",
    }
}

/// A change that may have caused an incident.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Suspect {
    /// What kind of change.
    pub kind: SuspectKind,
    /// The deploy's identity, or the header.
    pub id: String,
    /// When it took effect.
    pub at: UnixMillis,
    /// How likely, from 0 to 1.
    pub score: f64,
    /// Why it is suspected, in words.
    pub why: String,
    /// The app whose deploy it is; empty for what targets answer to all.
    pub app: String,
    /// The service that was deployed, or empty.
    pub service: String,
    /// How to undo it.
    pub undo: String,
    /// Address of a page about it, or empty.
    #[serde(default)]
    pub link: String,
}

/// A deploy that was reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deploy {
    /// Its identity.
    pub id: String,
    /// When it took effect.
    pub at: UnixMillis,
    /// The app.
    pub app: String,
    /// The service, or empty where not stated.
    pub service: String,
    /// The environment, or empty where not stated.
    pub environment: String,
    /// Whether it changes CORS configuration.
    pub touches_cors: bool,
    /// Whether it takes an earlier state back.
    pub rollback: bool,
    /// Which version it brings, or empty.
    pub version: String,
    /// What it is, for people.
    pub note: String,
    /// Who made it.
    pub author: String,
    /// The deploy of the same service and environment before it, or empty.
    pub before: String,
    /// Address of a page about it, or empty.
    pub link: String,
}

/// What an incident is about, as far as changes are concerned.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// The first failure.
    pub onset: UnixMillis,
    /// The service of what fails, or empty.
    pub service: &'a str,
    /// The header at fault, or empty.
    pub header: &'a str,
    /// The first failures were of one release only.
    pub releases: &'a [String],
    /// The environments that pages with failures state; none where they state none.
    pub environments: &'a [String],
    /// How the target answered the requests that fail: for each question that was asked of it, how long the last
    /// answer before the onset stayed the same.
    pub steady: &'a [Steady],
}

/// A time at whose beginning and end a target gave the same answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Steady {
    /// When it was first seen.
    pub from: UnixMillis,
    /// When it was last seen.
    pub to: UnixMillis,
}

/// A header of the target that changed, as the replay of a failure saw it.
pub(crate) type Observed = crate::HeaderChange;

/// The changes that may have caused it, the likeliest first: only those from before the onset and in its
/// scope. An empty list means that no change explains it.
#[must_use]
pub fn rank(scope: Scope<'_>, deploys: &[Deploy], headers: &[Observed]) -> Vec<Suspect> {
    let seen: Vec<_> = headers
        .iter()
        .filter(|change| is_about(scope, change))
        .map(|change| (change.from, change.to))
        .collect();
    let deployed: Vec<Suspect> = deploys
        .iter()
        .filter_map(|deploy| self::deploy(scope, deploy, &seen))
        .filter(|suspect| suspect.score >= ENOUGH)
        .collect();
    let changed = headers
        .iter()
        .filter_map(|change| Some((change, header(scope, change)?)))
        .map(|(change, suspect)| below_its_deploy(suspect, change, &deployed))
        .filter(|suspect| suspect.score >= ENOUGH)
        .collect::<Vec<_>>();
    let mut suspects = deployed;
    suspects.extend(changed);
    // What can be rolled back stands before what it did.
    suspects.sort_by(|a, b| {
        b.score
            .total_cmp(&a.score)
            .then(a.kind.cmp(&b.kind))
            .then(b.at.cmp(&a.at))
    });
    suspects.truncate(MAX_SUSPECTS);
    suspects
}

/// A header that changed when a deploy was made is what that deploy did: it is not a likelier than the deploy.
fn below_its_deploy(suspect: Suspect, change: &Observed, deployed: &[Suspect]) -> Suspect {
    let within = deployed
        .iter()
        .filter(|deploy| is_between(deploy.at, change.from, change.to));
    let likeliest = within.map(|deploy| deploy.score).reduce(f64::max);
    Suspect {
        score: likeliest.map_or(suspect.score, |most| suspect.score.min(most)),
        ..suspect
    }
}

/// Whether something happened between two times, as far as clocks agree.
const fn is_between(at: UnixMillis, from: UnixMillis, to: UnixMillis) -> bool {
    at.0 >= from.0 - SLACK && at.0 <= to.0 + SLACK
}

#[expect(clippy::cast_precision_loss, reason = "minutes of one day")]
fn recency(onset: UnixMillis, at: UnixMillis) -> Option<f64> {
    let before = onset.0 - at.0;
    if !(-SLACK..=LOOK_BACK).contains(&before) {
        return None;
    }
    Some(0.5_f64.powf(before.max(0) as f64 / HALF_LIFE))
}

fn deploy(
    scope: Scope<'_>,
    deploy: &Deploy,
    headers: &[(UnixMillis, UnixMillis)],
) -> Option<Suspect> {
    let recency = recency(scope.onset, deploy.at)?;
    if !reaches(deploy, scope.environments) {
        return None;
    }
    let mut reasons = vec![match scope.onset.0 - deploy.at.0 {
        before if before <= SLACK => "deployed within a minute of the first failure".to_owned(),
        before => format!("deployed {} before the first failure", span(before)),
    }];
    // Everything else only weighs what time makes possible.
    let scoped = match (deploy.service.as_str(), scope.service) {
        ("", _) | (_, "") => 0.6,
        (deployed, failing) if deployed == failing => {
            reasons.push(format!("of the service that fails ({failing})"));
            1.0
        }
        // A release of the page may ask for something new; of another service only where it says CORS.
        _ if deploy.touches_cors => 0.3,
        _ => return None,
    };
    let mut score = recency * scoped * 0.6;
    if deploy.touches_cors {
        score += 0.2 * recency.max(0.5) * scoped;
        reasons.push("it changes CORS configuration".to_owned());
    }
    if left_answers_alone(scope, deploy) {
        score *= UNCHANGED;
        reasons
            .push("the target answered the same before it and after the first failure".to_owned());
    }
    let between = |&(from, to): &(UnixMillis, UnixMillis)| is_between(deploy.at, from, to);
    if headers.iter().any(between) {
        score += 0.25 * scoped;
        reasons.push(format!("{} changed just then", named(scope.header)));
    }
    if scope.releases.iter().any(|release| names(deploy, release)) {
        score += 0.2;
        reasons.push("only its release is affected".to_owned());
    }
    Some(Suspect {
        kind: SuspectKind::Deploy,
        id: deploy.id.clone(),
        at: deploy.at,
        score: score.min(1.0),
        why: reasons.join("; "),
        app: deploy.app.clone(),
        service: deploy.service.clone(),
        undo: undo(deploy),
        link: deploy.link.clone(),
    })
}

/// Whether the target answered the requests that fail before the deploy as it did when they failed: then a deploy of
/// its service did not change what browsers are told. A page's deploy may ask for something new all the same.
fn left_answers_alone(scope: Scope<'_>, deploy: &Deploy) -> bool {
    let covers =
        |steady: &Steady| steady.from.0 <= deploy.at.0 - SLACK && steady.to.0 >= scope.onset.0;
    !deploy.service.is_empty()
        && deploy.service == scope.service
        && !scope.steady.is_empty()
        && scope.steady.iter().all(covers)
}

fn undo(deploy: &Deploy) -> String {
    let what = if deploy.rollback {
        "rollback"
    } else {
        "deploy"
    };
    if deploy.before.is_empty() {
        format!("Roll {what} {} back.", deploy.id)
    } else {
        format!("Roll {what} {} back to {}.", deploy.id, deploy.before)
    }
}

/// Whether a deploy went where the failures are: a deploy to staging breaks no page of production.
fn reaches(deploy: &Deploy, failing: &[String]) -> bool {
    deploy.environment.is_empty()
        || failing.is_empty()
        || failing
            .iter()
            .any(|environment| is_same_environment(environment, &deploy.environment))
}

/// Whether two names are of one environment: pipelines and pages abbreviate differently.
fn is_same_environment(one: &str, other: &str) -> bool {
    let whole = |name: &str| match name.to_ascii_lowercase().as_str() {
        "prod" | "prd" | "live" => "production".to_owned(),
        "stage" | "stg" => "staging".to_owned(),
        "dev" => "development".to_owned(),
        name => name.to_owned(),
    };
    whole(one) == whole(other)
}

fn names(deploy: &Deploy, release: &str) -> bool {
    !release.is_empty()
        && (deploy.id == release || deploy.version == release || deploy.note.contains(release))
}

fn header(scope: Scope<'_>, change: &Observed) -> Option<Suspect> {
    let recency = recency(scope.onset, change.from)?;
    if !is_about(scope, change) {
        return None;
    }
    let vanished = change.after.is_empty() && !change.before.is_empty();
    let brackets = change.from.0 <= scope.onset.0 + SLACK && change.to.0 + SLACK >= scope.onset.0;
    let mut score = 0.4 * recency;
    let mut why = vec![change.what.clone()];
    if vanished {
        score += 0.2 * recency.max(0.5);
    }
    if brackets {
        score += 0.35;
        why.push("just when the first failure was seen".to_owned());
    }
    Some(Suspect {
        kind: SuspectKind::HeaderChange,
        id: change.header.clone(),
        // Seen later than it happened: what it broke was seen first.
        at: change.to.min(scope.onset).max(change.from),
        score: score.min(1.0),
        why: why.join("; "),
        app: change.app.clone(),
        service: scope.service.to_owned(),
        undo: match change.before.as_str() {
            "" => format!("Remove {} again.", change.header),
            before => format!("Set {} to `{before}` again.", change.header),
        },
        link: String::new(),
    })
}

/// Whether a change is of the header at fault; where none is known, of any that has a say in CORS.
fn is_about(scope: Scope<'_>, change: &Observed) -> bool {
    scope.header.is_empty()
        || change.header.eq_ignore_ascii_case(scope.header)
        || change.header == ":status"
}

fn named(header: &str) -> &str {
    if header.is_empty() {
        "a header"
    } else {
        header
    }
}

#[cfg(test)]
#[path = "suspect_tests.rs"]
mod tests;
