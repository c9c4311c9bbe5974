//! Kafka and ClickHouse.

use runtime::Causes as _;
use std::time::Duration;

use journal::{Examined, ExaminedTopic, Journal};
use runtime::Clock;
use store::{SchemaState, Store};

use super::clock;
use super::finding::{Check, Finding};
use crate::config::Config;
use crate::parts::LOADER_GROUP;

/// Brokers, topic, and the loaders' consumer group.
pub(super) async fn kafka(config: &Config, limit: Duration) -> Vec<Finding> {
    let kafka = &config.journal.kafka;
    match Journal::examine_topic(&config.journal, LOADER_GROUP, limit).await {
        Err(error) => {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            let cause = cause.map(|cause| format!(": {cause}")).unwrap_or_default();
            vec![
                Finding::failed(Check::Kafka, &kafka.brokers, format!("{error}{cause}")).so(
                    "start the brokers, or correct `journal.kafka.brokers`; where a password or certificate \
                     is named, `journal.kafka.properties`",
                ),
            ]
        }
        Ok(Examined::NoTopic) => vec![
            Finding::ok(Check::Kafka, &kafka.brokers, "answers"),
            no_topic(config),
        ],
        Ok(Examined::Topic(topic)) => {
            let mut found = vec![Finding::ok(Check::Kafka, &kafka.brokers, "answers")];
            found.extend(of_topic(config, &topic));
            found
        }
    }
}

fn no_topic(config: &Config) -> Finding {
    let kafka = &config.journal.kafka;
    if kafka.create_topic {
        let found = "does not exist; the first process makes it (`journal.kafka.create_topic`)";
        return Finding::warning(Check::Topic, &kafka.topic, found)
            .so("start a collector or `corswatch up`");
    }
    Finding::failed(Check::Topic, &kafka.topic, "does not exist").so(format!(
        "make it with {} partitions and {} replicas (kafka-topics --create), or set \
         `journal.kafka.create_topic = true`",
        kafka.partitions, kafka.required_replication
    ))
}

fn of_topic(config: &Config, topic: &ExaminedTopic) -> Vec<Finding> {
    let name = &config.journal.kafka.topic;
    let mut found = vec![match &topic.mismatch {
        Some(error) => Finding::failed(Check::Topic, name, error.to_string())
            .so("no process starts with this topic until that is so"),
        None => Finding::ok(
            Check::Topic,
            name,
            format!(
                "{} partitions, {} replicas",
                topic.partitions, topic.replicas
            ),
        ),
    }];
    found.extend(topic.weaknesses.iter().map(|weakness| {
        let (what, action) = weakness.split_once(": ").unwrap_or((weakness, ""));
        Finding::warning(Check::Topic, name, what).so(action)
    }));
    found.push(match &topic.group {
        Ok(()) => Finding::ok(Check::Group, LOADER_GROUP, "may read the topic"),
        Err(error) => Finding::failed(Check::Group, LOADER_GROUP, error).so(format!(
            "permit Read on the group {LOADER_GROUP}, and Read and Describe on the topic {name} (kafka-acls)"
        )),
    });
    found
}

/// The server, its clock, its schema, and what its users may do.
pub(super) async fn clickhouse(config: &Config, clock: &Clock) -> Vec<Finding> {
    let url = &config.store.url;
    let store = match Store::connect(&config.store) {
        Ok(store) => store,
        Err(error) => return vec![Finding::failed(Check::Clickhouse, url, error.to_string())],
    };
    let before = clock.now();
    let server = match store.examine().await {
        Ok(server) => server,
        Err(error) => {
            let action = match error.is_denied() {
                true => {
                    "correct `store.user` and `store.password` (`store.password_file`), or make the user: CREATE USER"
                }
                false => {
                    "start the server, or correct `store.url`: it is the address of its HTTP interface"
                }
            };
            let found = error.with_causes().to_string();
            return vec![Finding::failed(Check::Clickhouse, url, found).so(action)];
        }
    };
    let (after, version) = (clock.now(), &server.version);
    let middle = i64::midpoint(before.0, after.0);
    let mut found = vec![
        Finding::ok(Check::Clickhouse, url, format!("ClickHouse {version}")),
        clock::judged(url, server.now.0 - middle, after.0 - before.0),
        schema(&config.store.database, &server.schema),
    ];
    if server.denied.is_empty() {
        if matches!(server.schema, SchemaState::Current | SchemaState::Behind(_)) {
            found.push(Finding::ok(
                Check::Grants,
                &config.store.database,
                "both users may do what they have to",
            ));
        }
    } else {
        let database = &config.store.database;
        let grants = format!(
            "GRANT SELECT, INSERT, ALTER, CREATE TABLE, DROP TABLE, OPTIMIZE, TRUNCATE ON {database}.* to \
             `store.user`, and SELECT to `store.reader_user`"
        );
        found.extend(
            server
                .denied
                .iter()
                .map(|denied| Finding::failed(Check::Grants, database, denied).so(&grants)),
        );
    }
    found
}

fn schema(database: &str, state: &SchemaState) -> Finding {
    match state {
        SchemaState::Current => Finding::ok(Check::Schema, database, "is that of this build"),
        SchemaState::Missing => {
            Finding::warning(Check::Schema, database, "has no tables of corswatch")
                .so("start a loader, an aggregator or a dashboard: the first makes them")
        }
        SchemaState::Behind(count) => Finding::warning(
            Check::Schema,
            database,
            format!("{count} migrations of this build are missing"),
        )
        .so("restart the roles with this build, the dashboard first: it migrates"),
        SchemaState::Unusable(why) => Finding::failed(Check::Schema, database, why)
            .so("install the build that wrote it, or name another `store.database`"),
    }
}
