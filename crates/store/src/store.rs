//! The writing side.

use std::sync::Arc;

use runtime::Metrics;

use crate::alone::Alone;
use crate::client::{Address, Client};
use crate::engine::{EngineAccess, EngineUser};
use crate::login::Login;
use crate::metrics::StoreMetrics;
use crate::wire::Stored;
use crate::{
    AlertRow, Batch, ClosingRow, Config, DeliveryRow, DeployRow, DiagnosisRow, IncidentRow,
    InventoryRow, PartnerLinkRow, ProgressRow, Reader, SilenceRow, SnapshotRow, StoreError,
    migration,
};

/// A connection to ClickHouse. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) client: Client,
    reader: Reader,
    pub(crate) config: Config,
    /// Where no other process writes to it.
    pub(crate) alone: Option<Arc<Alone>>,
}

impl Store {
    /// Prepares a connection to the server at [`Config::url`]; nothing is sent yet.
    ///
    /// # Errors
    /// [`StoreError::Config`] where no URL is set.
    pub fn connect(config: &Config) -> Result<Self, StoreError> {
        if config.url.is_empty() {
            return Err(StoreError::Config("the store has no `url`".to_owned()));
        }
        let writer = Login {
            user: &config.user,
            password: &config.password,
        };
        let reader = match config.reader_user.as_str() {
            "" => writer,
            user => Login {
                user,
                password: &config.reader_password,
            },
        };
        let address = Address::Server(config.url.clone());
        Ok(Self::new(config, address, writer, reader))
    }

    /// Prepares a connection to the embedded engine, whichever incarnation of it runs.
    #[must_use]
    pub fn embedded(config: &Config, engine: &EngineAccess) -> Self {
        let address = Address::Engine(engine.clone());
        Self::new(
            config,
            address,
            engine.login(EngineUser::Writer),
            engine.login(EngineUser::Reader),
        )
    }

    fn new(config: &Config, address: Address, writer: Login<'_>, reader: Login<'_>) -> Self {
        let timeout = config.insert_timeout.duration();
        let client = Client::new(address.clone(), config, writer, timeout);
        let client = match config.topology {
            crate::Topology::Single => client,
            // What is acknowledged must survive the loss of a replica, and what is read back must
            // be all that was acknowledged.
            crate::Topology::Replicated { .. } => client
                .with_setting("insert_quorum", "auto")
                .with_setting("insert_quorum_parallel", 0)
                .with_setting("select_sequential_consistency", 1)
                .with_setting("distributed_ddl_task_timeout", 60),
        };
        Self {
            client,
            reader: Reader::new(address, config, reader),
            config: config.clone(),
            alone: None,
        }
    }

    /// The same store, which no other process writes to, and this one through clones of this handle alone: what
    /// they wrote or read last is not asked for again, leases are renewed without a word to the engine, and
    /// progress is stored more seldom while nothing comes in.
    #[must_use]
    pub fn alone(self) -> Self {
        let alone = Arc::new(Alone::default());
        Self {
            reader: self.reader.alone(Arc::clone(&alone)),
            alone: Some(alone),
            ..self
        }
    }

    /// The same store, counted in the metrics of this process as `corswatch_store_..`. Once a
    /// process.
    #[must_use]
    pub fn with_metrics(self, metrics: &Metrics) -> Self {
        let counted = StoreMetrics::default();
        counted.register(metrics);
        Self {
            client: self.client.counted(&counted),
            reader: self.reader.counted(&counted),
            config: self.config,
            alone: self.alone,
        }
    }

    /// The reading side, with the read-only user and limits on every query.
    #[must_use]
    pub fn reader(&self) -> Reader {
        self.reader.clone()
    }

