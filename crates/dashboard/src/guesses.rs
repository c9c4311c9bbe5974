//! Guessing at tokens is slowed down: an address that sent too many wrong ones is not listened to for a
//! while, whatever it sends. Decided before a token is looked at, so that nothing is learnt meanwhile.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use prometheus_client::metrics::counter::Counter;
use runtime::Metrics as Registry;
use tokio::time::Instant;

use crate::problem::{Code, Problem};

/// Networks that are remembered; beyond, all others share one budget.
const MAX_NETWORKS: usize = 10_000;

/// How many wrong tokens came from where.
#[derive(Debug)]
pub(crate) struct Guesses {
    per_minute: f64,
    budgets: Mutex<HashMap<IpAddr, Budget>>,
    wrong: Counter,
}

#[derive(Debug, Clone, Copy)]
struct Budget {
    left: f64,
    at: Instant,
}

impl Guesses {
    /// `per_minute` wrong tokens of one client are listened to; with 0 all are.
    pub(crate) fn new(per_minute: u32, registry: &Registry) -> Self {
        let wrong = Counter::default();
        registry.register("dashboard", |registry| {
            let help = "Tokens that are not known, or have expired";
            registry.register("wrong_tokens", help, wrong.clone());
        });
        Self {
            per_minute: f64::from(per_minute),
            budgets: Mutex::default(),
            wrong,
        }
    }

    /// Whether a token of `client` is looked at.
    pub(crate) fn listens(&self, client: IpAddr, now: Instant) -> Result<(), Problem> {
        let budgets = self.budgets.lock().unwrap_or_else(PoisonError::into_inner);
        let budget = budgets.get(&counted_as(client, &budgets));
        let left = budget.map_or(self.per_minute, |budget| self.refilled(*budget, now));
        if self.per_minute == 0.0 || left >= 1.0 {
            return Ok(());
        }
        let detail = "too many wrong tokens came from this address; wait a minute \
                      (`dashboard.wrong_tokens_per_minute`)";
        Err(Problem::new(Code::TooManyGuesses, detail))
    }

    /// A token of `client` was wrong.
    pub(crate) fn wrong(&self, client: IpAddr, now: Instant) {
        self.wrong.inc();
        let mut budgets = self.budgets.lock().unwrap_or_else(PoisonError::into_inner);
        if budgets.len() >= MAX_NETWORKS {
            // A full budget says nothing that a new one does not.
            budgets.retain(|_, budget| self.refilled(*budget, now) < self.per_minute);
        }
        let client = counted_as(client, &budgets);
        let budget = budgets.get(&client).copied();
        let left = budget.map_or(self.per_minute, |budget| self.refilled(budget, now));
        let left = (left - 1.0).max(0.0);
        budgets.insert(client, Budget { left, at: now });
    }

    fn refilled(&self, budget: Budget, now: Instant) -> f64 {
        let passed = now.saturating_duration_since(budget.at).as_secs_f64();
        (budget.left + passed * self.per_minute / 60.0).min(self.per_minute)
    }
}

/// An address of version 6 stands for its /64, which one client has.
fn counted_as(client: IpAddr, budgets: &HashMap<IpAddr, Budget>) -> IpAddr {
    let network = match client.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6((u128::from(address) >> 64 << 64).into()),
    };
    let is_full = budgets.len() >= MAX_NETWORKS && !budgets.contains_key(&network);
    if is_full {
        return IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED);
    }
    network
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};
    use std::time::Duration;

    use super::*;

    fn guesses() -> Guesses {
        Guesses::new(6, &Registry::default())
    }

    #[test]
    fn who_guesses_is_not_listened_to_and_others_are_and_it_ends_by_itself() {
        let (guesses, start) = (guesses(), Instant::now());
        let own = |n: u16| IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 7, 0, 0, 0, n));
        let other = IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 8, 0, 0, 0, 1));
        for n in 0..6 {
            assert!(guesses.listens(own(n), start).is_ok(), "{n}");
            guesses.wrong(own(n), start);
        }
        assert!(guesses.listens(own(99), start).is_err(), "one network");
        assert!(guesses.listens(other, start).is_ok());
        let later = start + Duration::from_secs(10);
        assert!(guesses.listens(own(0), later).is_ok());
        guesses.wrong(own(0), later);
        assert!(guesses.listens(own(0), later).is_err());
    }

    #[test]
    fn what_is_remembered_of_guesses_has_an_end_and_beyond_it_guessing_is_slow_too() {
        let (guesses, start) = (guesses(), Instant::now());
        let of = |n: u32| IpAddr::V4(Ipv4Addr::from(n));
        for n in 1..30_000 {
            guesses.wrong(of(n), start);
        }
        let kept = guesses.budgets.lock().expect("not poisoned").len();
        assert!(kept <= MAX_NETWORKS + 1, "{kept}");
        assert!(guesses.listens(of(50_000), start).is_err());
        let later = start + Duration::from_secs(60);
        guesses.wrong(of(50_000), later);
        assert!(guesses.listens(of(50_000), later).is_ok());
    }
}
