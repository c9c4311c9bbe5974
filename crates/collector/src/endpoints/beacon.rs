//! `POST /v1/b/KEY`.

use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::poll;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, ORIGIN, USER_AGENT};
use intake::beacon::{BeaconContext, accept};
use intake::{App, KeyState};
use journal::{AppendError, Record};
use observation::{BeaconId, Entry};
use tokio_util::task::TaskTracker;

use crate::address::{counted_as, network_of};
use crate::answer::{self, Answer};
use crate::body::{Encoding, Upload};
use crate::edge::Edge;
use crate::outcome::{Outcome, Refused, Shed};
use crate::received::Received;

/// Who sends, as far as the connection and the header say.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sender<'a> {
    pub(crate) key: &'a str,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) peer: IpAddr,
}

/// Takes a beacon: 204 once it is durable.
pub(crate) async fn take(
    edge: &Arc<Edge>,
    sender: Sender<'_>,
    upload: &mut Upload,
    limit: u64,
) -> Answer {
    let mut received = Received::new(Arc::clone(edge));
    let outcome = match record(edge, sender, upload, limit, &mut received).await {
        Ok(record) => append(edge, received, record).await,
        Err(outcome) => {
            received.settle(&outcome);
            outcome
        }
    };
    let app = match edge.catalog.key(sender.key) {
        KeyState::Active { app, .. } => Some(app),
        KeyState::Disabled(_) | KeyState::Unknown => None,
    };
    answer::of(&outcome, &edge.in_flight, app)
}

/// Everything up to the journal, the cheapest questions first.
async fn record(
    edge: &Edge,
    sender: Sender<'_>,
    upload: &mut Upload,
    limit: u64,
    received: &mut Received,
) -> Result<Record, Outcome> {
    edge.in_flight.has_room()?;
    let client = edge.proxies.client(sender.peer, sender.headers);
    let (app, key) = admit(edge, sender.key, client)?;
    let encoding = Encoding::read(sender.headers.get(CONTENT_ENCODING))?;
    check_content_type(sender.headers)?;
    let body = read(edge, upload, limit, received).await?;
    received.held.place(&edge.in_flight)?;
    let limit = edge.limits.decompressed.as_usize();
    let unpacked = encoding.unpack(body, limit);
    // Whatever was unpacked was work, also where it came to nothing.
    let bytes = unpacked.as_ref().map_or(limit, Bytes::len);
    let uptime = edge.uptime();
    edge.key_bytes.charge(key, bytes, uptime);
    edge.network_bytes.charge(network_of(client), bytes, uptime);
    let unpacked = unpacked?;
    if encoding != Encoding::Plain {
        received.held.bytes(&edge.in_flight, unpacked.len())?;
    }
    envelope(edge, sender, (app, client), &unpacked)
}

/// The application of the key, and the key's number.
fn admit<'e>(edge: &'e Edge, key: &str, client: IpAddr) -> Result<(&'e App, usize), Outcome> {
    let uptime = edge.uptime();
    if !edge.client_rates.admits(counted_as(client), uptime) {
        return Err(Shed::ClientRate.into());
    }
    if !edge.network_bytes.has_left(network_of(client), uptime) {
        return Err(Shed::NetworkBytes.into());
    }
    let (app, key) = match edge.catalog.key(key) {
        KeyState::Unknown => return Err(Refused::UnknownKey.into()),
        KeyState::Disabled(_) => return Err(Refused::KeyDisabled.into()),
        KeyState::Active { app, key } => (app, key),
    };
    if !edge.key_rates.admits(key, uptime) {
        return Err(Shed::KeyRate.into());
    }
    if !edge.key_bytes.has_left(key, uptime) {
        return Err(Shed::KeyBytes.into());
    }
    Ok((app, key))
}