    /// Brings the database to the schema of this build, and its retention to the configuration.
    ///
    /// # Errors
    /// [`StoreError::Schema`] where the database is newer or its migrations differ.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        migration::migrate(&self.client, &self.config).await
    }

    /// Writes a batch: raw rows first, then what is derived from them, progress last; each step is
    /// acknowledged before the next. May be repeated in whole or in part.
    ///
    /// # Errors
    /// [`StoreError`]; see [`StoreError::is_retryable`]. Where it is [`StoreError::Rejected`], the data itself
    /// is refused: halving the batch finds the row.
    pub async fn write(&self, batch: &Batch) -> Result<(), StoreError> {
        self.write_raw(batch).await?;
        self.write_derived(batch).await
    }

    /// The first step of [`Store::write`].
    ///
    /// # Errors
    /// As there.
    pub async fn write_raw(&self, batch: &Batch) -> Result<(), StoreError> {
        self.insert(&batch.observations).await
    }

    /// All but the first step of [`Store::write`]; after it.
    ///
    /// # Errors
    /// As there.
    pub async fn write_derived(&self, batch: &Batch) -> Result<(), StoreError> {
        tokio::try_join!(
            self.insert(&batch.parts),
            self.insert(&batch.chunks),
            self.insert(&batch.dead_letters),
            self.insert(&batch.edge_reports),
        )?;
        self.save_progress(&batch.progress).await
    }

    /// Writes progress, after everything that it is about.
    async fn save_progress(&self, progress: &[ProgressRow]) -> Result<(), StoreError> {
        let Some(alone) = &self.alone else {
            return self.insert(progress).await;
        };
        let stored = alone.to_store(progress);
        self.insert(&stored).await?;
        alone.take_in(progress, &stored);
        Ok(())
    }

    /// The latest progress of every partition of every epoch.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn progress(&self) -> Result<Vec<ProgressRow>, StoreError> {
        crate::reader::progress(&self.client, self.alone.as_deref()).await
    }

    /// Writes the state of alerts.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn save_alerts(&self, alerts: &[AlertRow]) -> Result<(), StoreError> {
        self.insert(alerts).await
    }

    /// The latest state of every alert, most recently changed first, at most
    /// [`crate::MAX_ALERTS`].
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn alerts(&self) -> Result<Vec<AlertRow>, StoreError> {
        crate::reader::alerts(&self.client).await
    }

    /// The latest state of every silence that is kept, at most [`crate::MAX_SILENCES`].
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn silences(&self) -> Result<Vec<SilenceRow>, StoreError> {
        let ask = crate::reader::silences(&self.client);
        match &self.alone {
            Some(alone) => alone.silences.read(ask).await,
            None => ask.await,
        }
    }

    /// Writes a silence.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn save_silence(&self, silence: &SilenceRow) -> Result<(), StoreError> {
        self.insert(std::slice::from_ref(silence)).await
    }

    /// Writes a link for a partner.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn save_partner_link(&self, link: &PartnerLinkRow) -> Result<(), StoreError> {
        self.insert(std::slice::from_ref(link)).await
    }

    /// Writes deliveries.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn save_deliveries(&self, deliveries: &[DeliveryRow]) -> Result<(), StoreError> {
        self.insert(deliveries).await
    }

    /// Writes the state of incidents.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn save_incidents(&self, incidents: &[IncidentRow]) -> Result<(), StoreError> {
        self.insert(incidents).await
    }

    /// The latest state of every incident, those that last first, then the latest, at most
    /// [`crate::MAX_INCIDENTS`].
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn incidents(&self) -> Result<Vec<IncidentRow>, StoreError> {
        crate::reader::incidents(&self.client).await
    }

    /// Writes that a person closed an incident.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn save_closing(&self, closing: &ClosingRow) -> Result<(), StoreError> {
        self.insert(std::slice::from_ref(closing)).await
    }

    /// Writes a deploy.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn save_deploy(&self, deploy: &DeployRow) -> Result<(), StoreError> {
        self.insert(std::slice::from_ref(deploy)).await
    }

    /// Writes diagnoses.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn save_diagnoses(&self, diagnoses: &[DiagnosisRow]) -> Result<(), StoreError> {
        self.insert(diagnoses).await
    }

    /// Writes snapshots; one of the same question and the same first time replaces the one before.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn save_snapshots(&self, snapshots: &[SnapshotRow]) -> Result<(), StoreError> {
        self.insert(snapshots).await
    }

    /// Writes what targets were found to be; a row of the same target and first time replaces the
    /// one that was written before it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn save_inventory(&self, rows: &[InventoryRow]) -> Result<(), StoreError> {
        self.insert(rows).await
    }

    /// Writes rows to their table; the server acknowledges them all.
    pub(crate) async fn insert<T: Stored>(&self, rows: &[T]) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        if let Some(alone) = &self.alone {
            alone.writes(T::TABLE);
        }
        let written = self.client.insert(T::TABLE, T::block(rows)).await;
        if let Some(alone) = &self.alone {
            alone.writes(T::TABLE);
        }
        written
    }
}
