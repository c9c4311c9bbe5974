//! What is remembered of alerts that fire, for as long as the process runs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use crate::AlertId;

/// Alerts that are remembered as told or silenced.
const REMEMBERED: usize = 10_000;

/// Who was told that an alert fires: they are told when it is over, whatever routes and silences say by then.
/// Cheap to clone; given to the next [`crate::Dispatcher`] when routes or receivers change.
#[derive(Debug, Clone, Default)]
pub struct Notified(Arc<Mutex<Memory>>);

#[derive(Debug, Default)]
struct Memory {
    /// Names of receivers, with their peer where they have several.
    notified: BTreeMap<AlertId, BTreeSet<String>>,
    /// The last notification that a silence held back.
    silenced: BTreeMap<AlertId, String>,
}

impl Notified {
    fn memory(&self) -> std::sync::MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn receivers(&self, alert: &AlertId) -> BTreeSet<String> {
        self.memory()
            .notified
            .get(alert)
            .cloned()
            .unwrap_or_default()
    }

    pub(crate) fn note<'a>(&self, alert: &AlertId, receivers: impl Iterator<Item = &'a str>) {
        let notified = &mut self.memory().notified;
        if notified.len() >= REMEMBERED {
            notified.pop_first();
        }
        let known = notified.entry(alert.clone()).or_default();
        known.extend(receivers.map(str::to_owned));
    }

    pub(crate) fn forget(&self, alert: &AlertId) {
        let mut memory = self.memory();
        memory.notified.remove(alert);
        memory.silenced.remove(alert);
    }

    /// Whether this notification is not the last that a silence held back.
    pub(crate) fn is_newly_silenced(&self, alert: &AlertId, message: String) -> bool {
        let silenced = &mut self.memory().silenced;
        if silenced.get(alert) == Some(&message) {
            return false;
        }
        if silenced.len() >= REMEMBERED {
            silenced.pop_first();
        }
        silenced.insert(alert.clone(), message);
        true
    }
}
