//! The report of a week or a month: the CORS guide's routines with the numbers at hand.

use std::fmt::Write as _;

use incident::Listed;
use incident::text::percent;
use serde::Serialize;
use store::{DiagnosisRow, InventoryRow};
use utoipa::ToSchema;

use super::deploy::Deploy;
use super::inventory::Summary;
use super::rate::Rate;
use super::slo::SloStatus;
use crate::timestamp::Timestamp;

/// Entries of a list; the summary counts all.
const MAX_LISTED: usize = 50;

/// A week or a month of one app.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct Report {
    /// The app.
    pub app: String,
    /// `week` or `month`.
    pub period: &'static str,
    /// Start of the time.
    pub from: Timestamp,
    /// Its end.
    pub to: Timestamp,
    /// The objectives over this time, whatever their own windows are.
    pub slos: Vec<SloStatus>,
    /// The incidents.
    pub incidents: Incidents,
    /// The changes.
    pub changes: Changes,
    /// What replaying failures showed.
    pub replays: Replays,
    /// The policies of what its pages call; null where nothing was audited.
    pub policies: Option<Policies>,
}

/// The incidents of the time.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct Incidents {
    /// Opened in this time.
    pub opened: usize,
    /// Of them pages.
    pub pages: usize,
    /// Open at its end.
    pub open: usize,
    /// Those that were open at any moment of it, the latest first; 50 at most.
    pub list: Vec<Listed>,
}

/// The changes of the time.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct Changes {
    /// Deploys that took effect.
    pub deploys: usize,
    /// M6: rollbacks among deploys that touch CORS configuration.
    pub change_rollback_rate: Rate,
    /// The rollbacks.
    pub rollbacks: Vec<Deploy>,
}

/// What replaying failures showed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Replays {
    /// Failures that were replayed in this time.
    pub replayed: usize,
    /// Of them those that the replay reproduced.
    pub reproduced: usize,
    /// The causes of those, the most frequent first.
    pub causes: Vec<Cause>,
}

/// A cause and how many failures have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Cause {
    /// The rule that browsers name.
    pub cause: String,
    /// Failures with it.
    pub failures: usize,
}

/// Whom targets let read, at the end of the time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Policies {
    /// In numbers.
    pub summary: Summary,
    /// Services whose targets let everybody in, or whoever asks.
    pub open_services: Vec<String>,
    /// Origins that are allowed and from which no page calls, with their service; 50 at most.
    pub unused_origins: Vec<UnusedOrigin>,
}

/// An entry of an allow-list that no page uses.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
pub(crate) struct UnusedOrigin {
    /// The service.
    pub service: String,
    /// The origin.
    pub origin: String,
}

impl Incidents {
    /// Of `listed`, those that were open between `from` and `to`.
    pub(crate) fn of(mut listed: Vec<Listed>, from: Timestamp, to: Timestamp) -> Self {
        let read = |text: &str| text.parse::<Timestamp>().ok();
        let opened = |one: &Listed| read(&one.opened_at);
        let closed = |one: &Listed| one.closed_at.as_deref().and_then(read);
        listed.retain(|one| {
            opened(one).is_some_and(|at| at < to) && closed(one).is_none_or(|at| at >= from)
        });
        listed.sort_by_key(|one| std::cmp::Reverse(opened(one)));
        let within: Vec<_> = listed
            .iter()
            .filter(|one| opened(one).is_some_and(|at| at >= from))
            .collect();
        Self {
            opened: within.len(),
            pages: within.iter().filter(|one| one.severity == "page").count(),
            open: listed
                .iter()
                .filter(|one| closed(one).is_none_or(|at| at >= to))
                .count(),
            list: listed.iter().take(MAX_LISTED).cloned().collect(),
        }
    }
}

impl Replays {
    pub(crate) fn of(rows: &[DiagnosisRow], from: Timestamp, to: Timestamp) -> Self {
        let within = rows
            .iter()
            .filter(|row| row.at >= from.0 && row.at < to.0)
            .collect::<Vec<_>>();
        let mut causes: Vec<Cause> = Vec::new();
        for row in within.iter().filter(|row| row.is_reproduced()) {
            match causes.iter_mut().find(|known| known.cause == row.cause) {
                Some(known) => known.failures += 1,
                None => causes.push(Cause {
                    cause: row.cause.clone(),
                    failures: 1,
                }),
            }
        }
        causes.sort_by(|a, b| (b.failures, &a.cause).cmp(&(a.failures, &b.cause)));
        Self {
            replayed: within.len(),
            reproduced: causes.iter().map(|cause| cause.failures).sum(),
            causes,
        }
    }
}

impl Policies {
    pub(crate) fn of(rows: &[InventoryRow]) -> Option<Self> {
        use store::Stance;
        if rows.is_empty() {
            return None;
        }
        let is_open = |row: &&InventoryRow| {
            row.stance.is_some_and(|stance| {
                !matches!(stance, Stance::Closed | Stance::List | Stance::NullTrusted)
            })
        };
        let mut open_services: Vec<_> = rows
            .iter()
            .filter(is_open)
            .map(|row| row.service.clone())
            .collect();
        open_services.sort_unstable();
        open_services.dedup();
        let mut unused_origins: Vec<_> = rows
            .iter()
            .flat_map(|row| {
                row.unused().map(|tried| UnusedOrigin {
                    service: row.service.clone(),
                    origin: tried.origin.clone(),
                })
            })
            .collect();
        unused_origins.sort_unstable();
        unused_origins.dedup();
        unused_origins.truncate(MAX_LISTED);
        Some(Self {
            summary: Summary::of(rows),
            open_services,
            unused_origins,
        })
    }
}

