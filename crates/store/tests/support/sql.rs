//! The engine's own view of a test's database.

use store::Config;
use store::engine::EngineUser;
use testkit::Engine;

/// Asks the engine directly, with the writer's rights.
#[derive(Clone)]
pub(crate) struct Sql(clickhouse::Client);

impl Sql {
    pub(crate) fn new(engine: &Engine, config: &Config) -> Self {
        let running = engine.access().running().expect("the engine runs");
        let (user, password) = engine.access().credentials(EngineUser::Writer);
        let client = clickhouse::Client::default()
            .with_url(running.url)
            .with_user(user)
            .with_password(password.reveal())
            .with_database(&config.database);
        Self(client)
    }

    pub(crate) async fn run(&self, sql: &str) {
        self.0.query_raw(sql).execute().await.expect(sql);
    }

    /// The answer as text; a line a row.
    pub(crate) async fn ask(&self, sql: &str) -> String {
        let mut cursor = self.0.query_raw(sql).fetch_bytes("TSV").expect(sql);
        let bytes = cursor.collect().await.expect(sql);
        String::from_utf8(bytes.to_vec()).expect("UTF-8")
    }

    /// The rows as JSON objects, 64-bit numbers as numbers.
    pub(crate) async fn rows(&self, sql: &str) -> Vec<serde_json::Value> {
        let sql = format!(
            "{sql} FORMAT JSONEachRow SETTINGS output_format_json_quote_64bit_integers = 0"
        );
        let text = self.ask(&sql).await;
        text.lines()
            .map(|line| serde_json::from_str(line).expect(line))
            .collect()
    }
}
