//! The one way to a server: the official client, with time-outs, bounded concurrency, and errors by
//! what the caller does about them.

use std::sync::Arc;
use std::time::Duration;

use clickhouse::query::Query;
use clickhouse::{Compression, RowOwned, RowRead};
use serde::Serialize;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

use crate::Config;
use crate::engine::EngineAccess;
use crate::error::{Call, StoreError};
use crate::login::Login;
use crate::metrics::StoreMetrics;
use crate::wire::Block;

/// Bytes of a block that are handed to the connection at once.
const SENT_AT_ONCE: usize = 256 * 1024;

/// Where the server is.
#[derive(Debug, Clone)]
pub(crate) enum Address {
    Server(String),
    Engine(EngineAccess),
}

impl Address {
    fn url(&self) -> Result<String, StoreError> {
        match self {
            Self::Server(url) => Ok(url.clone()),
            Self::Engine(access) => access
                .running()
                .map(|running| running.url)
                .ok_or_else(StoreError::engine_restarting),
        }
    }
}

/// A user's connections to a server. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Client {
    client: clickhouse::Client,
    address: Address,
    database: String,
    permits: Arc<Semaphore>,
    timeout: Duration,
    metrics: StoreMetrics,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("address", &self.address)
            .field("database", &self.database)
            .finish_non_exhaustive()
    }
}

impl Client {
    pub(crate) fn new(
        address: Address,
        config: &Config,
        login: Login<'_>,
        timeout: Duration,
    ) -> Self {
        // On loopback compression costs more than it saves.
        let compression = match &address {
            Address::Server(_) => Compression::Lz4,
            Address::Engine(_) => Compression::None,
        };
        let mut client = clickhouse::Client::default()
            .with_compression(compression)
            .with_user(login.user)
            .with_setting("async_insert", "0")
            .with_setting("wait_end_of_query", "1");
        if !login.password.is_empty() {
            client = client.with_password(login.password.reveal());
        }
        Self {
            client,
            address,
            database: config.database.clone(),
            permits: Arc::new(Semaphore::new(config.connections)),
            timeout,
            metrics: StoreMetrics::default(),
        }
    }

    /// The same client, counted in `metrics`.
    pub(crate) fn counted(mut self, metrics: &StoreMetrics) -> Self {
        self.metrics = metrics.clone();
        self
    }

