//! Which part of what arrives at the edge is not taken, and for which reason.
//!
//! Edges report what they have counted since they started; what happened lately is the difference of two
//! reports. The first report of a process is where its counting begins here: what it counted before may be
//! long ago.

use std::collections::{BTreeMap, VecDeque};

use observation::{EdgeReport, UnixMillis};
use settings::Span;

/// Edges that are told apart; beyond, the one that was silent the longest is forgotten.
const MAX_EDGES: usize = 1_000;
/// Into how many parts the window is cut: what is kept of an edge.
const PARTS: i64 = 20;

/// What edges have refused within a window of time.
#[derive(Debug, Clone)]
pub struct Refusals {
    window: Span,
    edges: BTreeMap<[u8; 12], Edge>,
}

#[derive(Debug, Clone)]
struct Edge {
    /// When its latest report was made, by its own clock.
    reported: UnixMillis,
    /// The first is from before the window, where there is one.
    samples: VecDeque<Sample>,
}

#[derive(Debug, Clone)]
struct Sample {
    at: UnixMillis,
    received: u64,
    refused: BTreeMap<String, u64>,
}

/// What was refused for one reason, of all that arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The reason, as the edge names it.
    pub reason: String,
    /// Beacons refused for it.
    pub refused: u64,
    /// Beacons that arrived.
    pub received: u64,
}

impl Refusal {
    /// The refused among all that arrived.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a share of counts")]
    pub fn share(&self) -> f64 {
        self.refused as f64 / self.received.max(1) as f64
    }
}

impl Refusals {
    /// Nothing is known yet; `window` is how far back is looked.
    #[must_use]
    pub const fn new(window: Span) -> Self {
        Self {
            window,
            edges: BTreeMap::new(),
        }
    }

    /// How far back is looked.
    #[must_use]
    pub const fn window(&self) -> Span {
        self.window
    }

    /// Adds a report that has been read at `now`. The clock of the edge only tells which report is newer.
    pub fn add(&mut self, report: &EdgeReport, now: UnixMillis) {
        let mut refused = BTreeMap::new();
        for (reason, count) in report.refused.iter().chain(&report.shed_by) {
            *refused.entry(reason.clone()).or_default() += count;
        }
        let sample = Sample {
            at: now,
            received: report.received,
            refused,
        };
        match self.edges.get_mut(&report.process) {
            Some(edge) if edge.reported >= report.at => {}
            Some(edge) => {
                edge.reported = report.at;
                edge.push(sample, self.window);
            }
            None => {
                self.make_room();
                let samples = VecDeque::from([sample]);
                let reported = report.at;
                let edge = Edge { reported, samples };
                self.edges.insert(report.process, edge);
            }
        }
    }

    /// What was refused in the window that ends `now`, by reason.
    pub fn at(&mut self, now: UnixMillis) -> Vec<Refusal> {
        let start = now.plus(-self.window.as_millis());
        let mut received = 0;
        let mut refused: BTreeMap<&str, u64> = BTreeMap::new();
        for edge in self.edges.values_mut() {
            edge.forget_before(start);
        }
        for edge in self.edges.values() {
            let (Some(first), Some(last)) = (edge.samples.front(), edge.samples.back()) else {
                continue;
            };
            received += last.received.saturating_sub(first.received);
            for (reason, count) in &last.refused {
                let before = first.refused.get(reason).copied().unwrap_or_default();
                *refused.entry(reason).or_default() += count.saturating_sub(before);
            }
        }
        let refused = refused.into_iter().filter(|(_, count)| *count > 0);
        refused
            .map(|(reason, refused)| Refusal {
                reason: reason.to_owned(),
                refused,
                received,
            })
            .collect()
    }

    fn make_room(&mut self) {
        if self.edges.len() < MAX_EDGES {
            return;
        }
        let last = |edge: &Edge| edge.samples.back().map(|sample| sample.at);
        let oldest = self.edges.iter().min_by_key(|(_, edge)| last(edge));
        if let Some(process) = oldest.map(|(process, _)| *process) {
            self.edges.remove(&process);
        }
    }
}

