//! The inventory: what the policies of targets were found to be.

use std::collections::BTreeSet;

use serde::Serialize;
use store::{
    AuditState, FindingLevel, FoundRow, InventoryRow, OriginSource, StanceCounts, TriedOrigin, Vary,
};
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::timestamp::Timestamp;

/// Services by whom their targets let read. One that has targets of several kinds counts in each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Stances {
    /// Services with a target in the inventory.
    pub services: usize,
    /// With one that lets no origin in.
    pub none: usize,
    /// With one that lets the origins of a list in.
    pub list: usize,
    /// With one that answers `*`.
    pub wildcard: usize,
    /// With one that answers `*` beside Access-Control-Allow-Credentials.
    pub wildcard_with_credentials: usize,
    /// With one that names whoever asks, without credentials.
    pub reflecting: usize,
    /// With one that trusts the origin `null`.
    pub null_trusted: usize,
    /// With one that names whoever asks, with credentials.
    pub credentialed_reflecting: usize,
    /// With one that has never answered.
    pub unknown: usize,
    /// With one that lets any origin read, by a wildcard or by naming whoever asks.
    pub wildcard_or_reflecting: usize,
}

impl From<&StanceCounts> for Stances {
    fn from(counts: &StanceCounts) -> Self {
        use store::Stance;
        let of = |stance| counts.with(Some(stance));
        Self {
            services: counts.services(),
            none: of(Stance::Closed),
            list: of(Stance::List),
            wildcard: of(Stance::Wildcard),
            wildcard_with_credentials: of(Stance::WildcardWithCredentials),
            reflecting: of(Stance::Reflecting),
            null_trusted: of(Stance::NullTrusted),
            credentialed_reflecting: of(Stance::CredentialedReflecting),
            unknown: counts.with(None),
            wildcard_or_reflecting: counts.wildcard_or_reflecting(),
        }
    }
}

/// The inventory in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Summary {
    #[serde(flatten)]
    stances: Stances,
    /// Targets: endpoints of services.
    targets: usize,
    /// Targets whose `Vary` does not name Origin where it has to.
    vary_missing: usize,
    /// Targets whose Access-Control-Max-Age is longer than any browser keeps a preflight.
    max_age_too_long: usize,
    /// Origins that servers let in and no page comes from; once for each server.
    unused_entries: usize,
    /// Targets that did not answer, or were not to be asked; what they answered before stands.
    unanswered: usize,
    /// When the latest audit was made; null where there is none.
    as_of: Option<Timestamp>,
}

impl Summary {
    pub(crate) fn of(rows: &[InventoryRow]) -> Self {
        let count = |is: &dyn Fn(&InventoryRow) -> bool| rows.iter().filter(|row| is(row)).count();
        let counts = StanceCounts::of(rows.iter().map(|row| (row.service.as_str(), row.stance)));
        let unused: BTreeSet<_> = rows
            .iter()
            .flat_map(|row| {
                row.unused()
                    .map(|tried| (&row.target_origin, &tried.origin))
            })
            .collect();
        Self {
            stances: Stances::from(&counts),
            targets: rows.len(),
            vary_missing: count(&|row| row.vary == Vary::Missing),
            max_age_too_long: count(&InventoryRow::is_max_age_too_long),
            unused_entries: unused.len(),
            unanswered: count(&|row| row.state != AuditState::Answered),
            as_of: rows.iter().map(|row| row.last_at).max().map(Timestamp),
        }
    }
}

