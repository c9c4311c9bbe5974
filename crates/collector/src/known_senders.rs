//! Who may send, and what is remembered of them: replaced as a whole when the configuration is.

use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};
use intake::{Catalog, Plausibility, Slots};

use crate::edge::Edge;
use crate::rate::{self, KeyRates};
use crate::unlisted::Unlisted;

/// Applications with their keys, services, and what is counted by their numbers.
#[derive(Debug)]
pub(crate) struct KnownSenders {
    pub(crate) catalog: Catalog,
    pub(crate) slots: Slots,
    pub(crate) plausibility: Plausibility,
    pub(crate) key_rates: KeyRates,
    /// Unpacked bytes.
    pub(crate) key_bytes: KeyRates,
    pub(crate) unlisted: Unlisted,
}

impl KnownSenders {
    pub(crate) fn of(catalog: Catalog) -> Self {
        let mut quotas = vec![0; catalog.key_count()];
        let mut quotas_of_bytes = vec![0; catalog.key_count()];
        for (key, app) in catalog.keys() {
            quotas[key] = app.quota();
            quotas_of_bytes[key] = rate::units_per_second(app.quota_bytes());
        }
        Self {
            slots: Slots::new(catalog.apps().len()),
            plausibility: Plausibility::new(catalog.apps().len()),
            key_rates: KeyRates::new(quotas),
            key_bytes: KeyRates::new(quotas_of_bytes),
            unlisted: Unlisted::default(),
            catalog,
        }
    }
}

/// The senders that are known now; a request keeps those that it began with.
#[derive(Debug)]
pub(crate) struct Senders(ArcSwap<KnownSenders>);

impl Senders {
    pub(crate) fn new(catalog: Catalog) -> Self {
        Self(ArcSwap::from_pointee(KnownSenders::of(catalog)))
    }

    pub(crate) fn now(&self) -> Guard<Arc<KnownSenders>> {
        self.0.load()
    }

    /// The same for as long as a request takes.
    pub(crate) fn held(&self) -> Arc<KnownSenders> {
        self.0.load_full()
    }
}

/// Replaces the applications, keys and services of an edge that runs.
#[derive(Debug, Clone)]
pub struct Catalogs(pub(crate) Arc<Edge>);

impl Catalogs {
    /// Requests from now on are held against `catalog`. Rates, and the texts that have places, are counted from the
    /// beginning, as after a restart.
    pub fn replace(&self, catalog: Catalog) {
        let known = KnownSenders::of(catalog);
        self.0.senders.0.store(Arc::new(known));
    }
}
