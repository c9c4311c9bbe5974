//! Maintenance windows as corrections of objectives: what the budget is without them. They are views: what was
//! measured stays as it is, and both numbers are shown.

use std::collections::BTreeMap;

use alert::{Pattern, Silence, SilenceKind};
use observation::{MILLIS_PER_MINUTE, UnixMillis};
use slo::Ratio;
use store::SliFilter;

use crate::auth::Caller;
use crate::interval::Interval;
use crate::problem::Problem;
use crate::silencing;
use crate::state::{Shared, SloSpec};

/// Spans of an objective that are left out, at most; the latest count.
const MAX_SPANS: usize = 100;
/// Occurrences of one window that are looked at: of one that comes back by the hour those of two weeks.
const MAX_OCCURRENCES: usize = 400;

/// The maintenance windows that may correct anything, and what was read for them.
pub(crate) struct Corrections {
    windows: Vec<Silence>,
    read: Vec<(SliFilter, Interval, slo::Sums)>,
}

/// What an objective is corrected by.
pub(crate) struct Corrected {
    /// The windows that apply.
    pub by: Vec<Silence>,
    /// The minutes that are left out, of some or all of what the objective measures.
    pub minutes: i64,
    /// What was measured in them.
    pub excluded: Ratio,
}

/// What is left out of an objective: a filter as narrow as the window's labels, and when.
type Excluded = BTreeMap<String, (SliFilter, Vec<Interval>)>;

impl Corrections {
    /// Those of the configuration and those that are recorded and not taken back.
    pub(crate) async fn read(shared: &Shared) -> Result<Self, Problem> {
        let stored = silencing::stored(SilenceKind::Maintenance, shared).await?;
        let configured = shared.silences.iter();
        let configured = configured.filter(|one| one.kind == SilenceKind::Maintenance);
        Ok(Self {
            windows: configured.cloned().chain(stored).collect(),
            read: Vec::new(),
        })
    }

    /// What `spec` is corrected by in `within`; nothing where no window applies.
    pub(crate) async fn of(
        &mut self,
        spec: &SloSpec,
        within: Interval,
        shared: &Shared,
    ) -> Result<Option<Corrected>, Problem> {
        let (by, excluded) = excluded(spec, &self.windows, within, shared);
        if excluded.is_empty() {
            return Ok(None);
        }
        let mut corrected = Corrected {
            by,
            minutes: 0,
            excluded: Ratio::new(0, 0),
        };
        for (filter, spans) in excluded.into_values() {
            for span in spans {
                let sums = self.sums(&filter, span, shared).await?;
                let ratio = spec.sli.ratio(&sums, filter.source);
                corrected.minutes += span.millis() / MILLIS_PER_MINUTE;
                corrected.excluded = Ratio::new(
                    corrected.excluded.bad + ratio.bad,
                    corrected.excluded.total + ratio.total,
                );
            }
        }
        Ok(Some(corrected))
    }

    /// Objectives of the same traffic are corrected by the same sums.
    async fn sums(
        &mut self,
        filter: &SliFilter,
        span: Interval,
        shared: &Shared,
    ) -> Result<slo::Sums, Problem> {
        let same = |(of, at, _): &&(SliFilter, Interval, slo::Sums)| of == filter && *at == span;
        if let Some((.., sums)) = self.read.iter().find(same) {
            return Ok(sums.clone());
        }
        let sums = shared.queries.sli(filter, span).await?;
        self.read.push((filter.clone(), span, sums.clone()));
        Ok(sums)
    }
}

/// Whether a caller may read why a window was announced.
pub(crate) fn may_read(window: &Silence, caller: &Caller) -> bool {
    silencing::may_silence(&window.matches, caller)
}

fn excluded(
    spec: &SloSpec,
    windows: &[Silence],
    within: Interval,
    shared: &Shared,
) -> (Vec<Silence>, Excluded) {
    let mut by = Vec::new();
    let mut excluded = Excluded::new();
    for window in windows {
        let owner = spec.filter.service.as_ref();
        let owner = owner.and_then(|service| shared.owners.of(service));
        let Some(filter) = narrowed(spec, window, owner.map_or("", |owner| owner.team.as_str()))
        else {
            continue;
        };
        let spans = occurrences(window, within);
        if spans.is_empty() {
            continue;
        }
        by.push(window.clone());
        let entry = excluded.entry(format!("{filter:?}"));
        entry
            .or_insert_with(|| (filter, Vec::new()))
            .1
            .extend(spans);
    }
    let whole = excluded.get(&format!("{:?}", spec.filter));
    let whole = whole
        .map(|(_, spans)| union(spans.clone()))
        .unwrap_or_default();
    for (filter, spans) in excluded.values_mut() {
        *spans = union(std::mem::take(spans));
        // What is left out as a whole is not left out again in part.
        if *filter != spec.filter {
            *spans = without(spans, &whole);
        }
        let surplus = spans.len().saturating_sub(MAX_SPANS);
        spans.drain(..surplus);
    }
    excluded.retain(|_, (_, spans)| !spans.is_empty());
    (by, excluded)
}

