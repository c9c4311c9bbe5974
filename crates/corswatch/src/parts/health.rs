//! Health and metrics of a role without web UI.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use dashboard::{
    Condition, Part, PartReport, Queries, StorePart, Stored, Watermark, WatermarkPart,
};
use runtime::Tasks;
use store::Store;

use super::{Context, Socket, task_error};
use crate::config::Config;
use crate::exit::Failure;

const DRAIN: Duration = Duration::from_secs(15);

/// The bound socket of a role's health.
pub(crate) struct HealthSide {
    pub(crate) socket: Socket,
}

impl HealthSide {
    /// Opens the socket of the role whose address is in `setting`.
    pub(crate) async fn bind(
        config: &Config,
        setting: &'static str,
        address: SocketAddr,
    ) -> Result<Self, Failure> {
        let socket = Socket::bind("the health of this role", setting, address).await?;
        let socket = socket.guarded_as(config);
        Ok(Self { socket })
    }

    /// Spawns the endpoint. Spawned last, it answers while what was spawned before it drains.
    pub(crate) fn spawn(
        self,
        config: &Config,
        ground: &Context,
        parts: Vec<Arc<dyn Part>>,
        tasks: &mut Tasks,
    ) {
        let health = ground.health(parts);
        let (settings, listener) = (config.dashboard.clone(), self.socket.listener);
        tasks.spawn("health", DRAIN, |stop| async move {
            dashboard::serve_health(settings, health, listener, stop)
                .await
                .map_err(task_error)
        });
    }
}

/// The parts of a role that lives of the store.
pub(crate) fn store_parts(config: &Config, ground: &Context, store: &Store) -> Vec<Arc<dyn Part>> {
    let queries: Arc<dyn Queries> = Arc::new(Stored::new(store.clone()));
    let (clock, partitions) = (ground.clock.clone(), config.journal.partitions());
    let watermark = Watermark::new(Arc::clone(&queries), partitions, clock.clone());
    let late = config.dashboard.lagging_after;
    vec![
        Arc::new(StorePart::new(queries)),
        Arc::new(WatermarkPart::new(watermark, clock, late)),
    ]
}

/// Tells how the aggregator is.
pub(crate) struct BoardPart(pub(crate) tokio::sync::watch::Receiver<Arc<aggregator::Board>>);

#[async_trait]
impl Part for BoardPart {
    /// Who stands by, or has not finished its first round, is as it should be.
    async fn report(&self) -> PartReport {
        let board = Arc::clone(&self.0.borrow());
        let condition = match board.condition {
            aggregator::Condition::Starting
            | aggregator::Condition::Leading
            | aggregator::Condition::Standby => Condition::Ready,
            aggregator::Condition::Frozen => Condition::Degraded,
            aggregator::Condition::Unreachable => Condition::Down,
        };
        let detail = match board.condition {
            aggregator::Condition::Frozen => format!(
                "SLO alerts are frozen: the watermark is {} s behind; look at the loader. {}",
                board.lag / 1000,
                board.problem
            ),
            _ => board.problem.clone(),
        };
        PartReport {
            part: "aggregator".to_owned(),
            condition,
            detail: detail.trim_end().to_owned(),
        }
    }
}