/// The policy of one target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Target {
    /// Configured service.
    service: String,
    /// Origin of the server.
    target_origin: String,
    /// Path template.
    endpoint: String,
    /// Apps whose pages call it.
    apps: Vec<String>,
    /// `GET`; or the method that preflights asked for, where pages never read it with GET.
    method: String,
    /// What was asked.
    url: String,
    /// Whether segments of the path are stand-ins: `prober.samples` can name a real one.
    made_up: bool,
    /// `answered`, `no_answer` or `refused` (it must not be asked).
    state: &'static str,
    /// Why there was no answer.
    reason: Option<String>,
    /// Whom it lets read, the mildest first: `none`, `list`, `wildcard`, `wildcard_with_credentials`,
    /// `reflecting`, `null_trusted`, `credentialed_reflecting`; null where it has never answered.
    stance: Option<&'static str>,
    /// Since when all of this is so.
    since: Timestamp,
    /// When it was last audited.
    audited_at: Timestamp,
    /// When it last answered.
    answered_at: Option<Timestamp>,
    /// Since when its traffic has been observed: what is older than that cannot be called unused.
    observed_since: Option<Timestamp>,
    /// `right`, `missing` or `not_needed`; null where it has never answered.
    vary: Option<&'static str>,
    /// Access-Control-Max-Age in seconds.
    max_age: Option<u32>,
    /// Whether that is longer than any browser keeps a preflight.
    max_age_too_long: bool,
    /// Whether it has a list of origins; who lets everybody in has none.
    has_list: bool,
    /// The origins that were tried, where it has a list.
    origins: Vec<Origin>,
    /// What is wrong, the worst first.
    findings: Vec<Finding>,
    /// Whether origins and evidence are left out, because apps beyond the token's scope call it, too, or a
    /// list of the configuration holds for these as well.
    limited: bool,
}

impl Target {
    /// The same where a list of the configuration, which holds for the pages of all apps, was left out:
    /// also findings that speak of what is on it are cut short.
    fn without(mut self, listed: &[String]) -> Self {
        self.limited = !listed.is_empty();
        let names = |text: &String| listed.iter().any(|origin| text.contains(origin));
        for finding in &mut self.findings {
            if finding.evidence.iter().chain([&finding.message]).any(names) {
                finding.message.clone_from(&finding.title);
                finding.evidence.clear();
            }
            if finding.fix.iter().any(names) || names(&finding.key) {
                finding.fix.clear();
                finding.key.clear();
            }
        }
        self
    }

    /// The same without what tells of the pages of other apps.
    fn limited(mut self) -> Self {
        self.limited = true;
        self.origins.clear();
        for finding in &mut self.findings {
            finding.message.clone_from(&finding.title);
            finding.evidence.clear();
        }
        self
    }
}

/// An origin that was tried at a target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Origin {
    /// The origin.
    origin: String,
    /// Why it was tried: `listed` (the configuration says that it is allowed), `configured` (pages of an
    /// app come from it) or `traffic` (pages were seen to call from it).
    source: &'static str,
    /// `denied`, `plain` or `credentialed`.
    grant: &'static str,
    /// When a page of it last called the target, to the minute or the hour.
    last_seen: Option<Timestamp>,
    /// Whether it is allowed and no page of it has called for long.
    unused: bool,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Finding {
    /// The rule: one of `corswatch audit`, or `unused-origin`.
    rule: String,
    /// Tells findings of one rule apart.
    key: String,
    /// `note`, `warning` or `error`.
    #[schema(value_type = String)]
    level: FindingLevel,
    /// The rule in a line.
    title: String,
    /// What is wrong.
    message: String,
    /// What was asked and answered, a line each.
    evidence: Vec<String>,
    /// What to change.
    fix: Vec<String>,
    /// When it was first found.
    since: Timestamp,
}

/// The targets, the worst first.
pub(crate) fn targets(mut rows: Vec<InventoryRow>, caller: &Caller) -> Vec<Target> {
    let worst = |row: &InventoryRow| {
        let levels = row.findings.iter().map(|found| found.level);
        (levels.max(), row.stance)
    };
    // The rows come by service and target, which stays the order among equals.
    rows.sort_by_key(|row| std::cmp::Reverse(worst(row)));
    let target = |mut row: InventoryRow| {
        let apps = row.apps.len();
        row.apps.retain(|app| caller.may_see(app));
        if row.apps.len() < apps {
            return Target::from(row).limited();
        }
        if caller.needs_all_apps().is_ok() {
            return Target::from(row);
        }
        let (listed, own): (Vec<_>, Vec<_>) = std::mem::take(&mut row.origins)
            .into_iter()
            .partition(|tried| tried.source == OriginSource::Listed);
        row.origins = own;
        let listed: Vec<String> = listed.into_iter().map(|tried| tried.origin).collect();
        Target::from(row).without(&listed)
    };
    rows.into_iter().map(target).collect()
}

