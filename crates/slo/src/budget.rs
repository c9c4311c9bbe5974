//! Error budgets and how fast they burn.

use observation::vocabulary;
use serde::Serialize;

use crate::{Objective, Ratio, Window};

/// How many times faster than the objective allows events go bad: 1 spends the budget exactly by
/// the end of the objective's window. `None` without events.
#[must_use]
pub fn burn_rate(ratio: Ratio, objective: Objective) -> Option<f64> {
    ratio.share().map(|share| share / objective.allowance())
}

/// The share of the budget of window `of` that a burn rate spends during `over`, at even traffic.
#[must_use]
pub fn spent(burn: f64, over: Window, of: Window) -> f64 {
    burn / over.fits_into(of)
}

vocabulary! {
    /// Whether an objective is kept.
    BudgetState {
        /// Kept so far.
        Ok => "ok",
        /// The budget of the window is overspent.
        Breach => "breach",
        /// There were no events: neither kept nor missed.
        NoData => "no_data",
    }
}

/// What is left of the bad events that an objective allows in its window.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ErrorBudget {
    /// How many bad events the objective allows at the traffic seen so far.
    pub allowed: f64,
    /// The share that is spent: 0 nothing, 1 all of it, more when overspent.
    pub consumed: f64,
    /// The share that is left: 1 - consumed; negative when overspent.
    pub remaining: f64,
}

impl ErrorBudget {
    /// The budget after `ratio` was seen in the objective's window; `None` without events.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "exact up to 2^53 events")]
    pub fn of(ratio: Ratio, objective: Objective) -> Option<Self> {
        let consumed = burn_rate(ratio, objective)?;
        Some(Self {
            allowed: ratio.total as f64 * objective.allowance(),
            consumed,
            remaining: 1.0 - consumed,
        })
    }

    /// How an objective with this budget stands; without a budget nothing is known.
    #[must_use]
    pub fn state(budget: Option<Self>) -> BudgetState {
        match budget {
            None => BudgetState::NoData,
            Some(budget) if budget.remaining < 0.0 => BudgetState::Breach,
            Some(_) => BudgetState::Ok,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn objective() -> impl Strategy<Value = Objective> {
        (0.5..0.9999_f64).prop_map(|share| Objective::new(share).expect("in range"))
    }

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0)
    }

    /// SRE workbook, chapter 5, tables 5-4 and 5-8: burn rates and what they spend of 30 days.
    #[test]
    fn a_burn_rate_spends_what_the_workbook_says() {
        let month = Window::days(30);
        for (burn, over, share) in [
            (1.0, Window::days(30), 1.0),
            (2.0, Window::days(15), 1.0),
            (10.0, Window::days(3), 1.0),
            (1000.0, Window::minutes(43), 0.995),
            (14.4, Window::hours(1), 0.02),
            (6.0, Window::hours(6), 0.05),
            (3.0, Window::days(1), 0.10),
            (1.0, Window::days(3), 0.10),
            (0.25 * 30.0 / 7.0, Window::days(7), 0.25),
        ] {
            let got = spent(burn, over, month);
            assert!((got - share).abs() < 5e-4, "{burn} over {over}: {got}");
        }
    }

    #[test]
    fn a_burn_rate_is_the_error_share_over_the_allowed_share() {
        let three_nines = Objective::new(0.999).expect("an objective");
        for (bad, total, burn) in [
            (1, 1000, 1.0),
            (144, 10_000, 14.4),
            (0, 5, 0.0),
            (7, 7, 1000.0),
        ] {
            let got = burn_rate(Ratio::new(bad, total), three_nines).expect("events");
            assert!(close(got, burn), "{bad}/{total}: {got}");
        }
        assert_eq!(burn_rate(Ratio::default(), three_nines), None);
    }

    #[test]
    fn a_budget_is_breached_only_when_more_than_all_of_it_is_spent() {
        let three_nines = Objective::new(0.999).expect("an objective");
        for (bad, total, state) in [
            (0, 0, BudgetState::NoData),
            (0, 1000, BudgetState::Ok),
            (1, 1000, BudgetState::Ok),
            (2, 1000, BudgetState::Breach),
        ] {
            let budget = ErrorBudget::of(Ratio::new(bad, total), three_nines);
            assert_eq!(ErrorBudget::state(budget), state, "{bad}/{total}");
        }
        let budget = ErrorBudget::of(Ratio::new(3, 4000), three_nines).expect("events");
        assert!(close(budget.allowed, 4.0) && close(budget.consumed, 0.75));
        assert!(close(budget.remaining, 0.25));
    }

    proptest! {
        #[test]
        fn what_is_spent_and_what_is_left_make_the_whole(
            bad in 0..10_000_u64, good in 0..1_000_000_u64, objective in objective(),
        ) {
            prop_assume!(bad + good > 0);
            let budget = ErrorBudget::of(Ratio::new(bad, bad + good), objective).expect("events");
            prop_assert!(close(budget.consumed + budget.remaining, 1.0));
            prop_assert!(close(budget.consumed * budget.allowed, bad as f64));
        }

        #[test]
        fn the_parts_of_a_window_spend_what_the_window_spends(
            parts in prop::collection::vec((0..500_u64, 0..50_000_u64), 1..20), objective in objective(),
        ) {
            let ratios: Vec<_> = parts.iter().map(|&(bad, good)| Ratio::new(bad, bad + good)).collect();
            let whole: Ratio = ratios.iter().copied().sum();
            prop_assume!(!whole.is_empty());
            let budget = ErrorBudget::of(whole, objective).expect("events");
            let by_parts: f64 = ratios.iter().map(|part| part.bad as f64 / budget.allowed).sum();
            prop_assert!(close(by_parts, budget.consumed));
        }

        #[test]
        fn one_more_bad_event_never_burns_less(
            bad in 0..1000_u64, good in 1..1000_u64, objective in objective(),
        ) {
            let before = burn_rate(Ratio::new(bad, bad + good), objective);
            prop_assert!(burn_rate(Ratio::new(bad + 1, bad + good), objective) > before);
            prop_assert!(burn_rate(Ratio::new(bad, bad + good + 1), objective) <= before);
        }

        #[test]
        fn a_stricter_objective_burns_faster(bad in 1..1000_u64, good in 0..1000_u64, a in objective(), b in objective()) {
            prop_assume!(b.share() - a.share() > 1e-6);
            let ratio = Ratio::new(bad, bad + good);
            prop_assert!(burn_rate(ratio, b) > burn_rate(ratio, a));
        }
    }
}
