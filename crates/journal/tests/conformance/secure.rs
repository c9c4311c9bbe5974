//! Clusters that ask for TLS and a password.

use std::collections::BTreeMap;
use std::time::Duration;

use journal::{Journal, Kind};
use runtime::{Clock, Metrics};
use settings::{Secret, Span};
use testkit::kafka::Secured;

use crate::lab::{Lab, Tail, append};

fn lab(secured: &Secured, password: &str) -> Lab {
    let mut lab = Lab::without_broker(Kind::Kafka, "secured");
    lab.config.kafka.brokers = secured.bootstrap.clone();
    lab.config.kafka.open_timeout = Span::secs(10);
    let authority = secured.authority.to_str().expect("text");
    lab.config.kafka.properties = BTreeMap::from(
        [
            ("security.protocol", "sasl_ssl"),
            ("sasl.mechanism", "SCRAM-SHA-512"),
            ("sasl.username", "corswatch"),
            ("sasl.password", password),
            ("ssl.ca.location", authority),
        ]
        .map(|(name, value)| (name.to_owned(), Secret::new(value.to_owned()))),
    );
    lab
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_with_tls_and_scram_takes_who_has_the_password_and_nobody_else() {
    let secured = Secured::start().await;
    let lab = lab(&secured, secured.password);
    let journal = lab.open().await;
    let appender = journal.appender().await.expect("an appender");
    append(&appender, 0, 0..3).await;
    let mut tail = Tail::started(&lab, &journal).await;
    assert_eq!(tail.records(3).await.len(), 3);

    let wrong = self::lab(&secured, "a guess");
    let metrics = Metrics::default();
    let opening = Journal::open(&wrong.config, Clock::system(), &metrics);
    let refused = tokio::time::timeout(Duration::from_secs(60), opening);
    let refused = refused.await.expect("in time").expect_err("no entry");
    let mut said = refused.to_string();
    let mut source = std::error::Error::source(&refused);
    while let Some(error) = source {
        said += &format!(": {error}");
        source = error.source();
    }
    assert!(said.contains("uthentication"), "{said}");
    assert!(!said.contains("a guess"), "{said}");
}