/// `text/plain` needs no preflight. `application/json` is for hand-made clients. A beacon made of a
/// Blob without a type has none.
fn check_content_type(headers: &HeaderMap) -> Result<(), Refused> {
    let Some(header) = headers.get(CONTENT_TYPE) else {
        return Ok(());
    };
    let essence = header
        .as_bytes()
        .split(|b| *b == b';')
        .next()
        .unwrap_or_default();
    let essence = essence.trim_ascii();
    let known = [&b"text/plain"[..], b"application/json"];
    if known
        .iter()
        .any(|known| essence.eq_ignore_ascii_case(known))
    {
        return Ok(());
    }
    Err(Refused::ContentType)
}

async fn read(
    edge: &Edge,
    upload: &mut Upload,
    limit: u64,
    received: &mut Received,
) -> Result<Bytes, Outcome> {
    let mut reading = std::pin::pin!(upload.read(limit, received, &edge.in_flight));
    // Most bodies are there already: only the others need a timer.
    if let Poll::Ready(body) = poll!(reading.as_mut()) {
        return body;
    }
    let patience = edge.timeouts.body.duration();
    tokio::time::timeout(patience, reading)
        .await
        .unwrap_or(Err(Outcome::Shed(Shed::SlowBody)))
}

fn envelope(
    edge: &Edge,
    sender: Sender<'_>,
    (app, client): (&App, IpAddr),
    body: &[u8],
) -> Result<Record, Outcome> {
    let received_at = edge.clock.now();
    let text = |name| sender.headers.get(name).map(http::HeaderValue::to_str);
    let context = BeaconContext {
        app,
        catalog: &edge.catalog,
        received_at,
        // An Origin that is no text is no origin of ours either.
        origin: text(ORIGIN).map(|origin| origin.unwrap_or_default()),
        user_agent: text(USER_AGENT).and_then(Result::ok).unwrap_or_default(),
        network: edge.networks.hash(client, received_at),
        cardinality: &edge.slots,
        plausibility: &edge.plausibility,
    };
    let accepted = accept(body, &context).map_err(Outcome::Beacon)?;
    edge.metrics.passed_over(&accepted);
    let BeaconId(key) = accepted.envelope.beacon;
    Ok(Record {
        partition: BeaconId(key).partition(edge.partitions),
        key,
        payload: Entry::Beacon(accepted.envelope).encode().into(),
    })
}

async fn append(edge: &Arc<Edge>, received: Received, record: Record) -> Outcome {
    let orphans = edge.orphans.clone();
    let edge = Arc::clone(edge);
    let append = Box::pin(async move {
        let outcome = match edge.journal.append(record).await {
            Ok(_) => Outcome::Appended,
            Err(error) => outcome_of(&error),
        };
        received.settle(&outcome);
        outcome
    });
    Appending {
        append: Some(append),
        orphans,
    }
    .await
}

fn outcome_of(error: &AppendError) -> Outcome {
    match error {
        AppendError::Full { .. } => Shed::JournalFull.into(),
        AppendError::Timeout => Shed::JournalTimeout.into(),
        AppendError::Unavailable(_) | AppendError::Closed => Shed::JournalUnavailable.into(),
        AppendError::TooLarge { .. } => Refused::RecordTooLarge.into(),
        AppendError::NoSuchPartition { .. } => {
            tracing::error!(
                error = error as &dyn std::error::Error,
                "journal and edge disagree"
            );
            Shed::JournalUnavailable.into()
        }
    }
}

/// An append that is finished and counted also when the client goes away meanwhile: the record may
/// be durable by then, and the counts have to say so.
struct Appending {
    append: Option<Pin<Box<dyn Future<Output = Outcome> + Send>>>,
    orphans: TaskTracker,
}

impl Future for Appending {
    type Output = Outcome;
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Outcome> {
        // Taken out meanwhile, so that a panic leaves nothing to be polled again.
        let mut append = self.append.take().expect("not polled after it is ready");
        let polled = append.as_mut().poll(context);
        if polled.is_pending() {
            self.append = Some(append);
        }
        polled
    }
}

impl Drop for Appending {
    fn drop(&mut self) {
        if let Some(append) = self.append.take()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            self.orphans.spawn_on(append, &runtime);
        }
    }
}
