//! A look at the server that changes nothing.

use clickhouse::Row;
use observation::UnixMillis;
use runtime::Causes as _;
use serde::Deserialize;

use crate::{Store, StoreError, migration};

/// What a server says of itself.
#[derive(Debug)]
pub struct ExaminedServer {
    /// Its version.
    pub version: String,
    /// Its clock.
    pub now: UnixMillis,
    /// How far the database is.
    pub schema: SchemaState,
    /// What the two users lack, each as the server says it.
    pub denied: Vec<String>,
}

/// How far the database is.
#[derive(Debug)]
pub enum SchemaState {
    /// There are no tables yet: the first role that owns them makes them.
    Missing,
    /// It is that of this build.
    Current,
    /// So many migrations of this build are missing: the next start applies them.
    Behind(usize),
    /// This build cannot use it; the text says why.
    Unusable(String),
}

#[derive(Debug, Row, Deserialize)]
struct Greeting {
    version: String,
    now: i64,
}

impl Store {
    /// Asks the server for its version, its clock, the schema and what its users may do. Nothing is
    /// changed: what is inserted are no rows, what is created is there.
    ///
    /// # Errors
    /// [`StoreError`] where the server does not answer, or lets the user in.
    pub async fn examine(&self) -> Result<ExaminedServer, StoreError> {
        let greeting = "SELECT version() AS version, toUnixTimestamp64Milli(now64(3)) AS now";
        let mut answer: Vec<Greeting> = self
            .client
            .fetch_without_database(self.client.sql(greeting))
            .await?;
        let Some(greeting) = answer.pop() else {
            return Err(StoreError::Schema(
                "the server answers nothing to a question for its version".to_owned(),
            ));
        };
        let mut denied = Vec::new();
        let schema = match migration::missing(&self.client).await {
            Ok(None) => SchemaState::Missing,
            Ok(Some(0)) => SchemaState::Current,
            Ok(Some(count)) => SchemaState::Behind(count),
            Err(StoreError::Schema(text)) => SchemaState::Unusable(text),
            Err(error) if error.is_denied() => {
                denied.push(error.with_causes().to_string());
                SchemaState::Unusable("the user may not read it".to_owned())
            }
            Err(error) => return Err(error),
        };
        if matches!(schema, SchemaState::Current | SchemaState::Behind(_)) {
            denied.extend(self.denied().await);
        }
        Ok(ExaminedServer {
            version: greeting.version,
            now: UnixMillis(greeting.now),
            schema,
            denied,
        })
    }

    /// What the users may not do.
    async fn denied(&self) -> Vec<String> {
        let writes = "INSERT INTO progress SELECT * FROM progress WHERE 0";
        let tried = [
            self.client.execute(writes).await,
            migration::own(&self.client, &self.config).await,
            self.reader().try_to_read().await,
        ];
        let errors = tried.into_iter().filter_map(Result::err);
        errors
            .map(|error| error.with_causes().to_string())
            .collect()
    }
}
