//! How long to wait before the next try.

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};

/// Pauses that double up to the longest. Each is drawn between half and the whole of its bound, so
/// that many who failed together do not come back at the same moment.
#[derive(Debug)]
pub struct Backoff {
    shape: ExponentialBuilder,
    pauses: ExponentialBackoff,
    longest: Duration,
}

impl Backoff {
    /// Pauses from `first` to `longest`.
    #[must_use]
    pub fn new(first: Duration, longest: Duration) -> Self {
        // The library adds up to the whole of a pause to it: half of the bound is what it starts with.
        let shape = ExponentialBuilder::new()
            .with_min_delay(first / 2)
            .with_max_delay(longest.max(first) / 2)
            .without_max_times()
            .with_jitter();
        Self {
            pauses: shape.build(),
            shape,
            longest,
        }
    }

    /// The next pause.
    pub fn pause(&mut self) -> Duration {
        self.pauses.next().unwrap_or(self.longest)
    }

    /// It went well: the next pause is the first again.
    pub fn reset(&mut self) {
        self.pauses = self.shape.build();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_begin_anew() {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(4));
        for bounds in [[1.0, 2.0, 4.0, 4.0, 4.0], [1.0, 2.0, 4.0, 4.0, 4.0]] {
            for bound in bounds {
                let pause = backoff.pause().as_secs_f64();
                assert!(pause >= bound / 2.0 && pause <= bound, "{pause} of {bound}");
            }
            backoff.reset();
        }
    }

    #[test]
    fn it_never_stops_pausing() {
        let mut backoff = Backoff::new(Duration::from_millis(1), Duration::from_millis(8));
        assert!((0..10_000).all(|_| backoff.pause() >= Duration::from_micros(500)));
    }
}
