//! Numbered migrations: applied in order, recorded with their checksum, never edited.

use std::time::Duration;

use clickhouse::Row;
use data_encoding::HEXLOWER;
use serde::Deserialize;
use sha2::Digest as _;

use crate::client::Client;
use crate::{Config, Durability, StoreError, Topology};

struct Migration {
    number: u32,
    name: &'static str,
    sql: &'static str,
}

/// The files of the folder `migrations`, in order.
const MIGRATIONS: &[Migration] = &include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

const MIGRATIONS_TABLE: &str = "CREATE TABLE IF NOT EXISTS migrations{on_cluster}
(
    number UInt32,
    name String,
    checksum String,
    applied_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = {replicated}ReplacingMergeTree
ORDER BY number";

/// Whether builds that do not know a migration may go on beside it: what builds of before this column applied, they may not.
const EXPANDS_COLUMN: &str =
    "ALTER TABLE migrations{on_cluster} ADD COLUMN IF NOT EXISTS expands Bool DEFAULT false";

/// The first words of a migration that only adds: builds before it write and read on as if it were not there, so that an
/// upgrade can be taken back. One that drops or changes what they use has no such line, and comes a release later.
const EXPANDS: &str = "-- expands: ";

/// How long one statement of a migration may take: some go over what is stored.
const MIGRATION_TIMEOUT: Duration = Duration::from_secs(3600);

/// Tables whose rows the loader writes before it commits: synced where the configuration says so.
const JOURNALED: [&str; 7] = [
    "observations",
    "failure_sessions",
    "sli_parts",
    "chunks",
    "progress",
    "dead_letters",
    "edge_reports",
];

#[derive(Debug, Row, Deserialize)]
struct Applied {
    number: u32,
    name: String,
    checksum: String,
    expands: bool,
}

/// Makes the table of the migrations as this build knows it.
async fn prepare(client: &Client, dialect: &Dialect<'_>) -> Result<(), StoreError> {
    client.execute(&dialect.render(MIGRATIONS_TABLE)).await?;
    client.execute(&dialect.render(EXPANDS_COLUMN)).await
}

/// Brings the database to the schema of this build.
pub(crate) async fn migrate(client: &Client, config: &Config) -> Result<(), StoreError> {
    let dialect = Dialect(&config.topology);
    let client = &client.clone().lasting(MIGRATION_TIMEOUT);
    client
        .create_database(&on_cluster(&config.topology))
        .await?;
    prepare(client, &dialect).await?;
    for migration in pending(MIGRATIONS, &applied(client).await?)? {
        if let Err(error) = apply(client, migration, &dialect).await {
            // Another process may have been through it, and changed what a statement needs.
            let later = applied(client).await?;
            if !later.iter().any(|row| row.number == migration.number) {
                return Err(error);
            }
            continue;
        }
        let record = client
            .sql(
                "INSERT INTO migrations (number, name, checksum, expands) \
                 SELECT {number:UInt32}, {name:String}, {checksum:String}, {expands:UInt8}",
            )
            .param("number", migration.number)
            .param("name", migration.name)
            .param("checksum", checksum(migration.sql))
            .param("expands", u32::from(migration.sql.starts_with(EXPANDS)));
        client.run(record).await?;
        tracing::info!(migration = migration.name, "applied");
    }
    keep(client, config).await
}

/// How many migrations of this build the database lacks; `None` where it has no tables of ours.
pub(crate) async fn missing(client: &Client) -> Result<Option<usize>, StoreError> {
    let statement = "SELECT count() FROM system.tables \
                     WHERE database = {database:String} AND name = 'migrations'";
    let tables = client.sql(statement).param("database", client.database());
    let found: Vec<u64> = client.fetch_without_database(tables).await?;
    if found.first().copied().unwrap_or_default() == 0 {
        return Ok(None);
    }
    let applied = applied(client).await?;
    Ok(Some(pending(MIGRATIONS, &applied)?.len()))
}

/// Makes the table that is there already: whether the user may make tables.
pub(crate) async fn own(client: &Client, config: &Config) -> Result<(), StoreError> {
    prepare(client, &Dialect(&config.topology)).await
}

async fn applied(client: &Client) -> Result<Vec<Applied>, StoreError> {
    let statement = "SELECT number, name, checksum, expands FROM migrations FINAL ORDER BY number";
    client.fetch(client.sql(statement)).await
}

async fn apply(
    client: &Client,
    migration: &Migration,
    dialect: &Dialect<'_>,
) -> Result<(), StoreError> {
    for statement in statements(migration.sql) {
        client.execute(&dialect.render(statement)).await?;
    }
    Ok(())
}

/// The migrations that are still to be applied.
fn pending<'a>(
    known: &'a [Migration],
    applied: &[Applied],
) -> Result<Vec<&'a Migration>, StoreError> {
    for row in applied {
        let Some(migration) = known.iter().find(|known| known.number == row.number) else {
            if row.expands {
                tracing::warn!(
                    migration = row.name,
                    "a later build's, which only added: this build goes on beside it"
                );
                continue;
            }
            return Err(StoreError::Schema(format!(
                "the database has migration {} ({}), which this build does not know, and which does \
                 more than add: run a build that is at least as new as the one that wrote it",
                row.number, row.name
            )));
        };
        if row.checksum != checksum(migration.sql) {
            return Err(StoreError::Schema(format!(
                "migration {} was applied with other content than this build's: migrations are \
                 never edited, add a new one",
                migration.name
            )));
        }
    }
    let is_applied = |known: &&Migration| applied.iter().any(|row| row.number == known.number);
    Ok(known.iter().filter(|known| !is_applied(known)).collect())
}

