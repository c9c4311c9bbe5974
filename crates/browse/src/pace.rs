//! How often targets are asked.
//!
//! Every message counts, not every replay: a replay is a preflight, the request, the same at redirects
//! and at other addresses. It counts twice: by the server's origin in its one spelling, and by the
//! address that was connected to, because the names below a wildcard may all lead to one machine.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use web::Origin;

/// Servers and addresses that are remembered.
const MAX_BUCKETS: usize = 10_000;
/// A target that was left alone may be asked so often in a row.
const BURST: u32 = 20;
/// A replay that has begun is finished: so many messages it may be ahead of its rate. The walk of one
/// request along the longest chain of redirects takes no more (Fetch, "HTTP-redirect fetch": 20, each
/// with a preflight).
const MAX_OVERDRAFT: u32 = 45;

/// What is counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Counted {
    Server(String),
    Address(SocketAddr),
}

/// The messages that targets may get.
#[derive(Debug)]
pub struct Pace {
    per_second: f64,
    burst: f64,
    buckets: Mutex<HashMap<Counted, Bucket>>,
}

/// A bucket of tokens: one token is one message.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

impl Pace {
    /// Every server and every address gets so many messages a minute.
    #[must_use]
    pub fn new(per_minute: u32) -> Self {
        Self {
            per_second: f64::from(per_minute) / 60.0,
            burst: f64::from(per_minute.min(BURST)),
            buckets: Mutex::default(),
        }
    }

    /// How long a replay that asks `origin` first has to wait; nothing where it may begin.
    #[must_use]
    pub fn wait_for_server(&self, origin: &str, now: Instant) -> Option<Duration> {
        self.wait(&server(origin), now)
    }

    /// How long a replay that connects to `address` first has to wait; nothing where it may begin.
    #[must_use]
    pub fn wait_for_address(&self, address: SocketAddr, now: Instant) -> Option<Duration> {
        self.wait(&Counted::Address(address), now)
    }

    fn wait(&self, counted: &Counted, now: Instant) -> Option<Duration> {
        let bucket = *self.buckets().get(counted)?;
        self.until(self.refilled(bucket, now), 1.0)
    }

    /// Counts a message that is about to be sent to `origin` at `address`. Where one of both is too
    /// far ahead of its rate, nothing is counted.
    ///
    /// # Errors
    /// How long to wait.
    pub fn count(&self, origin: &str, address: SocketAddr, now: Instant) -> Result<(), Duration> {
        let counted = [server(origin), Counted::Address(address)];
        let mut buckets = self.buckets();
        if buckets.len() + counted.len() > MAX_BUCKETS {
            // A full bucket says nothing that a new one does not.
            buckets.retain(|_, bucket| self.refilled(*bucket, now) < self.burst);
        }
        let full = Bucket {
            tokens: self.burst,
            at: now,
        };
        let found = counted.each_ref().map(|counted| {
            let bucket = buckets.get(counted).copied().unwrap_or(full);
            self.refilled(bucket, now)
        });
        let lowest = 1.0 - f64::from(MAX_OVERDRAFT);
        let waits = found.map(|tokens| self.until(tokens, lowest));
        if let Some(wait) = waits.into_iter().flatten().max() {
            return Err(wait);
        }
        if buckets.len() + counted.len() > MAX_BUCKETS {
            return Err(Duration::from_secs_f64(1.0 / self.per_second));
        }
        for (counted, tokens) in counted.into_iter().zip(found) {
            let tokens = tokens - 1.0;
            buckets.insert(counted, Bucket { tokens, at: now });
        }
        Ok(())
    }

    fn refilled(&self, bucket: Bucket, now: Instant) -> f64 {
        let passed = now.saturating_duration_since(bucket.at).as_secs_f64();
        (bucket.tokens + passed * self.per_second).min(self.burst)
    }

