//! The schema of a real database.

mod support;

use observation::UnixMillis;
use runtime::Causes as _;
use settings::Span;
use store::engine::EngineUser;
use store::{Durability, SchemaState, Store, StoreError};
use support::sql::Sql;
use testkit::Engine;

#[tokio::test]
async fn migrations_apply_once_however_often_they_run() {
    let engine = Engine::shared().await;
    let config = engine.config();
    let store = Store::embedded(&config, engine.access());
    let (first, second) = tokio::join!(store.migrate(), store.migrate());
    first.expect("migrated");
    second.expect("migrated by another process at the same time");
    store.migrate().await.expect("nothing left to do");
    let sql = Sql::new(engine, &config);
    let applied = sql
        .ask("SELECT number, name FROM migrations FINAL ORDER BY number")
        .await;
    assert!(
        applied.starts_with("1\t0001_observations\n2\t"),
        "{applied}"
    );
}

#[tokio::test]
async fn deploys_of_a_database_from_before_are_kept() {
    let engine = Engine::shared().await;
    let config = engine.config();
    let store = Store::embedded(&config, engine.access());
    store.migrate().await.expect("migrated");
    let sql = Sql::new(engine, &config);
    // As it was before the app became part of a deploy's identity.
    for statement in [
        "CREATE TABLE deploys (id String, at DateTime64(3, 'UTC'), app String, service String, kind String, \
         reverts String, touches_cors Bool, author String, note String, created_at DateTime64(3, 'UTC')) \
         ENGINE = ReplacingMergeTree(created_at) ORDER BY id",
        "INSERT INTO deploys VALUES ('d1', 1000, 'shop', 'cart', 'config', '', true, 'mira', 'n', 2000)",
        "DROP TABLE deployments",
        "DELETE FROM migrations WHERE number > 8",
    ] {
        sql.run(statement).await;
    }
    store.migrate().await.expect("brought up to date");
    let (from, to) = (UnixMillis(0), UnixMillis(10_000));
    let deploys = store
        .reader()
        .deploys("shop", from, to)
        .await
        .expect("read");
    let [deploy] = &deploys[..] else {
        panic!("{deploys:?}");
    };
    assert_eq!(
        (&*deploy.id, deploy.at, deploy.touches_cors),
        ("d1", UnixMillis(1000), true)
    );
    assert_eq!((&*deploy.author, &*deploy.recorded_by), ("mira", ""));
    assert_eq!(sql.ask("EXISTS deploys").await.trim(), "0");
}

#[tokio::test]
async fn a_newer_or_edited_database_is_refused() {
    let engine = Engine::shared().await;
    let newer = "INSERT INTO migrations (number, name, checksum) VALUES (9999, '9999_later', 'x')";
    let edited = "INSERT INTO migrations (number, name, checksum) VALUES (1, '0001', 'edited')";
    for (change, says) in [(newer, "9999_later"), (edited, "never edited")] {
        let config = engine.config();
        let store = Store::embedded(&config, engine.access());
        store.migrate().await.expect("migrated");
        Sql::new(engine, &config).run(change).await;
        let error = store.migrate().await.expect_err(change);
        assert!(matches!(error, StoreError::Schema(_)), "{error:?}");
        assert!(error.to_string().contains(says), "{error}");
    }
}

#[tokio::test]
async fn a_database_without_the_schema_says_to_migrate_first() {
    let engine = Engine::shared().await;
    let store = Store::embedded(&engine.config(), engine.access());
    let error = store.progress().await.expect_err("not migrated");
    assert!(matches!(error, StoreError::Schema(_)), "{error:?}");
    assert!(error.to_string().contains("migrate"), "{error}");
}

#[tokio::test]
async fn retention_and_durability_follow_the_configuration() {
    let engine = Engine::shared().await;
    let mut config = engine.config();
    let sql = Sql::new(engine, &config);
    for (days, durability, fsync) in [(14, Durability::Buffered, 0), (3, Durability::Fsync, 1)] {
        config.retention.raw = Span::secs(days * 86_400);
        config.durability = durability;
        let store = Store::embedded(&config, engine.access());
        store.migrate().await.expect("migrated");
        let created = sql.ask("SHOW CREATE TABLE observations").await;
        let ttl = format!("TTL minute + toIntervalSecond({})", days * 86_400);
        assert!(created.contains(&ttl), "{created}");
        assert!(
            created.contains(&format!("fsync_after_insert = {fsync}")),
            "{created}"
        );
    }
}

/// A server's answer to [`Store::examine`] under other credentials.
async fn examined(
    engine: &Engine,
    config: &store::Config,
    (user, password): (&str, &str),
) -> Result<store::ExaminedServer, StoreError> {
    let config = store::Config {
        url: engine.access().running().expect("runs").url,
        user: user.to_owned(),
        password: settings::Secret::new(password.to_owned()),
        ..config.clone()
    };
    Store::connect(&config).expect("a URL").examine().await
}

#[tokio::test]
async fn a_look_at_the_server_tells_the_schema_and_what_users_lack_and_changes_nothing() {
    let engine = Engine::shared().await;
    let config = engine.config();
    let (writer, password) = engine.access().credentials(EngineUser::Writer);
    let login = (writer, password.reveal());
    let found = examined(engine, &config, login).await.expect("it answers");
    assert!(matches!(found.schema, SchemaState::Missing), "{found:?}");
    Store::embedded(&config, engine.access())
        .migrate()
        .await
        .expect("migrated");
    let found = examined(engine, &config, login).await.expect("it answers");
    assert!(matches!(found.schema, SchemaState::Current), "{found:?}");
    assert!(
        found.denied.is_empty() && !found.version.is_empty(),
        "{found:?}"
    );

    let (reader, password) = engine.access().credentials(EngineUser::Reader);
    let found = examined(engine, &config, (reader, password.reveal()))
        .await
        .expect("it answers");
    assert_eq!(
        found.denied.len(),
        2,
        "it neither writes nor makes tables: {found:?}"
    );

    let refused = examined(engine, &config, (writer, "guess")).await;
    let refused = refused.expect_err("a wrong password");
    assert!(refused.is_denied(), "{}", refused.with_causes());

    let sql = Sql::new(engine, &config);
    sql.ask("INSERT INTO migrations (number, name, checksum) VALUES (9999, 'later', '')")
        .await;
    let found = examined(engine, &config, login).await.expect("it answers");
    assert!(
        matches!(&found.schema, SchemaState::Unusable(text) if text.contains("9999")),
        "{found:?}"
    );
}
