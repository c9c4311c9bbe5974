//! One objective, minute by minute.

use alert::{Evaluation, Graded, Reason, State, Transition, Witnesses, step};
use observation::{MILLIS_PER_MINUTE, UnixMillis};
use slo::{ErrorBudget, Judgement, Rule, Severity, Window};
use store::StoreError;

use super::report::{Firing, Replayed, Report, SloSummary, Support};
use super::track::{Track, Tracks};
use super::{Backtest, History};
use crate::segments::{end, start};
use crate::{GroupBy, Slo, evaluation};

/// Witnesses of a page that lacks them are counted again after this time; the live evaluation does so
/// more often.
const COUNT_AGAIN_AFTER: i64 = 5 * MILLIS_PER_MINUTE;
/// Others run after so many minutes of replay.
const YIELD_AFTER: u32 = 2_000;

pub(super) struct Replay<'a> {
    backtest: &'a Backtest,
    slo: &'a Slo,
    history: &'a dyn History,
}

/// One rule of one group.
struct Machine<'a> {
    rule: &'a Rule,
    state: State,
    open: Option<Replayed>,
    counted: Option<(UnixMillis, Graded)>,
}

impl<'a> Replay<'a> {
    pub(super) fn new(backtest: &'a Backtest, slo: &'a Slo, history: &'a dyn History) -> Self {
        Self {
            backtest,
            slo,
            history,
        }
    }

    pub(super) async fn run(&self, tracks: &Tracks, report: &mut Report) -> Result<(), StoreError> {
        let mut alerts = Vec::new();
        if self.slo.group_by == GroupBy::None {
            self.group(None, &tracks.whole, &mut alerts).await?;
        }
        for (group, track) in &tracks.groups {
            self.group(Some(group), track, &mut alerts).await?;
        }
        if tracks.left_out > 0 {
            report.note(format!(
                "{}: {} groups of fewest events are not replayed (aggregator.max_groups).",
                self.slo.name, tracks.left_out
            ));
        }
        let paged = |alert: &&Firing| alert.severity == Severity::Page;
        let pages = alerts.iter().filter(paged).count();
        let seen = tracks.whole.between(self.backtest.from, self.backtest.to);
        report.slos.push(SloSummary {
            name: self.slo.name.clone(),
            app: self.slo.app.clone(),
            sli: self.slo.sli,
            objective: self.slo.objective.share(),
            window: self.slo.window,
            bad: seen.bad,
            total: seen.total,
            budget_consumed: self.budget(&tracks.whole, self.last()),
            pages,
            tickets: alerts.len() - pages,
        });
        report.alerts.extend(alerts);
        Ok(())
    }

    /// The last instant of the replay.
    fn last(&self) -> UnixMillis {
        self.backtest.to.plus(-1)
    }

    fn budget(&self, track: &Track, at: UnixMillis) -> Option<f64> {
        let ratio = track.between(start(self.slo.budget_window(at), at), end(at));
        ErrorBudget::of(ratio, self.slo.objective).map(|budget| budget.consumed)
    }

    async fn group(
        &self,
        group: Option<&str>,
        track: &Track,
        alerts: &mut Vec<Firing>,
    ) -> Result<(), StoreError> {
        let mut machines: Vec<Machine<'_>> = self.slo.rules.iter().map(Machine::new).collect();
        machines.sort_by_key(|machine| std::cmp::Reverse(machine.rule.severity));
        let longest = self.slo.longest_window();
        let (mut minute, mut evaluated) = (self.backtest.from, 0_u32);
        while minute < self.backtest.to {
            let at = minute.plus(MILLIS_PER_MINUTE - 1);
            let is_idle = machines.iter().all(Machine::is_idle);
            // Without a bad event in its windows no rule is exceeded, and nothing begins.
            if is_idle && track.between(start(longest, at), end(at)).bad == 0 {
                let Some(next) = track.next_bad(end(at)) else {
                    break;
                };
                minute = next;
                continue;
            }
            self.minute(group, track, &mut machines, at, alerts).await?;
            minute = minute.plus(MILLIS_PER_MINUTE);
            evaluated += 1;
            if evaluated.is_multiple_of(YIELD_AFTER) {
                tokio::task::yield_now().await;
            }
        }
        for machine in &mut machines {
            self.close(machine, track, self.last(), None, alerts);
        }
        Ok(())
    }