fn checksum(sql: &str) -> String {
    HEXLOWER.encode(&sha2::Sha256::digest(sql.as_bytes()))
}

/// The statements of a migration: they end with a semicolon at the end of a line.
fn statements(sql: &str) -> impl Iterator<Item = &str> {
    sql.split(";\n")
        .map(str::trim)
        .filter(|text| !text.is_empty())
}

/// What a statement about a table says in a cluster.
pub(crate) fn on_cluster(topology: &Topology) -> String {
    match topology {
        Topology::Single => String::new(),
        // The configuration permits no quotes in the name.
        Topology::Replicated { cluster } => format!(" ON CLUSTER '{cluster}'"),
    }
}

/// How the same schema is said to one server and to a cluster.
struct Dialect<'a>(&'a Topology);

impl Dialect<'_> {
    fn render(&self, sql: &str) -> String {
        let replicated = match self.0 {
            Topology::Single => "",
            Topology::Replicated { .. } => "Replicated",
        };
        sql.replace("{on_cluster}", &on_cluster(self.0))
            .replace("{replicated}", replicated)
    }
}

/// Applies what the configuration says about keeping data, where it is not so already.
async fn keep(client: &Client, config: &Config) -> Result<(), StoreError> {
    let days = &config.retention;
    let ttls = [
        ("observations", "minute", days.raw),
        // Parts that are not compacted are the only record of their sums; those that are go by
        // `Store::prune`.
        ("sli_parts", "minute", days.hours),
        ("sli_minutes", "minute", days.minutes),
        ("sli_hours", "hour", days.hours),
        ("sli_days", "day", days.hours),
        ("total_minutes", "minute", days.minutes),
        ("total_hours", "hour", days.hours),
        ("target_hours", "hour", days.hours),
        ("target_days", "day", days.hours),
        ("client_hours", "hour", days.hours),
        ("client_days", "day", days.hours),
        ("failure_hours", "hour", days.hours),
        ("failure_sessions", "hour", days.hours),
        ("open_total_minutes", "minute", days.hours),
        ("open_total_hours", "hour", days.hours),
        ("open_target_hours", "hour", days.hours),
        ("open_client_hours", "hour", days.hours),
        ("open_failure_hours", "hour", days.hours),
        ("dead_letters", "toDateTime(append_time)", days.raw),
        ("dead_letter_marks", "toDateTime(append_time)", days.raw),
    ];
    let on_cluster = on_cluster(&config.topology);
    for (table, column, span) in ttls {
        let ttl = format!("{column} + toIntervalSecond({})", span.duration().as_secs());
        if !client
            .create_statement(table)
            .await?
            .contains(&format!("TTL {ttl}"))
        {
            let alter = format!(
                "ALTER TABLE {table}{on_cluster} MODIFY TTL {ttl} \
                 SETTINGS materialize_ttl_after_modify = 0"
            );
            client.execute(&alter).await?;
        }
    }
    let fsync = match config.durability {
        Durability::Fsync => 1,
        Durability::Buffered => 0,
    };
    for table in JOURNALED {
        let settings = format!("fsync_after_insert = {fsync}, fsync_part_directory = {fsync}");
        if !client.create_statement(table).await?.contains(&settings) {
            client
                .execute(&format!(
                    "ALTER TABLE {table}{on_cluster} MODIFY SETTING {settings}"
                ))
                .await?;
        }
    }
    Ok(())
}

