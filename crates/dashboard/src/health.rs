//! How the parts of a process are, for probes and people.

use std::sync::Arc;

use async_trait::async_trait;
use runtime::{Clock, Metrics as Registry};
use serde::Serialize;
use settings::Span;
use store::AlertPhase;
use utoipa::ToSchema;

use crate::queries::Queries;
use crate::view::alert::Alert;
use crate::watermark::Watermark;

/// How a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// It works.
    Ready,
    /// It works, behind or impaired: numbers may be late.
    Degraded,
    /// It does not work.
    Down,
}

/// What a part says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PartReport {
    /// Its name: `store`, `journal`, `loader`, ...
    pub part: String,
    /// How it is.
    pub condition: Condition,
    /// What is wrong and what to look at; empty where nothing is, and for who sends no token where there are any.
    pub detail: String,
}

/// A part that can say how it is. Must answer at once: no I/O without a bound of its own.
#[async_trait]
pub trait Part: Send + Sync {
    /// How it is now.
    async fn report(&self) -> PartReport;
}

/// What a process can say of itself: its parts and its metrics.
#[derive(Clone)]
pub struct Health {
    /// Parts of this process that say how they are.
    pub parts: Vec<Arc<dyn Part>>,
    /// The process's metrics.
    pub metrics: Registry,
    /// The time.
    pub clock: Clock,
}

impl std::fmt::Debug for Health {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Health").finish_non_exhaustive()
    }
}

/// The answer of `/readyz`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Readiness {
    /// The worst condition of any part.
    pub(crate) condition: Condition,
    /// Every part, the worst first.
    parts: Vec<PartReport>,
}

impl Readiness {
    /// Which parts work, and nothing of why.
    pub(crate) fn without_details(mut self) -> Self {
        for part in &mut self.parts {
            part.detail.clear();
        }
        self
    }
}

impl Health {
    /// Asks every part.
    pub(crate) async fn readiness(&self) -> Readiness {
        let reports = self.parts.iter().map(|part| part.report());
        let mut parts = futures::future::join_all(reports).await;
        parts.sort_by_key(|part| std::cmp::Reverse(part.condition));
        let condition = parts
            .first()
            .map_or(Condition::Ready, |part| part.condition);
        Readiness { condition, parts }
    }
}

/// Whether the store answers.
pub struct StorePart(Arc<dyn Queries>);

impl std::fmt::Debug for StorePart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StorePart")
    }
}

impl StorePart {
    /// Asks through `queries`.
    #[must_use]
    pub fn new(queries: Arc<dyn Queries>) -> Self {
        Self(queries)
    }
}

#[async_trait]
impl Part for StorePart {
    /// The query reads a table that exists once the database is migrated.
    async fn report(&self) -> PartReport {
        let (condition, detail) = match self.0.progress().await {
            Ok(_) => (Condition::Ready, String::new()),
            Err(error) => (Condition::Down, error.to_string()),
        };
        PartReport {
            part: "store".into(),
            condition,
            detail,
        }
    }
}

/// Whether the edge takes what arrives, as the alerts about it say.
pub(crate) struct EdgePart(pub(crate) Arc<dyn Queries>);

#[async_trait]
impl Part for EdgePart {
    /// Says nothing of a store that does not answer: that is another part.
    async fn report(&self) -> PartReport {
        let rows = self.0.alerts().await.unwrap_or_default();
        let firing = rows
            .into_iter()
            .filter(|row| row.slo == alert::OF_EDGE && row.state == AlertPhase::Firing)
            .map(|row| Alert::of(row, &alert::Owners::default()));
        let texts: Vec<String> = firing
            .flat_map(|alert| [alert.summary, alert.description])
            .flatten()
            .collect();
        PartReport {
            part: "edge".into(),
            condition: match texts.is_empty() {
                true => Condition::Ready,
                false => Condition::Degraded,
            },
            detail: texts.join(" "),
        }
    }
}

/// How old the numbers are.
pub struct WatermarkPart {
    watermark: Watermark,
    clock: Clock,
    lagging_after: Span,
}

impl std::fmt::Debug for WatermarkPart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WatermarkPart")
    }
}

impl WatermarkPart {
    /// Numbers older than `lagging_after` are late.
    #[must_use]
    pub fn new(watermark: Watermark, clock: Clock, lagging_after: Span) -> Self {
        Self {
            watermark,
            clock,
            lagging_after,
        }
    }
}

#[async_trait]
impl Part for WatermarkPart {
    /// Says nothing of a store that does not answer: that is another part.
    async fn report(&self) -> PartReport {
        let watermark = self.watermark.read().await.ok().flatten();
        let age = watermark.map_or(0, |at| self.clock.now().0 - at.0);
        let (condition, detail) = if age > self.lagging_after.as_millis() {
            let detail = format!(
                "the watermark is {} s old: beacons wait in the log; look at the loader",
                age / 1000
            );
            (Condition::Degraded, detail)
        } else {
            (Condition::Ready, String::new())
        };
        PartReport {
            part: "watermark".into(),
            condition,
            detail,
        }
    }
}