    async fn minute(
        &self,
        group: Option<&str>,
        track: &Track,
        machines: &mut [Machine<'_>],
        at: UnixMillis,
        alerts: &mut Vec<Firing>,
    ) -> Result<(), StoreError> {
        let read = |window: Window| track.between(start(window, at), end(at));
        let mut windows = self.slo.windows(at);
        let is_unmeasured = windows.all(|window| read(window).is_empty());
        let mut paged = false;
        for machine in machines {
            let before = machine.state.phase;
            let transition = if is_unmeasured {
                let (state, transition) = machine.state.retire(Reason::Unmeasured, at);
                machine.state = state;
                transition
            } else {
                let rule = machine.rule;
                let judgement = rule.judge(self.slo.objective, self.slo.guards, read);
                let (severity, support) = self.grade(group, machine, &judgement, at).await?;
                let is_overshadowed = paged && rule.severity == Severity::Ticket;
                let evaluation = evaluation::of(&judgement, (!is_overshadowed).then_some(severity));
                machine.advance(evaluation, self.slo, at, |state| {
                    self.fired(group, (rule, &judgement, support), state, track, at)
                })
            };
            if let Some(Transition::Resolved(_)) = transition {
                self.close(machine, track, at, Some(at), alerts);
            }
            let fires = before.is_firing() || machine.state.phase.is_firing();
            paged |= machine.rule.severity == Severity::Page && fires;
        }
        Ok(())
    }

    /// How urgent the alert is by those who saw the blocks.
    async fn grade(
        &self,
        group: Option<&str>,
        machine: &mut Machine<'_>,
        judgement: &Judgement,
        at: UnixMillis,
    ) -> Result<(Severity, Support), StoreError> {
        let wanted = machine.rule.severity;
        let has_paged = machine.state.phase.is_firing() && machine.state.severity == Severity::Page;
        if wanted != Severity::Page || has_paged || !judgement.exceeded() {
            return Ok((wanted, Support::NotNeeded));
        }
        let span = (start(self.backtest.corroboration.window, at), end(at));
        if span.0 < self.backtest.raw_since {
            return Ok((wanted, Support::Assumed));
        }
        let known = machine.counted;
        let known = known.filter(|(then, _)| at.0 - then.0 < COUNT_AGAIN_AFTER);
        let graded = if let Some((_, graded)) = known {
            graded
        } else {
            let filter = self.slo.filter_of(group);
            let seen = self.history.blocks_seen_by(&filter, span).await?;
            let corroboration = self.backtest.corroboration;
            let grades = [Witnesses::default()].into_iter().chain(seen);
            let mut grades = grades.map(|seen| corroboration.grade(wanted, seen));
            let believed = grades.find(|graded| *graded == Graded::AsWanted(wanted));
            let graded = believed.unwrap_or(Graded::Suspicious);
            machine.counted = Some((at, graded));
            graded
        };
        Ok((graded.severity(), Support::Counted))
    }

    fn fired(
        &self,
        group: Option<&str>,
        (rule, judgement, support): (&Rule, &Judgement, Support),
        state: &State,
        track: &Track,
        at: UnixMillis,
    ) -> Option<Replayed> {
        let worst = judgement.worst()?;
        let consumed = self.budget(track, at).unwrap_or_default();
        let firing = Firing {
            slo: self.slo.name.clone(),
            app: self.slo.app.clone(),
            sli: self.slo.sli,
            rule: rule.name.clone(),
            group: group.map(str::to_owned),
            severity: state.severity,
            fired_at: alert::rfc3339(end(at)),
            from_the_start: at.minute() == self.backtest.from,
            escalated_at: None,
            resolved_at: None,
            lasted_seconds: 0,
            long: worst.row.long,
            burn_rate: worst.long_burn.unwrap_or_default(),
            bad: worst.long.bad,
            total: worst.long.total,
            budget_consumed: consumed,
            budget_consumed_at_end: consumed,
            support,
        };
        Some(Replayed { firing, since: at })
    }

    /// Ends an alert, or the replay of one that still fires.
    fn close(
        &self,
        machine: &mut Machine<'_>,
        track: &Track,
        at: UnixMillis,
        resolved: Option<UnixMillis>,
        alerts: &mut Vec<Firing>,
    ) {
        let Some(Replayed { mut firing, since }) = machine.open.take() else {
            return;
        };
        firing.resolved_at = resolved.map(|at| alert::rfc3339(end(at)));
        firing.lasted_seconds = (end(at).0 - end(since).0) / 1000;
        firing.budget_consumed_at_end = self.budget(track, at).unwrap_or_default();
        alerts.push(firing);
    }
}

impl<'a> Machine<'a> {
    fn new(rule: &'a Rule) -> Self {
        Self {
            rule,
            state: State::default(),
            open: None,
            counted: None,
        }
    }

    fn is_idle(&self) -> bool {
        matches!(
            self.state.phase,
            alert::Phase::Inactive | alert::Phase::Resolved { .. }
        )
    }

    fn advance(
        &mut self,
        evaluation: Evaluation,
        slo: &Slo,
        at: UnixMillis,
        fired: impl FnOnce(&State) -> Option<Replayed>,
    ) -> Option<Transition> {
        let (state, transition) = step(&self.state, evaluation, &slo.timing, at);
        self.state = state;
        match transition {
            Some(Transition::Fired) => self.open = fired(&state),
            Some(Transition::Escalated) => {
                if let Some(Replayed { firing, .. }) = &mut self.open {
                    firing.severity = state.severity;
                    firing.escalated_at = Some(alert::rfc3339(end(at)));
                    firing.support = Support::Counted;
                }
            }
            _ => {}
        }
        transition
    }
}