/// Every statement of every migration, for tests that compare rows with their tables.
#[cfg(test)]
pub(crate) fn all_statements() -> impl Iterator<Item = &'static str> {
    MIGRATIONS
        .iter()
        .flat_map(|migration| statements(migration.sql))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(number: u32, sql: &str) -> Applied {
        Applied {
            number,
            name: format!("{number:04}"),
            checksum: checksum(sql),
            expands: false,
        }
    }

    #[test]
    fn migrations_are_numbered_in_order_and_named_after_their_number() {
        assert!(MIGRATIONS.is_sorted_by(|one, next| one.number < next.number));
        for migration in MIGRATIONS {
            assert!(
                migration
                    .name
                    .starts_with(&format!("{:04}_", migration.number)),
                "{}",
                migration.name
            );
            assert!(statements(migration.sql).count() > 0);
        }
    }

    #[test]
    fn a_newer_or_edited_database_is_refused() {
        let known = MIGRATIONS;
        let pending_of = |rows: &[Applied]| pending(known, rows).map(|left| left.len());
        assert_eq!(pending_of(&[]).expect("a fresh database"), known.len());
        let first = applied(1, known[0].sql);
        assert_eq!(
            pending_of(&[first]).expect("an older database"),
            known.len() - 1
        );
        for row in [applied(99, ""), applied(1, "edited")] {
            let error = pending_of(&[row]).expect_err("refused");
            assert!(matches!(error, StoreError::Schema(_)), "{error}");
        }
    }

    #[test]
    fn a_later_migration_that_only_adds_is_no_reason_to_stop() {
        let later = Applied {
            expands: true,
            ..applied(99, "")
        };
        let left = pending(MIGRATIONS, &[later]).expect("permitted");
        assert_eq!(left.len(), MIGRATIONS.len());
        let edited = Applied {
            expands: true,
            ..applied(1, "edited")
        };
        assert!(
            pending(MIGRATIONS, &[edited]).is_err(),
            "known, and not the same"
        );
    }

    #[test]
    fn what_is_said_only_to_add_only_adds() {
        let adds = |statement: &str| {
            let mut lines = statement.lines().filter(|line| !line.starts_with("--"));
            let first = lines.next().unwrap_or_default();
            let column = first.starts_with("ALTER TABLE ") && first.contains(" ADD ");
            column || first.starts_with("CREATE TABLE IF NOT EXISTS ")
        };
        for migration in MIGRATIONS {
            if migration.sql.starts_with(EXPANDS) {
                assert!(statements(migration.sql).all(adds), "{}", migration.name);
            }
        }
        assert!(adds(
            "-- Why.\nALTER TABLE t{on_cluster} ADD COLUMN c String"
        ));
        assert!(!adds("ALTER TABLE t DROP COLUMN c") && !adds("DROP TABLE t"));
    }

    #[test]
    fn one_schema_serves_a_server_and_a_cluster() {
        let topology = Topology::Replicated {
            cluster: "main".to_owned(),
        };
        for migration in MIGRATIONS {
            for statement in statements(migration.sql) {
                let single = Dialect(&Topology::Single).render(statement);
                let cluster = Dialect(&topology).render(statement);
                assert!(!single.contains('{'), "{single}");
                // Rows go to the other replicas by themselves.
                let mut lines = cluster.lines().filter(|line| !line.starts_with("--"));
                let copies = lines
                    .next()
                    .is_some_and(|line| line.starts_with("INSERT INTO "));
                assert_eq!(cluster.contains(" ON CLUSTER 'main'"), !copies, "{cluster}");
                let makes = cluster.contains("CREATE TABLE ");
                let replicates = cluster.contains("ENGINE = Replicated");
                assert_eq!(makes, replicates, "{cluster}");
            }
        }
    }
}