impl Report {
    /// What it is about, in one line.
    pub(crate) fn title(&self) -> String {
        let (from, to) = (day(self.from), day(self.to));
        format!("CORS of {}: {from} to {to}", self.app)
    }

    /// The report as a page of its own, which needs nothing else.
    pub(crate) fn html(&self) -> String {
        alert::report_page(&self.title(), &self.markdown(&self.title()))
    }

    /// The report as Markdown. What pages and servers wrote is not a markup in it.
    pub(crate) fn markdown(&self, title: &str) -> String {
        let mut out = format!("# {}\n\n", plain(title));
        self.objectives(&mut out);
        self.incidents(&mut out);
        self.changes(&mut out);
        self.replays(&mut out);
        self.policies(&mut out);
        out
    }

    fn objectives(&self, out: &mut String) {
        out.push_str("## Objectives\n\n| objective | measured | target | budget left | without maintenance |\n|---|---|---|---|---|\n");
        for slo in &self.slos {
            let left = |share: Option<f64>| match share {
                None => "no data".to_owned(),
                Some(left) if left <= 0.0 => "exhausted".to_owned(),
                Some(left) => percent(left),
            };
            let corrected = slo.corrected.as_ref();
            let _ = writeln!(
                out,
                "| {} | {} | at most {} | {} | {} |",
                plain(&slo.name),
                rate(slo.measured),
                percent(slo.target),
                left(slo.budget_remaining),
                corrected.map_or_else(String::new, |one| left(one.budget_remaining))
            );
        }
    }

    fn incidents(&self, out: &mut String) {
        let of = &self.incidents;
        let _ = write!(
            out,
            "\n## Incidents\n\n{} opened, {} of them pages; {} open at the end.\n\n",
            of.opened, of.pages, of.open
        );
        for one in &of.list {
            let end = match (&one.closed_at, &one.closed_as) {
                (Some(at), Some(how)) => format!("closed {at} as {how}"),
                _ => "open".to_owned(),
            };
            let impact = one.impact.as_ref().map_or("", |impact| &impact.text);
            let suspect = one.suspects.first().map_or_else(
                || "No change that is known explains it.".to_owned(),
                |one| format!("Suspect: {} {}.", one.kind, incident::suspected(&one.id)),
            );
            let _ = writeln!(
                out,
                "- {} {} ({}): {}. {} {}",
                one.opened_at,
                plain(&one.title),
                one.severity,
                end,
                plain(impact),
                plain(&suspect)
            );
        }
    }

    fn changes(&self, out: &mut String) {
        let of = &self.changes;
        let _ = write!(
            out,
            "\n## Changes\n\n{} deploys took effect. M6: {} rollbacks of {} CORS changes.\n\n",
            of.deploys, of.change_rollback_rate.bad, of.change_rollback_rate.total
        );
        for deploy in &of.rollbacks {
            let rule = deploy.rollback_rule.map_or("", |rule| rule.as_str());
            let _ = writeln!(
                out,
                "- {} {} {} took {} back ({rule})",
                deploy.at,
                plain(&deploy.service),
                plain(&deploy.id),
                if deploy.reverts.is_empty() {
                    "an earlier deploy".to_owned()
                } else {
                    plain(&deploy.reverts)
                }
            );
        }
    }

    fn replays(&self, out: &mut String) {
        let of = &self.replays;
        let _ = write!(
            out,
            "\n## Replayed failures\n\n{} replayed, {} reproduced.\n\n",
            of.replayed, of.reproduced
        );
        for cause in &of.causes {
            let _ = writeln!(out, "- {}: {}", plain(&cause.cause), cause.failures);
        }
    }

    fn policies(&self, out: &mut String) {
        out.push_str("\n## Allow-lists and wildcards\n\n");
        let Some(of) = &self.policies else {
            out.push_str("Nothing was audited.\n");
            return;
        };
        let list = |texts: &[String]| {
            let texts: Vec<_> = texts.iter().map(|text| plain(text)).collect();
            if texts.is_empty() {
                "none".to_owned()
            } else {
                texts.join(", ")
            }
        };
        let _ = writeln!(
            out,
            "Services that allow any origin: {}.\n",
            list(&of.open_services)
        );
        out.push_str("Origins that are allowed and that no page uses:\n\n");
        for unused in &of.unused_origins {
            let _ = writeln!(
                out,
                "- {}: {}",
                plain(&unused.service),
                plain(&unused.origin)
            );
        }
        if of.unused_origins.is_empty() {
            out.push_str("- none\n");
        }
    }
}

fn day(at: Timestamp) -> String {
    at.to_string().chars().take(10).collect()
}

fn rate(rate: Rate) -> String {
    match rate.ratio {
        None => "no data".to_owned(),
        Some(ratio) => format!("{} ({} of {})", percent(ratio), rate.bad, rate.total),
    }
}

/// Text of strangers in which no character is markup.
fn plain(text: &str) -> String {
    incident::unmarked(text)
}
