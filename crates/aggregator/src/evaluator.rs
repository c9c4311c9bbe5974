//! Objectives against what is in the store.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use observation::UnixMillis;
use slo::{ErrorBudget, Judgement, Ratio, Sums, Window};
use store::{ProgressRow, StoreError, Written, WrittenOffsets};

use crate::segments::{Question, Segments, Windows};
use crate::{GroupBy, Grouped, Slo, Source};

/// What one objective, or one group of it, looks like at the watermark.
#[derive(Debug, Clone)]
pub(crate) struct Reading {
    /// The objective.
    pub(crate) slo: Arc<Slo>,
    /// The group; none for the whole objective.
    pub(crate) group: Option<String>,
    /// The sums of the objective's whole window.
    pub(crate) sums: Sums,
    /// What the SLI makes of them.
    pub(crate) ratio: Ratio,
    /// Whether anything was measured in any of its windows.
    pub(crate) is_measured: bool,
    /// What is left of the error budget; none without events.
    pub(crate) budget: Option<ErrorBudget>,
    /// What each rule makes of the present, in the order of the objective's rules.
    pub(crate) judgements: Vec<Judgement>,
}

/// Evaluates objectives. Reads only; the same readings come out of every process.
pub(crate) struct Evaluator {
    source: Arc<dyn Source>,
    slos: Vec<Arc<Slo>>,
    segments: Segments,
    max_groups: usize,
    offsets: WrittenOffsets,
    written: Written,
}

impl std::fmt::Debug for Evaluator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Evaluator")
            .field("slos", &self.slos.len())
            .finish_non_exhaustive()
    }
}

impl Evaluator {
    /// Evaluates `slos`, each in at most `max_groups` groups.
    #[must_use]
    pub(crate) fn new(source: Arc<dyn Source>, slos: Vec<Slo>, max_groups: usize) -> Self {
        Self {
            source,
            slos: slos.into_iter().map(Arc::new).collect(),
            segments: Segments::default(),
            max_groups,
            offsets: WrittenOffsets::default(),
            written: Written::default(),
        }
    }

    /// Learns how far the log is written, before it reads.
    pub(crate) fn follow(&mut self, progress: &[ProgressRow]) -> Written {
        self.written = self.offsets.follow(progress);
        self.written
    }

    /// The objectives.
    #[must_use]
    pub(crate) fn slos(&self) -> &[Arc<Slo>] {
        &self.slos
    }

    /// Reads every objective at `watermark`: first the whole objective, then its groups, those of
    /// most events first. Objectives with the same filter share their queries.
    ///
    /// # Errors
    /// [`StoreError`]; nothing is known then.
    pub(crate) async fn evaluate(
        &mut self,
        watermark: UnixMillis,
    ) -> Result<Vec<Reading>, StoreError> {
        let mut questions: Vec<(Question, BTreeSet<Window>, Vec<Arc<Slo>>)> = Vec::new();
        for slo in &self.slos {
            let question = (slo.filter.clone(), slo.group_by);
            let at = questions.iter().position(|(known, ..)| *known == question);
            let at = at.unwrap_or_else(|| {
                questions.push((question, BTreeSet::new(), Vec::new()));
                questions.len() - 1
            });
            questions[at].1.extend(slo.windows(watermark));
            questions[at].2.push(Arc::clone(slo));
        }
        let asked = questions
            .iter()
            .map(|(question, windows, _)| (question.clone(), windows.clone()));
        let asked: Vec<_> = asked.collect();
        let times = (watermark, self.written);
        self.segments
            .read_together(&*self.source, &asked, times)
            .await?;
        let mut readings = Vec::new();
        for (question, windows, slos) in questions {
            let sums = self.read(&question, &windows, watermark).await?;
            for slo in slos {
                self.objective(&slo, &sums, watermark, &mut readings);
            }
        }
        self.segments.sweep();
        Ok(readings)
    }

    async fn read(
        &mut self,
        question: &Question,
        windows: &BTreeSet<Window>,
        watermark: UnixMillis,
    ) -> Result<Windows, StoreError> {
        // More than are evaluated: which groups have most requests differs from piece to piece.
        let limit = u32::try_from(self.max_groups * 4).unwrap_or(u32::MAX);
        let source = Arc::clone(&self.source);
        self.segments
            .read(
                &*source,
                question,
                limit,
                windows,
                (watermark, self.written),
            )
            .await
    }

    fn objective(
        &self,
        slo: &Arc<Slo>,
        windows: &Windows,
        watermark: UnixMillis,
        readings: &mut Vec<Reading>,
    ) {
        let whole: BTreeMap<Window, Sums> = windows
            .iter()
            .map(|(&window, groups)| (window, total(groups)))
            .collect();
        readings.push(reading(slo, None, watermark, |window| whole.get(&window)));
        if slo.group_by == GroupBy::None {
            return;
        }
        // The budget of a calendar begins again; what alerts are told apart by lasts longer.
        let longest = slo.windows(watermark).max();
        let Some(groups) = longest.and_then(|longest| windows.get(&longest)) else {
            return;
        };
        let mut most: Vec<_> = groups
            .iter()
            .map(|(group, sums)| (slo.ratio(sums), group))
            .collect();
        most.sort_by_key(|&(ratio, group)| (std::cmp::Reverse((ratio.total, ratio.bad)), group));
        for (_, group) in most.into_iter().take(self.max_groups) {
            let find = |window: Window| windows.get(&window).and_then(|groups| groups.get(group));
            readings.push(reading(slo, Some(group.clone()), watermark, find));
        }
    }
}

fn total(groups: &Grouped) -> Sums {
    let mut sums = Sums::default();
    for more in groups.values() {
        sums += more;
    }
    sums
}

fn reading<'a>(
    slo: &Arc<Slo>,
    group: Option<String>,
    watermark: UnixMillis,
    sums: impl Fn(Window) -> Option<&'a Sums>,
) -> Reading {
    let read = |window| sums(window).map(|sums| slo.ratio(sums)).unwrap_or_default();
    let judge = |rule: &slo::Rule| rule.judge(slo.objective, slo.guards, read);
    let budget = slo.budget_window(watermark);
    let whole = read(budget);
    let mut windows = slo.windows(watermark);
    Reading {
        group,
        is_measured: windows.any(|window| !read(window).is_empty()),
        sums: sums(budget).cloned().unwrap_or_default(),
        ratio: whole,
        budget: ErrorBudget::of(whole, slo.objective),
        judgements: slo.rules.iter().map(judge).collect(),
        slo: Arc::clone(slo),
    }
}