    /// The same client, whose calls may take as long as `timeout`.
    pub(crate) const fn lasting(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The same client with a setting that goes with every call.
    pub(crate) fn with_setting(mut self, name: &str, value: impl ToString) -> Self {
        self.client = self.client.with_setting(name, value.to_string());
        self
    }

    /// A statement whose values are server-side parameters.
    pub(crate) fn sql(&self, sql: &str) -> Statement {
        Statement {
            sql: sql.to_owned(),
            params: Vec::new(),
        }
    }

    pub(crate) async fn create_database(&self, on_cluster: &str) -> Result<(), StoreError> {
        let statement = format!(
            "CREATE DATABASE IF NOT EXISTS `{}`{on_cluster}",
            self.database
        );
        let client = self.client.clone().with_url(self.address.url()?);
        self.timed(Call::Write, client.query_raw(&statement).execute())
            .await
    }

    /// How the server says a table was created, with all later changes.
    pub(crate) async fn create_statement(&self, table: &str) -> Result<String, StoreError> {
        let mut rows: Vec<String> = self
            .fetch(self.sql(&format!("SHOW CREATE TABLE {table}")))
            .await?;
        Ok(rows
            .pop()
            .unwrap_or_default()
            .replace("\\n", " ")
            .replace('\n', " "))
    }

    /// Runs a statement without values.
    pub(crate) async fn execute(&self, sql: &str) -> Result<(), StoreError> {
        self.run(self.sql(sql)).await
    }

    pub(crate) async fn run(&self, statement: Statement) -> Result<(), StoreError> {
        let query = statement.query(&self.connected()?);
        self.timed(Call::Write, query.execute()).await
    }

    /// The rows of an answer. Their columns are matched with the struct's fields by name and type.
    pub(crate) async fn fetch<T>(&self, statement: Statement) -> Result<Vec<T>, StoreError>
    where
        T: RowOwned + RowRead,
    {
        let query = statement.query(&self.connected()?);
        self.timed(Call::Read, query.fetch_all()).await
    }

    /// As [`Client::fetch`], whether or not the database is there.
    pub(crate) async fn fetch_without_database<T>(
        &self,
        statement: Statement,
    ) -> Result<Vec<T>, StoreError>
    where
        T: RowOwned + RowRead,
    {
        let client = self.client.clone().with_url(self.address.url()?);
        self.timed(Call::Read, statement.query(&client).fetch_all())
            .await
    }

    /// The database that statements are of.
    pub(crate) fn database(&self) -> &str {
        &self.database
    }

    /// Inserts a block, which the server takes whole for each partition of the table, and waits
    /// until it acknowledges it.
    pub(crate) async fn insert(&self, table: &str, block: Block) -> Result<(), StoreError> {
        let client = self.connected()?;
        let timeout = Some(self.timeout);
        let rows = block.rows() as u64;
        let sql = format!("INSERT INTO {table} ({}) FORMAT Native", block.names());
        let mut bytes = block.encode();
        let insert = async {
            let mut insert = client
                .insert_formatted_with(sql)
                .with_timeouts(timeout, timeout);
            while !bytes.is_empty() {
                insert
                    .send(bytes.split_to(bytes.len().min(SENT_AT_ONCE)))
                    .await?;
            }
            insert.end().await
        };
        self.counting(Call::Write, insert).await?;
        self.metrics.inserted(rows);
        Ok(())
    }

    fn connected(&self) -> Result<clickhouse::Client, StoreError> {
        let url = self.address.url()?;
        Ok(self
            .client
            .clone()
            .with_url(url)
            .with_database(&self.database))
    }

    async fn permit(&self) -> Result<SemaphorePermit<'_>, StoreError> {
        match tokio::time::timeout(self.timeout, self.permits.acquire()).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(StoreError::busy()),
        }
    }

    async fn timed<T>(
        &self,
        call: Call,
        work: impl Future<Output = Result<T, clickhouse::error::Error>>,
    ) -> Result<T, StoreError> {
        let within = async {
            match tokio::time::timeout(self.timeout, work).await {
                Ok(done) => done,
                Err(_) => Err(clickhouse::error::Error::TimedOut),
            }
        };
        self.counting(call, within).await
    }

    async fn counting<T>(
        &self,
        call: Call,
        work: impl Future<Output = Result<T, clickhouse::error::Error>>,
    ) -> Result<T, StoreError> {
        let permitted = self.permit().await;
        let started = Instant::now();
        let done = match permitted {
            Ok(_permit) => work.await.map_err(|error| StoreError::of(call, error)),
            Err(busy) => Err(busy),
        };
        match &done {
            Ok(_) => self.metrics.answered(call, started.elapsed()),
            Err(error) => self.metrics.failed(call, error),
        }
        done
    }
}

/// A statement and the values of its parameters.
#[derive(Debug)]
pub(crate) struct Statement {
    sql: String,
    params: Vec<(&'static str, Value)>,
}

impl Statement {
    /// Sets the parameter `{name:Type}` of the statement.
    pub(crate) fn param(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.params.push((name, value.into()));
        self
    }

    fn query(self, client: &clickhouse::Client) -> Query {
        let query = client.query_raw(&self.sql);
        self.params
            .into_iter()
            .fold(query, |query, (name, value)| query.param(name, value))
    }
}

/// A value on its way to the server.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Value {
    Text(String),
    Signed(i64),
    Unsigned(u64),
    Texts(Vec<String>),
    Numbers(Vec<u64>),
}

macro_rules! value_from {
    ($($from:ty => $variant:ident,)+) => {
        $(impl From<$from> for Value {
            fn from(value: $from) -> Self {
                Self::$variant(value.into())
            }
        })+
    };
}

value_from! {
    &str => Text,
    String => Text,
    i64 => Signed,
    u32 => Unsigned,
    u64 => Unsigned,
    Vec<String> => Texts,
    Vec<u64> => Numbers,
}
