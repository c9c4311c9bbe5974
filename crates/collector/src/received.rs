//! A beacon's request in progress.

use std::sync::Arc;

use crate::admission::Held;
use crate::edge::Edge;
use crate::outcome::{Outcome, Shed};

/// A beacon's request in progress: counted as received when it starts, and as exactly one outcome when
/// it ends, whichever way it ends.
#[derive(Debug)]
pub(crate) struct Received {
    edge: Arc<Edge>,
    pub(crate) held: Held,
    settled: bool,
}

impl Received {
    pub(crate) fn new(edge: Arc<Edge>) -> Self {
        edge.metrics.received.inc();
        Self {
            edge,
            held: Held::default(),
            settled: false,
        }
    }

    /// Counts the outcome.
    pub(crate) fn settle(mut self, outcome: &Outcome) {
        self.settled = true;
        self.edge.metrics.settle(outcome);
    }
}

impl Drop for Received {
    fn drop(&mut self) {
        self.held.free(&self.edge.in_flight);
        if !self.settled {
            let panicked = std::thread::panicking();
            let shed = if panicked {
                Shed::Panicked
            } else {
                Shed::Disconnected
            };
            self.edge.metrics.settle(&Outcome::Shed(shed));
        }
    }
}