impl Edge {
    fn push(&mut self, sample: Sample, window: Span) {
        let apart = window.as_millis() / PARTS;
        let len = self.samples.len();
        // The latest gives way as long as it is close to the one before: that is what the next is apart from.
        if len > 1 && self.samples[len - 1].at.0 - self.samples[len - 2].at.0 < apart {
            self.samples.pop_back();
        }
        self.samples.push_back(sample);
    }

    fn forget_before(&mut self, start: UnixMillis) {
        while self.samples.len() > 1 && self.samples[1].at <= start {
            self.samples.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Span = Span::secs(60);

    fn report(process: u8, at: i64, received: u64, shed: &[(&str, u64)]) -> EdgeReport {
        EdgeReport {
            process: [process; 12],
            at: UnixMillis(at),
            received,
            shed_by: shed.iter().map(|(r, n)| ((*r).to_owned(), *n)).collect(),
            ..EdgeReport::default()
        }
    }

    fn refusal(reason: &str, refused: u64, received: u64) -> Refusal {
        Refusal {
            reason: reason.to_owned(),
            refused,
            received,
        }
    }

    #[test]
    fn what_was_counted_before_the_first_report_is_not_held_against_now() {
        let mut refusals = Refusals::new(MINUTE);
        let now = UnixMillis(0);
        refusals.add(&report(1, 0, 1_000, &[("journal_full", 500)]), now);
        assert_eq!(refusals.at(now), []);
    }

    #[test]
    fn edges_are_summed_and_what_is_older_than_the_window_is_forgotten() {
        let mut refusals = Refusals::new(MINUTE);
        for (process, second, received, full) in [
            (1, 0, 100, 0),
            (2, 0, 100, 0),
            (1, 10, 150, 20),
            (2, 30, 250, 5),
            // A report that was overtaken by a later one.
            (2, 20, 170, 3),
        ] {
            let at = second * 1000;
            let now = UnixMillis(at);
            refusals.add(
                &report(process, at, received, &[("journal_full", full)]),
                now,
            );
        }
        let all = vec![refusal("journal_full", 25, 200)];
        assert_eq!(refusals.at(UnixMillis(40_000)), all);
        let later = vec![refusal("journal_full", 5, 150)];
        assert_eq!(refusals.at(UnixMillis(75_000)), later);
        assert_eq!(refusals.at(UnixMillis(91_000)), []);
    }

    #[test]
    fn reports_every_second_for_a_day_take_no_more_room_than_the_window_has_parts() {
        let mut refusals = Refusals::new(MINUTE);
        for second in 0..86_400_i64 {
            let now = UnixMillis(second * 1000);
            refusals.add(
                &report(1, now.0, second.unsigned_abs(), &[("bytes", 0)]),
                now,
            );
            let _ = refusals.at(now);
            let kept = refusals.edges[&[1; 12]].samples.len();
            // Both ends of the window, the one before it, and the latest.
            assert!(kept <= 3 + usize::try_from(PARTS).expect("small"), "{kept}");
        }
        // What is kept is a part apart, but for the latest.
        let mut kept = refusals.edges[&[1; 12]].samples.clone();
        kept.pop_back();
        let times: Vec<_> = kept.iter().map(|sample| sample.at.0).collect();
        let part = MINUTE.as_millis() / PARTS;
        assert!(
            times.windows(2).all(|two| two[1] - two[0] == part),
            "{times:?}"
        );
        assert_eq!(times.len(), usize::try_from(PARTS).expect("small") + 1);
    }

    #[test]
    fn the_share_is_of_what_arrived() {
        for (refused, received, share) in [(0, 0, 0.0), (1, 4, 0.25), (3, 3, 1.0), (2, 0, 2.0)] {
            let found = refusal("bytes", refused, received).share();
            assert!(
                (found - share).abs() < 1e-12,
                "{refused}/{received}: {found}"
            );
        }
    }

    #[test]
    fn of_too_many_edges_the_one_that_is_silent_the_longest_goes() {
        let mut refusals = Refusals::new(MINUTE);
        for n in 0..u64::try_from(MAX_EDGES).expect("small") + 10 {
            let mut one = report(0, 0, n, &[]);
            one.process[..8].copy_from_slice(&n.to_be_bytes());
            refusals.add(&one, UnixMillis(n.cast_signed()));
        }
        assert_eq!(refusals.edges.len(), MAX_EDGES);
        assert!(!refusals.edges.contains_key(&[0; 12]));
    }
}