/// What of the objective a window is about; nothing where it is about something else, or about single alerts.
fn narrowed(spec: &SloSpec, window: &Silence, owner: &str) -> Option<SliFilter> {
    let mut filter = spec.filter.clone();
    for (label, pattern) in &window.matches.0 {
        let own = match label.as_str() {
            "app" => spec.filter.app.as_str(),
            "slo" => &spec.name,
            "sli" => spec.sli.as_str(),
            "owner" => owner,
            "service" => narrow(&mut filter.service, pattern)?,
            "page_origin" => narrow(&mut filter.page_origin, pattern)?,
            "target_origin" => narrow(&mut filter.target_origin, pattern)?,
            "endpoint" => narrow(&mut filter.endpoint, pattern)?,
            "environment" => narrow(&mut filter.environment, pattern)?,
            "release" => narrow(&mut filter.release, pattern)?,
            _ => return None,
        };
        if !pattern.is(own) {
            return None;
        }
    }
    Some(filter)
}

/// The value of a dimension that the objective is limited to, or is limited to from here on.
fn narrow<'a>(dimension: &'a mut Option<String>, pattern: &Pattern) -> Option<&'a str> {
    match (dimension.is_some(), pattern) {
        (false, Pattern::Text(text)) if !text.is_empty() => *dimension = Some(text.clone()),
        // Which values an expression is of is not known.
        (false, _) => return None,
        (true, _) => {}
    }
    dimension.as_deref()
}

/// When a window was open within an interval, in whole minutes.
fn occurrences(window: &Silence, within: Interval) -> Vec<Interval> {
    let mut found = Vec::new();
    let mut at = within.from;
    for _ in 0..MAX_OCCURRENCES {
        let Some((from, to)) = window.window(at).filter(|(from, _)| *from < within.to) else {
            break;
        };
        let span = Interval {
            from: from.minute().max(within.from),
            to: to.plus(MILLIS_PER_MINUTE - 1).minute().min(within.to),
        };
        if span.from < span.to {
            found.push(span);
        }
        at = to.max(UnixMillis(at.0 + 1));
    }
    found
}

fn union(mut spans: Vec<Interval>) -> Vec<Interval> {
    spans.sort_by_key(|span| span.from);
    let mut all: Vec<Interval> = Vec::new();
    for span in spans {
        match all.last_mut() {
            Some(last) if span.from <= last.to => last.to = last.to.max(span.to),
            _ => all.push(span),
        }
    }
    all
}

/// `spans` without `others`, both in order and without overlaps.
fn without(spans: &[Interval], others: &[Interval]) -> Vec<Interval> {
    let mut left = Vec::new();
    for span in spans {
        let mut from = span.from;
        for other in others.iter().filter(|other| other.to > span.from) {
            if other.from >= span.to {
                break;
            }
            if from < other.from {
                left.push(Interval {
                    from,
                    to: other.from,
                });
            }
            from = from.max(other.to);
        }
        if from < span.to {
            left.push(Interval { from, to: span.to });
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(of: &[(i64, i64)]) -> Vec<Interval> {
        of.iter()
            .map(|&(from, to)| Interval {
                from: UnixMillis(from),
                to: UnixMillis(to),
            })
            .collect()
    }

    #[test]
    fn spans_that_overlap_count_once_and_what_is_left_out_as_a_whole_not_again() {
        let all = union(spans(&[(5, 9), (0, 3), (2, 4), (9, 10)]));
        assert_eq!(all, spans(&[(0, 4), (5, 10)]));
        for (of, expect) in [
            (&[(0, 4)][..], &[][..]),
            (&[(4, 5)], &[(4, 5)]),
            (&[(3, 12)], &[(4, 5), (10, 12)]),
            (&[(11, 12)], &[(11, 12)]),
        ] {
            assert_eq!(without(&spans(of), &all), spans(expect), "{of:?}");
        }
    }
}