impl From<InventoryRow> for Target {
    fn from(row: InventoryRow) -> Self {
        use store::Stance::{Closed, List, NullTrusted};
        Self {
            max_age_too_long: row.is_max_age_too_long(),
            has_list: matches!(row.stance, Some(Closed | List | NullTrusted)),
            service: row.service,
            target_origin: row.target_origin,
            endpoint: row.endpoint,
            apps: row.apps,
            method: row.method,
            url: row.url,
            made_up: row.made_up,
            state: row.state.as_str(),
            reason: (!row.reason.is_empty()).then_some(row.reason),
            stance: row.stance.map(store::Stance::as_str),
            since: Timestamp(row.first_at),
            audited_at: Timestamp(row.last_at),
            answered_at: row.answered_at.map(Timestamp),
            observed_since: row.observed_since.map(Timestamp),
            vary: row.stance.map(|_| row.vary.as_str()),
            max_age: row.max_age,
            origins: row.origins.into_iter().map(Origin::from).collect(),
            findings: row.findings.into_iter().map(Finding::from).collect(),
            limited: false,
        }
    }
}

impl From<TriedOrigin> for Origin {
    fn from(tried: TriedOrigin) -> Self {
        Self {
            origin: tried.origin,
            source: tried.source.as_str(),
            grant: tried.grant.as_str(),
            last_seen: tried.last_seen.map(Timestamp),
            unused: tried.unused,
        }
    }
}

impl From<FoundRow> for Finding {
    fn from(found: FoundRow) -> Self {
        Self {
            rule: found.rule,
            key: found.key,
            level: found.level,
            title: found.title,
            message: found.message,
            evidence: found.evidence,
            fix: found.fix,
            since: Timestamp(found.first_at),
        }
    }
}

#[cfg(test)]
mod tests {
    use observation::UnixMillis;
    use store::{Grant, Stance};

    use super::*;
    use crate::auth::Way;
    use crate::login::Role;

    fn row() -> InventoryRow {
        let tried = |origin: &str, source| TriedOrigin {
            origin: origin.to_owned(),
            source,
            grant: Grant::Plain,
            last_seen: None,
            unused: false,
        };
        let found = |rule: &str, message: &str| FoundRow {
            rule: rule.to_owned(),
            key: String::new(),
            level: FindingLevel::Note,
            title: format!("title of {rule}"),
            message: message.to_owned(),
            evidence: vec![message.to_owned()],
            fix: Vec::new(),
            first_at: UnixMillis(0),
        };
        InventoryRow {
            service: "api".to_owned(),
            target_origin: "https://api.test".to_owned(),
            endpoint: "/a".to_owned(),
            apps: vec!["alpha".to_owned()],
            method: "GET".to_owned(),
            url: "https://api.test/a".to_owned(),
            made_up: false,
            first_at: UnixMillis(0),
            last_at: UnixMillis(0),
            updated_at: UnixMillis(0),
            answered_at: None,
            state: AuditState::Answered,
            observed_since: None,
            reason: String::new(),
            stance: Some(Stance::List),
            vary: Vary::Right,
            max_age: None,
            origins: vec![
                tried("https://partner-of-beta.test", OriginSource::Listed),
                tried("https://alpha.test", OriginSource::Traffic),
            ],
            findings: vec![
                found("unused-origin", "https://partner-of-beta.test (never seen)"),
                found("null-origin", "`null` is allowed"),
            ],
        }
    }

    #[test]
    fn a_list_that_holds_for_all_apps_is_shown_to_those_who_may_see_all() {
        let all = targets(vec![row()], &Caller::Local);
        assert_eq!(all[0].origins.len(), 2);
        assert!(!all[0].limited);
        let limited = Caller::Holder {
            name: "alpha".to_owned(),
            role: Role::Viewer,
            apps: vec!["alpha".to_owned()],
            way: Way::Token,
        };
        let seen = targets(vec![row()], &limited);
        let text = serde_json::to_string(&seen).expect("JSON");
        assert!(!text.contains("partner-of-beta"), "{text}");
        assert!(text.contains("https://alpha.test"), "{text}");
        assert!(text.contains("`null` is allowed"), "{text}");
        assert!(seen[0].limited);
    }
}
