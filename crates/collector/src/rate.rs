//! Rates, without locks and in a fixed amount of memory.
//!
//! Both tables run the generic cell rate algorithm: one number per sender says when it would be
//! back to a full allowance ("theoretical arrival time"); a request moves it on by one interval and
//! is admitted while it lies less than a burst ahead.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use intake::ArrivalTable;

/// Ticks a second. A tick is short enough for 10,000 requests a second of one client.
const TICKS: u64 = 100_000;
const NANOS_PER_TICK: u128 = 1_000_000_000 / TICKS as u128;

/// How much is admitted.
#[derive(Debug, Clone, Copy)]
struct Allowance {
    interval: u64,
    burst: u64,
}

impl Allowance {
    fn new(per_second: u32, burst: u32) -> Self {
        let interval = (TICKS / u64::from(per_second.max(1))).max(1);
        Self {
            interval,
            burst: interval * u64::from(burst.max(1)),
        }
    }

    /// The next theoretical arrival time, or nothing where the request is one too many.
    fn admit(self, theoretical: u64, now: u64) -> Option<u64> {
        let next = theoretical.max(now) + self.interval;
        (next <= now + self.burst).then_some(next)
    }

    /// Whether anything is left.
    const fn has_left(self, theoretical: u64, now: u64) -> bool {
        theoretical < now + self.burst
    }

    /// The next theoretical arrival time after `amount`, also where that is more than was left.
    fn charge(self, theoretical: u64, now: u64, amount: u64) -> u64 {
        let cost = self.interval.saturating_mul(amount);
        // A debt is paid back within a burst's time, whatever was charged together.
        theoretical
            .max(now)
            .saturating_add(cost)
            .min(now + 2 * self.burst)
    }
}

/// Bytes are counted in units of this many, rounded up.
const BYTES_PER_UNIT: usize = 1024;

fn units(bytes: usize) -> u64 {
    bytes.div_ceil(BYTES_PER_UNIT) as u64
}

/// Units of a number of bytes a second.
pub(crate) fn units_per_second(size: settings::Size) -> u32 {
    u32::try_from(units(size.as_usize())).unwrap_or(u32::MAX)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "5 million years of uptime fit"
)]
const fn ticks(uptime: Duration) -> u64 {
    (uptime.as_nanos() / NANOS_PER_TICK) as u64
}

/// One rate for each key, each with a burst of a second.
#[derive(Debug)]
pub(crate) struct KeyRates(Box<[(Rate, AtomicU64)]>);

/// Quotas reach beyond a tick's precision: keys count in nanoseconds.
#[derive(Debug, Clone, Copy)]
struct Rate {
    interval_nanos: u64,
}

const NANOS_PER_SECOND: u64 = 1_000_000_000;

impl KeyRates {
    /// Rates of keys by number, per second.
    pub(crate) fn new(quotas: impl IntoIterator<Item = u32>) -> Self {
        let rate = |quota: u32| Rate {
            interval_nanos: NANOS_PER_SECOND / u64::from(quota.max(1)),
        };
        let all = quotas
            .into_iter()
            .map(|quota| (rate(quota), AtomicU64::new(0)));
        Self(all.collect())
    }

    /// Whether one more request of the key is within its quota.
    pub(crate) fn admits(&self, key: usize, uptime: Duration) -> bool {
        let Some((rate, state)) = self.0.get(key) else {
            return false;
        };
        let (allowance, now) = (rate.allowance(), nanos(uptime));
        state
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |theoretical| {
                allowance.admit(theoretical, now)
            })
            .is_ok()
    }

    /// Whether anything is left of the key's bytes.
    pub(crate) fn has_left(&self, key: usize, uptime: Duration) -> bool {
        self.0.get(key).is_some_and(|(rate, state)| {
            let theoretical = state.load(Ordering::Relaxed);
            rate.allowance().has_left(theoretical, nanos(uptime))
        })
    }

    /// Counts bytes against the key.
    pub(crate) fn charge(&self, key: usize, bytes: usize, uptime: Duration) {
        let Some((rate, state)) = self.0.get(key) else {
            return;
        };
        let (allowance, now) = (rate.allowance(), nanos(uptime));
        // The closure always has a value.
        let _ = state.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |theoretical| {
            Some(allowance.charge(theoretical, now, units(bytes)))
        });
    }
}

impl Rate {
    fn allowance(self) -> Allowance {
        Allowance {
            interval: self.interval_nanos,
            burst: NANOS_PER_SECOND.max(self.interval_nanos),
        }
    }
}

