//! Compacts rollups, evaluates objectives at the watermark, and runs the alert state machine.
//!
//! **Promises.** Every round reads how far the loader has come, evaluates each objective where the store is
//! complete, takes every alert one step, writes down what changed, and only then notifies. When the
//! store is too far behind, SLO alerts freeze and `corswatch_pipeline_lagging` fires instead. One
//! aggregator leads, by a lease in the store; the others stand by.
//!
//! Rollups are kept by the minute: the shortest window of a rule is one minute, and a window begins
//! at the minute (from one day on at the hour) before its exact beginning.
//!
//! ```
//! use aggregator::{Config, SloConfig, objectives, openslo};
//! use settings::Span;
//! use slo::Sli;
//!
//! // An objective as the configuration has it, resolved with the defaults of its SLI.
//! let slos = [SloConfig::of("shop", Sli::BlockRate)];
//! let resolved = objectives((&slos, &[]), &[], &Config::default(), Span::secs(14_400));
//! assert_eq!(resolved.len(), 1);
//! // The same objective for other tools, and back.
//! let exported = openslo::export((&slos, &[]), &Config::default());
//! let imported = openslo::import(&exported.yaml, None)?;
//! assert_eq!((imported.slos.len(), imported.problems.len()), (1, 0));
//! # Ok::<(), openslo::YamlError>(())
//! ```
//!
//! **Never.** It evaluates nothing beyond the watermark, takes missing data for health, or sends a notification by
//! itself: delivery is the crate `alert`.
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
mod flow_config;
mod incidents;
mod metrics;
mod notices;
mod numbers;
mod objective;
pub mod openslo;
mod parts;
mod pipeline;
pub mod prometheus;
mod promises;
mod records;
mod refusals;
mod segments;
mod self_test;
mod sighted;
mod sightings;
mod slices;
mod slo_config;
mod slo_dimensions;
mod source;
mod words;

pub use aggregator::Aggregator;
pub use backtest::{Backtest, Firing, History, Replayed, Report, SloSummary, Step, Support};
pub use board::{Board, Condition, RuleStatus, SloStatus};
pub use config::Config;
pub use error::AggregatorError;
pub(crate) use evaluator::Reading;
pub use flow_config::FlowConfig;
pub use objective::{Slo, objectives};
pub use parts::{LogShape, Parts};
pub use promises::problems;
pub use records::Records;
pub use refusals::EdgeCounts;
pub use slo_config::{GroupBy, RuleConfig, SloConfig};
pub use source::{AlertStore, Engine, Evidence, Grouped, Source};
