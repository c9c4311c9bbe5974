//! What the collector is measured against: the least that a server must do.

use std::time::Duration;

use anyhow::Result;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use rdkafka::ClientConfig;
use rdkafka::message::DeliveryResult;
use rdkafka::producer::{BaseRecord, Producer as _, ProducerContext, ThreadedProducer};
use serde::Deserialize;
use tokio::sync::oneshot;

/// Which baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Baseline {
    /// Reads the body and answers.
    Bare,
    /// Parses the body, produces it with acks=all, answers after the delivery report.
    SerdeKafka,
}

/// Arguments of a baseline.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Args {
    kind: Baseline,
    #[arg(long)]
    brokers: String,
    #[arg(long)]
    topic: String,
}

/// Serves a baseline until killed.
pub(crate) async fn serve(args: &Args) -> Result<()> {
    let app = match args.kind {
        Baseline::Bare => Router::new().route("/v1/b/{key}", post(bare)),
        Baseline::SerdeKafka => Router::new()
            .route("/v1/b/{key}", post(serde_kafka))
            .with_state(Kafka::connect(&args.brokers, &args.topic)?),
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("baseline http://{}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}

async fn bare(body: Bytes) -> StatusCode {
    std::hint::black_box(body.len());
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "what is measured is the parsing")]
struct Beacon {
    v: u32,
    id: String,
    age: u64,
    s: String,
    page: String,
    rows: Vec<Row>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "what is measured is the parsing")]
struct Row {
    at: i64,
    to: Option<String>,
    ep: String,
    m: Option<String>,
    p: Option<u8>,
    st: Option<u16>,
    n: Option<u32>,
    l: Vec<u32>,
}

async fn serde_kafka(State(kafka): State<Kafka>, body: Bytes) -> StatusCode {
    let Ok(beacon) = serde_json::from_slice::<Beacon>(&body) else {
        return StatusCode::BAD_REQUEST;
    };
    match kafka.produce(beacon.id.as_bytes(), &body).await {
        Ok(()) => StatusCode::NO_CONTENT,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

struct Report;

impl rdkafka::ClientContext for Report {}

impl ProducerContext for Report {
    type DeliveryOpaque = Box<oneshot::Sender<bool>>;

    fn delivery(&self, result: &DeliveryResult<'_>, waiting: Self::DeliveryOpaque) {
        let _ = waiting.send(result.is_ok());
    }
}

#[derive(Clone)]
struct Kafka {
    producer: std::sync::Arc<ThreadedProducer<Report>>,
    topic: std::sync::Arc<str>,
}

impl Kafka {
    fn connect(brokers: &str, topic: &str) -> Result<Self> {
        let producer: ThreadedProducer<Report> = ClientConfig::new()
            .set("bootstrap.servers", brokers)
            .set("acks", "all")
            .set("enable.idempotence", "true")
            .set("compression.type", "lz4")
            .create_with_context(Report)?;
        producer
            .client()
            .fetch_metadata(Some(topic), Duration::from_secs(10))?;
        Ok(Self {
            producer: std::sync::Arc::new(producer),
            topic: topic.into(),
        })
    }

    async fn produce(&self, key: &[u8], payload: &[u8]) -> Result<(), ()> {
        let (tell, told) = oneshot::channel();
        let record = BaseRecord::with_opaque_to(&self.topic, Box::new(tell))
            .key(key)
            .payload(payload);
        self.producer.send(record).map_err(|_| ())?;
        match told.await {
            Ok(true) => Ok(()),
            _ => Err(()),
        }
    }
}