fn nanos(uptime: Duration) -> u64 {
    u64::try_from(uptime.as_nanos()).unwrap_or(u64::MAX / 4)
}

/// One rate for each client.
#[derive(Debug)]
pub(crate) struct ClientRates {
    allowance: Allowance,
    hasher: RandomState,
    arrivals: ArrivalTable,
}

impl ClientRates {
    pub(crate) fn new(per_second: u32, burst: u32) -> Self {
        Self {
            allowance: Allowance::new(per_second, burst),
            hasher: RandomState::new(),
            arrivals: ArrivalTable::default(),
        }
    }

    /// Whether one more request of the client is within its rate.
    pub(crate) fn admits(&self, client: IpAddr, uptime: Duration) -> bool {
        let now = ArrivalTable::time(ticks(uptime));
        let client = self.hasher.hash_one(client);
        self.arrivals
            .update(client, |theoretical| self.allowance.admit(theoretical, now))
    }

    /// Whether anything is left of the client's bytes.
    pub(crate) fn has_left(&self, client: IpAddr, uptime: Duration) -> bool {
        let now = ArrivalTable::time(ticks(uptime));
        let theoretical = self.arrivals.get(self.hasher.hash_one(client));
        self.allowance.has_left(theoretical, now)
    }

    /// Counts bytes against the client.
    pub(crate) fn charge(&self, client: IpAddr, bytes: usize, uptime: Duration) {
        let now = ArrivalTable::time(ticks(uptime));
        let client = self.hasher.hash_one(client);
        self.arrivals.update(client, |theoretical| {
            Some(self.allowance.charge(theoretical, now, units(bytes)))
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn client(n: u32) -> IpAddr {
        IpAddr::V4((0x0a00_0000 + n).into())
    }

    #[test]
    fn a_client_has_its_burst_at_once_and_then_its_rate() {
        let rates = ClientRates::new(200, 1_000);
        let admitted = |at: Duration| (0..5_000).filter(|_| rates.admits(client(1), at)).count();
        assert_eq!(admitted(SECOND), 1_000);
        assert_eq!(admitted(SECOND * 2), 200);
        assert_eq!(admitted(SECOND * 3), 200);
        assert_eq!(admitted(SECOND * 60), 1_000);
        assert!(
            rates.admits(client(2), SECOND * 60),
            "another client is not concerned"
        );
    }

    #[test]
    fn a_flood_of_addresses_does_not_grow_the_table_nor_free_a_known_client() {
        let rates = ClientRates::new(1, 1_000);
        while rates.admits(client(0), SECOND) {}
        for n in 1..200_000 {
            assert!(rates.admits(client(n), SECOND), "{n}");
        }
        assert!(
            !rates.admits(client(0), SECOND),
            "it is the furthest from its allowance"
        );
    }

    #[test]
    fn bytes_are_counted_also_past_the_allowance_and_paid_back_within_twice_the_burst() {
        const MIB: usize = 1 << 20;
        // 1 MiB a second, 4 MiB together.
        let rates = ClientRates::new(1024, 4096);
        let keys = KeyRates::new([4096]);
        let sent = |at: Duration| {
            (0..100)
                .take_while(|_| rates.has_left(client(1), at) && keys.has_left(0, at))
                .map(|_| {
                    rates.charge(client(1), MIB, at);
                    keys.charge(0, MIB, at);
                })
                .count()
        };
        assert!((4..=5).contains(&sent(SECOND)), "the burst, and a debt");
        assert_eq!(sent(SECOND), 0, "nothing is left");
        let later = sent(SECOND * 3);
        assert!((2..=3).contains(&later), "two seconds, and a debt: {later}");
        assert!(
            rates.has_left(client(2), SECOND),
            "another is not concerned"
        );
        rates.charge(client(3), 1000 * MIB, SECOND);
        assert!(!rates.has_left(client(3), SECOND * 4), "a debt");
        assert!(rates.has_left(client(3), SECOND * 10), "that ends");
    }

    #[test]
    fn a_key_has_its_quota_a_second() {
        let rates = KeyRates::new([5_000, 1]);
        let admitted =
            |key: usize, at: Duration| (0..20_000).filter(|_| rates.admits(key, at)).count();
        assert_eq!(admitted(0, SECOND), 5_000);
        assert_eq!(admitted(0, SECOND), 0);
        assert_eq!(admitted(0, SECOND + SECOND / 2), 2_500);
        assert_eq!(admitted(1, SECOND), 1);
        assert_eq!(admitted(2, SECOND), 0, "no such key");
    }
}
