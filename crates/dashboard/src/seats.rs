//! How many streams are open, in all and for each token.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use prometheus_client::metrics::gauge::Gauge;
use runtime::Metrics as Registry;

use crate::problem::{Code, Problem};

/// The places for streams. A stream holds a [`Seat`] as long as it is open.
#[derive(Debug)]
pub(crate) struct Seats {
    taken: Mutex<HashMap<String, usize>>,
    most: usize,
    most_per_token: usize,
    open: Gauge,
}

/// One open stream.
#[derive(Debug)]
pub(crate) struct Seat {
    seats: Arc<Seats>,
    name: String,
}

impl Seats {
    pub(crate) fn new(most: usize, most_per_token: usize, registry: &Registry) -> Self {
        let open = Gauge::default();
        registry.register("dashboard", |registry| {
            registry.register("streams", "Live streams open now", open.clone());
        });
        Self {
            taken: Mutex::default(),
            most,
            most_per_token,
            open,
        }
    }

    /// A place for a stream of the token `name`.
    pub(crate) fn take(self: &Arc<Self>, name: &str) -> Result<Seat, Problem> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let full = if taken.values().sum::<usize>() >= self.most {
            Some("dashboard.max_streams")
        } else if taken.get(name).copied().unwrap_or(0) >= self.most_per_token {
            Some("dashboard.max_streams_per_token")
        } else {
            None
        };
        if let Some(setting) = full {
            let detail = format!(
                "as many streams are open as `{setting}` permits; close one, or ask `/api/v1/series` from time to time"
            );
            return Err(Problem::new(Code::Overloaded, detail));
        }
        *taken.entry(name.to_owned()).or_default() += 1;
        self.open.inc();
        Ok(Seat {
            seats: Arc::clone(self),
            name: name.to_owned(),
        })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let seats = &self.seats;
        let mut taken = seats.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.name) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.name);
            }
        }
        seats.open.dec();
    }
}
