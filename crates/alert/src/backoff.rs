//! How long to wait before the next try.

use std::time::Duration;

/// Doubling pauses with full jitter: each is drawn between half and the whole of its bound, so that
/// many senders do not come back at the same moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Backoff {
    next: Duration,
    longest: Duration,
}

impl Backoff {
    pub(crate) const fn new(first: Duration, longest: Duration) -> Self {
        Self {
            next: first,
            longest,
        }
    }

    /// The next pause, at least as long as the receiver asked for.
    pub(crate) fn pause(&mut self, asked: Option<Duration>) -> Duration {
        let bound = self.next;
        self.next = (self.next * 2).min(self.longest);
        let drawn = bound.mul_f64(0.5 + jitter() / 2.0);
        drawn.max(asked.unwrap_or_default())
    }
}

/// A number in [0, 1).
fn jitter() -> f64 {
    // Without randomness the pauses are merely less spread.
    getrandom::u32().map_or(0.5, |random| {
        f64::from(random) / (f64::from(u32::MAX) + 1.0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_respect_what_was_asked() {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(4));
        for bound in [1.0, 2.0, 4.0, 4.0] {
            let pause = backoff.pause(None).as_secs_f64();
            assert!(pause >= bound / 2.0 && pause <= bound, "{pause} of {bound}");
        }
        let asked = Duration::from_secs(30);
        assert_eq!(backoff.pause(Some(asked)), asked);
    }
}
