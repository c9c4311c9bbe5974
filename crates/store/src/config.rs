//! Settings of the store.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use settings::{Problems, Secret, Size, Span};

/// How to reach ClickHouse and how it keeps the data.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Address of a ClickHouse server's HTTP interface: `https://clickhouse.internal:8443`. Empty:
    /// the embedded engine.
    pub url: String,
    /// User that may create tables and write.
    pub user: String,
    /// Password of that user.
    pub password: Secret,
    /// Read-only user for dashboards; empty: the same user, with read-only settings.
    pub reader_user: String,
    /// Password of the read-only user.
    pub reader_password: Secret,
    /// Database; created where it is missing.
    pub database: String,
    /// How the tables are laid out.
    pub topology: Topology,
    /// What an acknowledged insert survives.
    pub durability: Durability,
    /// How long data is kept.
    pub retention: Retention,
    /// How long the start waits for a server that does not answer. Permitted: 1s to 10m.
    pub open_timeout: Span,
    /// How long one insert may take.
    pub insert_timeout: Span,
    /// How long one query may take.
    pub query_timeout: Span,
    /// Most rows that one query of a dashboard may read.
    pub query_rows: u64,
    /// Most memory that one query of a dashboard may use.
    pub query_memory: Size,
    /// How many requests may be in progress at once, for writing and for reading each.
    pub connections: usize,
}

/// How the tables are laid out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(
    tag = "kind",
    rename_all = "snake_case",
    rename_all_fields = "snake_case",
    deny_unknown_fields
)]
pub enum Topology {
    /// One server.
    #[default]
    Single,
    /// Replicated tables, created `ON CLUSTER`.
    Replicated {
        /// Name of the cluster in the server's configuration.
        cluster: String,
    },
}

/// What an acknowledged insert survives.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Durability {
    /// The loss of power: every part is synced before the answer. The journal may be truncated.
    #[default]
    Fsync,
    /// The death of the server's process: the journal must outlive the operating system's cache.
    Buffered,
}

/// How long data is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    /// Raw observations and dead letters.
    pub raw: Span,
    /// Partial rollups of chunks that are compacted; those that are not are kept like `hours`.
    pub parts: Span,
    /// Rollups by minute.
    pub minutes: Span,
    /// Rollups by hour.
    pub hours: Span,
}

const DAY: u64 = 24 * 60 * 60;

impl Default for Retention {
    fn default() -> Self {
        Self {
            raw: Span::secs(14 * DAY),
            parts: Span::secs(14 * DAY),
            minutes: Span::secs(90 * DAY),
            hours: Span::secs(400 * DAY),
        }
    }
}

impl Retention {
    fn problems(&self, mut problems: Problems<'_>) {
        let day = Span::secs(DAY);
        for (field, span) in [
            ("raw", self.raw),
            ("parts", self.parts),
            ("minutes", self.minutes),
            ("hours", self.hours),
        ] {
            if span < day || span > Span::secs(20 * 366 * DAY) {
                problems.report(field, span, "permitted: 1day to 20years");
            }
        }
        if self.hours < self.parts {
            problems.report("hours", self.hours, "not shorter than `parts`");
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            url: String::new(),
            user: "default".to_owned(),
            password: Secret::default(),
            reader_user: String::new(),
            reader_password: Secret::default(),
            database: "corswatch".to_owned(),
            topology: Topology::default(),
            durability: Durability::default(),
            retention: Retention::default(),
            open_timeout: Span::secs(30),
            insert_timeout: Span::secs(30),
            query_timeout: Span::secs(10),
            query_rows: 500_000_000,
            query_memory: Size::mib(1024),
            connections: 8,
        }
    }
}

/// As part of the address, or as parameters of ClickHouse: both end in logs of servers and proxies.
fn holds_credentials(url: &url::Url) -> bool {
    !url.username().is_empty()
        || url.password().is_some()
        || (url.query_pairs()).any(|(name, _)| matches!(&*name, "user" | "password"))
}

impl Config {
    /// Reports every setting that cannot be used.
    pub fn problems(&self, mut problems: Problems<'_>) {
        match url::Url::parse(&self.url) {
            _ if self.url.is_empty() => {}
            // What cannot be read may hold a password as well.
            Err(reason) if self.url.contains('@') => {
                problems.report("url", "[redacted]", reason.to_string());
            }
            Err(reason) => problems.report("url", &self.url, reason.to_string()),
            Ok(url) if holds_credentials(&url) => {
                let reason = "an address without user and password: write them as `user` and `password`, \
                              or `password_file` with the path of a file";
                problems.report("url", "[redacted]", reason);
            }
            Ok(_) => {}
        }
        let is_name = |name: &str| {
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        };
        if !is_name(&self.database) {
            problems.report("database", &self.database, "permitted: A-Z a-z 0-9 _");
        }
        if let Topology::Replicated { cluster } = &self.topology
            && !is_name(cluster)
        {
            problems.report("topology.cluster", cluster, "permitted: A-Z a-z 0-9 _");
        }
        let second = Span::secs(1);
        for (field, span) in [
            ("insert_timeout", self.insert_timeout),
            ("query_timeout", self.query_timeout),
        ] {
            if span < second {
                problems.report(field, span, "permitted: 1s and more");
            }
        }
        let waits = second..=Span::secs(600);
        problems.range("open_timeout", self.open_timeout, waits);
        self.retention.problems(problems.section("retention"));
        problems.range("connections", self.connections, 1..=256);
        problems.range("query_rows", self.query_rows, 1_000_000..=u64::MAX);
        if self.query_memory < Size::mib(64) {
            problems.report(
                "query_memory",
                self.query_memory,
                "permitted: 64MiB and more",
            );
        }
    }
}
