//! Settings of the embedded engine, and the configuration that is generated from them.

use std::path::PathBuf;

use data_encoding::HEXLOWER;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use settings::{Problems, Secret, Size, Span};

/// How the embedded engine runs.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EngineConfig {
    /// The library `libchdb.so`, or the directory that holds it; empty: beside the executable, or
    /// where `cargo xtask setup engine` installs it.
    pub library: Option<PathBuf>,
    /// Most memory that the engine may use.
    pub memory: Size,
    /// How long the engine may take to answer after its start.
    pub start_timeout: Span,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            library: None,
            memory: Size::mib(3 * 1024),
            start_timeout: Span::secs(60),
        }
    }
}

impl EngineConfig {
    /// Reports every setting that cannot be used.
    pub fn problems(&self, mut problems: Problems<'_>) {
        if self.memory < Size::mib(512) {
            problems.report("memory", self.memory, "the engine needs 512MiB or more");
        }
        if self.start_timeout < Span::secs(1) {
            problems.report(
                "start_timeout",
                self.start_timeout,
                "permitted: 1s and more",
            );
        }
    }
}

/// The user that owns the tables.
pub(super) const WRITER: &str = "corswatch";
/// The user that only reads.
pub(super) const READER: &str = "corswatch_reader";

/// The passwords of one start of the process: never stored but in the engine's own configuration,
/// which only the owner of the data directory can read.
#[derive(Debug, Clone)]
pub(super) struct Passwords {
    pub(super) writer: Secret,
    pub(super) reader: Secret,
}

impl Passwords {
    pub(super) fn random() -> std::io::Result<Self> {
        Ok(Self {
            writer: random()?,
            reader: random()?,
        })
    }
}

fn random() -> std::io::Result<Secret> {
    let mut bytes = [0_u8; 24];
    getrandom::fill(&mut bytes).map_err(std::io::Error::from)?;
    Ok(Secret::new(HEXLOWER.encode(&bytes)))
}

fn sha256(secret: &Secret) -> String {
    use sha2::Digest as _;
    HEXLOWER.encode(&sha2::Sha256::digest(secret.reveal().as_bytes()))
}

/// The engine's configuration file.
///
/// The `default` user is the session that keeps the host busy: it has no rights beyond that, and as
/// it may have one session only, no one else can come in by its name. No user may reach files, URLs or other servers. Background work
/// is sized for a neighbour that shares a small machine.
pub(super) fn render(config: &EngineConfig, passwords: &Passwords, log: &str) -> String {
    let memory = config.memory.bytes();
    format!(
        r#"<clickhouse>
  <logger><level>warning</level><log>{log}</log><size>10M</size><count>2</count></logger>
  <max_server_memory_usage>{memory}</max_server_memory_usage>
  <mark_cache_size>67108864</mark_cache_size>
  <keep_alive_timeout>3</keep_alive_timeout>
  <max_connections>256</max_connections>
  <timezone>UTC</timezone>
  <asynchronous_metrics_update_period_s>60</asynchronous_metrics_update_period_s>
  <background_pool_size>4</background_pool_size>
  <background_schedule_pool_size>8</background_schedule_pool_size>
  <users_config>engine.xml</users_config>
  <profiles>
    <default><async_insert>0</async_insert></default>
    <host><max_sessions_for_user>1</max_sessions_for_user></host>
    <reader><readonly>2</readonly><async_insert>0</async_insert></reader>
  </profiles>
  <quotas><default/></quotas>
  <users>
    <default>
      <password></password>
      <networks><ip>127.0.0.1/32</ip></networks>
      <profile>host</profile><quota>default</quota>
      <grants>
        <query>GRANT SYSTEM LISTEN ON *.*</query>
        <query>GRANT SELECT ON system.numbers</query>
      </grants>
    </default>
    <{WRITER}>
      <password_sha256_hex>{writer}</password_sha256_hex>
      <networks><ip>127.0.0.1/32</ip></networks>
      <profile>default</profile><quota>default</quota>
      <grants>
        <query>GRANT SELECT, INSERT, ALTER, CREATE DATABASE, CREATE TABLE, CREATE VIEW, DROP DATABASE, DROP TABLE, DROP VIEW, TRUNCATE, OPTIMIZE, SYSTEM MERGES, SYSTEM FLUSH ON *.*</query>
        <query>GRANT TABLE ENGINE ON MergeTree, TABLE ENGINE ON ReplacingMergeTree, TABLE ENGINE ON AggregatingMergeTree</query>
      </grants>
    </{WRITER}>
    <{READER}>
      <password_sha256_hex>{reader}</password_sha256_hex>
      <networks><ip>127.0.0.1/32</ip></networks>
      <profile>reader</profile><quota>default</quota>
      <grants><query>GRANT SELECT ON *.*</query></grants>
    </{READER}>
  </users>
</clickhouse>
"#,
        writer = sha256(&passwords.writer),
        reader = sha256(&passwords.reader),
    )
}