    /// How long it takes until there are `wanted` tokens; nothing where there are.
    fn until(&self, tokens: f64, wanted: f64) -> Option<Duration> {
        // What is missing by no more than a rounding error is there.
        let missing = wanted - tokens;
        (missing > 1e-6).then(|| Duration::from_secs_f64(missing / self.per_second))
    }

    fn buckets(&self) -> MutexGuard<'_, HashMap<Counted, Bucket>> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn server(origin: &str) -> Counted {
    Counted::Server(Origin::server_of(origin).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(port: u16) -> SocketAddr {
        ([192, 0, 2, 1], port).into()
    }

    /// How many messages are let pass in a row.
    fn sent(pace: &Pace, origins: &[String], address: SocketAddr, now: Instant) -> u32 {
        let mut sent = 0;
        for origin in origins.iter().cycle() {
            let waits = pace.wait_for_server(origin, now).is_some()
                || pace.wait_for_address(address, now).is_some();
            if waits || pace.count(origin, address, now).is_err() {
                return sent;
            }
            sent += 1;
        }
        sent
    }

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn all_spellings_of_a_server_have_one_rate() {
        let (pace, now) = (Pace::new(60), Instant::now());
        let spellings = texts(&[
            "http://127.0.0.1:81",
            "http://127.1:81",
            "http://0x7f000001:81",
            "http://2130706433:81",
            "http://127.0.0.1.:81",
        ]);
        for (n, spelling) in spellings.iter().enumerate() {
            let port = u16::try_from(n).expect("a few");
            for _ in 0..4 {
                assert!(pace.count(spelling, address(port), now).is_ok());
            }
        }
        for spelling in &spellings {
            let wait = pace.wait_for_server(spelling, now);
            assert_eq!(wait, Some(Duration::from_secs(1)), "{spelling}");
        }
        assert_eq!(pace.wait_for_server("http://127.0.0.1:82", now), None);
    }

    #[test]
    fn all_names_of_an_address_have_one_rate() {
        let (pace, now) = (Pace::new(60), Instant::now());
        let names: Vec<String> = (0..90).map(|n| format!("https://n{n}.shop.test")).collect();
        assert_eq!(sent(&pace, &names, address(443), now), BURST);
        let later = now + Duration::from_secs(7);
        assert_eq!(sent(&pace, &names, address(443), later), 7);
        assert_eq!(sent(&pace, &names, address(444), later), BURST);
        let rested = later + Duration::from_secs(600);
        assert_eq!(sent(&pace, &names, address(443), rested), BURST);
    }

    #[test]
    fn a_replay_that_has_begun_is_finished_and_paid_for_before_the_next_begins() {
        let (pace, now) = (Pace::new(1), Instant::now());
        let (origin, address) = ("https://api.test", address(443));
        for n in 0..=MAX_OVERDRAFT {
            assert_eq!(pace.count(origin, address, now), Ok(()), "{n}");
        }
        let minute = Duration::from_secs(60);
        assert_eq!(pace.count(origin, address, now), Err(minute));
        // One that waits does not count.
        assert_eq!(pace.count(origin, address, now), Err(minute));
        let paid = minute * (MAX_OVERDRAFT + 1);
        assert_eq!(pace.wait_for_server(origin, now), Some(paid));
        assert_eq!(pace.wait_for_server(origin, now + paid), None);
    }

    #[test]
    fn what_is_remembered_has_an_end() {
        let (pace, now) = (Pace::new(60), Instant::now());
        let one = |n: usize| {
            let port = u16::try_from(n).expect("few enough");
            pace.count(&format!("https://{n}.test"), address(port), now)
        };
        let taken = (0..MAX_BUCKETS).filter(|n| one(*n).is_ok()).count();
        assert_eq!(taken, MAX_BUCKETS / 2);
        let later = now + Duration::from_secs(60);
        assert_eq!(pace.count("https://new.test", address(1), later), Ok(()));
    }
}
