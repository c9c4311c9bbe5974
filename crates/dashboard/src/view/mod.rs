//! The shapes of the API's answers, made from the rows and sums of the store.

pub(crate) mod alert;
pub(crate) mod deploy;
pub(crate) mod diagnosis;
pub(crate) mod difference;
pub(crate) mod failure;
pub(crate) mod inventory;
pub(crate) mod inventory_history;
pub(crate) mod ledger;
pub(crate) mod live;
pub(crate) mod preflights;
pub(crate) mod rate;
pub(crate) mod report;
pub(crate) mod scope;
pub(crate) mod shape;
pub(crate) mod single;
pub(crate) mod sli;
pub(crate) mod slo;
pub(crate) mod words;
