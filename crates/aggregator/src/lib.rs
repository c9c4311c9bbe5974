//! Compacts rollups, evaluates objectives at the watermark, and runs the alert state machine.
//!
//! Every round reads how far the loader has come, evaluates each objective where the store is
//! complete, takes every alert one step, writes down what changed, and only then says it. When the
//! store is too far behind, SLO alerts freeze and `corswatch_pipeline_lagging` fires instead. One
//! aggregator leads, by a lease in the store; the others stand by.
//!
//! Rollups are kept by the minute: the shortest window of a rule is one minute, and a window begins
//! at the minute (from one day on at the hour) before its exact beginning.
#![forbid(unsafe_code)]

mod aggregator;
mod alert_registry;
mod alive;
mod attributes;
mod backtest;
mod board;
mod compaction;
mod config;
mod decide;
mod error;
mod evaluation;
mod evaluator;
mod incidents;
mod metrics;
mod notices;
mod numbers;
mod objective;
pub mod openslo;
mod parts;
mod pipeline;
mod records;
mod refusals;
mod segments;
mod sightings;
mod slices;
mod slo_config;
mod source;
mod words;

pub use aggregator::Aggregator;
pub use backtest::{Backtest, Firing, History, Replayed, Report, SloSummary, Step, Support};
pub use board::{Board, Condition, RuleStatus, SloStatus};
pub use config::Config;
pub use error::AggregatorError;
pub use evaluator::{Evaluator, Reading};
pub use objective::{Slo, objectives};
pub use parts::{LogShape, Parts};
pub use records::Records;
pub use refusals::EdgeCounts;
pub use slo_config::{GroupBy, RuleConfig, SloConfig, problems};
pub use source::{AlertStore, Engine, Evidence, Grouped, Source};
