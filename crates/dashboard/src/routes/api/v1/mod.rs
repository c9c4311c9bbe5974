//! `/api/v1`.

pub(crate) mod alerts;
pub(crate) mod apps;
pub(crate) mod backtest;
pub(crate) mod breakdown;
pub(crate) mod comparison;
pub(crate) mod deliveries;
pub(crate) mod deploys;
pub(crate) mod diagnoses;
pub(crate) mod difference;
pub(crate) mod endpoints;
pub(crate) mod failures;
pub(crate) mod gate;
pub(crate) mod hooks;
pub(crate) mod incidents;
pub(crate) mod inventory;
pub(crate) mod ledger;
pub(crate) mod maintenance;
pub(crate) mod preflights;
pub(crate) mod report;
pub(crate) mod series;
pub(crate) mod shapes;
pub(crate) mod silences;
pub(crate) mod sli;
pub(crate) mod slos;
pub(crate) mod stream;
