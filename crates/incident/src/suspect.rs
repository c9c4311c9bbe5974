//! Which change did it.

use observation::{UnixMillis, vocabulary};
use serde::{Deserialize, Serialize};

use crate::duration::span;
use crate::odds::{Usual, evidence, prior};

mod headers;

/// What stands for the status among the headers of an answer.
const STATUS: &str = ":status";
/// Suspects that are kept.
const MAX_SUSPECTS: usize = 5;
/// Changes before this are not looked at.
pub const LOOK_BACK: i64 = 24 * 3_600_000;
/// Failures are known by the minute, and clocks of pipelines differ: a change this much after the first
/// failure may still have caused it.
pub const SLACK: i64 = 60_000;
/// A change that is less likely than this is not reported.
const ENOUGH: f64 = 0.05;
/// The changes together are at least this likely, or none explains it: who is blamed wrongly is rolled back for nothing,
/// and the cause goes on.
const EXPLAINED: f64 = 0.8;

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

/// What changed, as people call it: the deploy, the header, or the status of the answer.
#[must_use]
pub fn suspected(id: &str) -> &str {
    if id == STATUS { "status" } else { id }
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
    let about: Vec<_> = headers
        .iter()
        .filter(|seen| is_about(scope, seen))
        .collect();
    let changes = Changes {
        scope,
        usual: Usual::of(scope.onset, about.iter().map(|seen| seen.from)),
        about,
    };
    let reaching: Vec<_> = deploys
        .iter()
        .filter(|deploy| is_before(scope.onset, deploy.at) && reaches(deploy, scope.environments))
        .filter_map(|deploy| Some((Relation::of(scope, deploy)?, deploy)))
        .collect();
    let usual = |kind: (Relation, bool)| {
        let same = reaching
            .iter()
            .filter(|(of, deploy)| (*of, deploy.touches_cors) == kind);
        Usual::of(scope.onset, same.map(|(_, deploy)| deploy.at))
    };
    let deployed = reaching.iter().map(|(relation, deploy)| {
        let usual = usual((*relation, deploy.touches_cors));
        changes.deploy(deploy, *relation, usual)
    });
    let deployed: Vec<Suspect> = deployed.collect();
    let changed = changes.headers();
    let known: f64 = deployed
        .iter()
        .chain(changed.iter().map(|(_, suspect)| suspect))
        .map(|suspect| suspect.score)
        .sum();
    if known < EXPLAINED * (1.0 + known) {
        return Vec::new();
    }
    let share = |suspect: Suspect| Suspect {
        score: suspect.score / (1.0 + known),
        ..suspect
    };
    let mut suspects: Vec<_> = deployed.into_iter().map(share).collect();
    let changed = changed
        .into_iter()
        .map(|(seen, suspect)| with_its_deploys(share(suspect), seen, &suspects));
    let changed: Vec<_> = changed.collect();
    suspects.extend(changed);
    suspects.retain(|suspect| suspect.score >= ENOUGH);
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

/// A header that changed when a deploy was made is what that deploy did: it is as likely as all of these together, but
/// not listed before them.
fn with_its_deploys(suspect: Suspect, seen: &Observed, deployed: &[Suspect]) -> Suspect {
    let within: Vec<_> = deployed
        .iter()
        .filter(|deploy| is_between(deploy.at, seen.from, seen.to) && deploy.score >= ENOUGH)
        .map(|deploy| deploy.score)
        .collect();
    let all = suspect.score + within.iter().sum::<f64>();
    let likeliest = within.into_iter().reduce(f64::max);
    Suspect {
        score: likeliest.map_or(all, |most| all.min(most)),
        ..suspect
    }
}

/// Whether something happened between two times, as far as clocks agree.
const fn is_between(at: UnixMillis, from: UnixMillis, to: UnixMillis) -> bool {
    at.0 >= from.0 - SLACK && at.0 <= to.0 + SLACK
}

/// Whether a change was made before the first failure, and not too long before.
fn is_before(onset: UnixMillis, at: UnixMillis) -> bool {
    (-SLACK..=LOOK_BACK).contains(&(onset.0 - at.0))
}

/// What a deploy has to do with what fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Relation {
    /// It is of the same service.
    Own,
    /// One of the two states no service.
    Unstated,
    /// It is of another service, but changes CORS configuration.
    Other,
}

impl Relation {
    /// None where a deploy is of another service: a release of it asks nothing new of this one.
    fn of(scope: Scope<'_>, deploy: &Deploy) -> Option<Self> {
        match (deploy.service.as_str(), scope.service) {
            ("", _) | (_, "") => Some(Self::Unstated),
            (deployed, failing) if deployed == failing => Some(Self::Own),
            _ => deploy.touches_cors.then_some(Self::Other),
        }
    }

    const fn prior(self) -> f64 {
        match self {
            Self::Own => prior::OWN,
            Self::Unstated => prior::UNSTATED,
            Self::Other => prior::OTHER,
        }
    }
}

/// What changes are judged by.
struct Changes<'a> {
    scope: Scope<'a>,
    /// Changes of the header at fault.
    about: Vec<&'a Observed>,
    /// How usual these are.
    usual: Usual,
}

impl Changes<'_> {
    /// The deploy, scored by its weight against none.
    fn deploy(&self, deploy: &Deploy, relation: Relation, usual: Usual) -> Suspect {
        let scope = self.scope;
        let ago = scope.onset.0 - deploy.at.0;
        let mut reasons = vec![if ago <= SLACK {
            "deployed within a minute of the first failure".to_owned()
        } else {
            format!("deployed {} before the first failure", span(ago))
        }];
        let mut weight = relation.prior() * usual.just_then(ago);
        if relation == Relation::Own {
            reasons.push(format!("of the service that fails ({})", scope.service));
        }
        if deploy.touches_cors {
            weight *= evidence::SAYS_SO;
            reasons.push("it changes CORS configuration".to_owned());
        }
        if left_answers_alone(scope, deploy) {
            weight *= evidence::UNCHANGED;
            reasons.push(
                "the target answered the same before it and after the first failure".to_owned(),
            );
        }
        let around = |seen: &&&Observed| is_between(deploy.at, seen.from, seen.to);
        if let Some(seen) = self.about.iter().find(around) {
            weight *= self.usual.around(seen.from, seen.to);
            reasons.push(format!("{} changed just then", named(scope.header)));
        }
        if scope.releases.iter().any(|release| names(deploy, release)) {
            weight *= evidence::ONLY_ITS_RELEASE;
            reasons.push("only its release is affected".to_owned());
        }
        Suspect {
            kind: SuspectKind::Deploy,
            id: deploy.id.clone(),
            at: deploy.at,
            score: weight,
            why: reasons.join("; "),
            app: deploy.app.clone(),
            service: deploy.service.clone(),
            undo: undo(deploy),
            link: deploy.link.clone(),
        }
    }
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

/// Whether a change is of the header at fault; where none is known, of any that has a say in CORS.
fn is_about(scope: Scope<'_>, change: &Observed) -> bool {
    scope.header.is_empty()
        || change.header.eq_ignore_ascii_case(scope.header)
        || change.header == STATUS
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
