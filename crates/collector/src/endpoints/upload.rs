//! `POST /v1/b/KEY`, with which pages send beacons, and `POST /v1/logs`, with which servers send logs.

use runtime::Causes as _;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::poll;
use http::HeaderMap;
use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, ORIGIN, USER_AGENT};
use intake::access_log::AccessLog;
use intake::beacon::Beacon;
use intake::{App, Arrival, Catalog, KeyState, LogKeyState, LogSource, Reason, Source as _};
use journal::{AppendError, Record, Room};
use observation::{BeaconId, Entry};
use tokio_util::task::TaskTracker;

use crate::address::{counted_as, network_of};
use crate::answer::{self, Answer};
use crate::body::{Encoding, Upload};
use crate::edge::Edge;
use crate::known_senders::KnownSenders;
use crate::outcome::{Outcome, Refused, Shed};
use crate::received::Received;

/// With what a sender shows who it is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Credential<'a> {
    /// A page: the public key in the path.
    PublicKey(&'a str),
    /// A server: a secret key in `Authorization`.
    Bearer,
}

/// Who sends, as far as the connection and the header say.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sender<'a> {
    pub(crate) credential: Credential<'a>,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) peer: IpAddr,
}

/// Whose body it is, and how to read it.
#[derive(Debug, Clone, Copy)]
struct Admitted<'e> {
    app: &'e App,
    /// Number of the key.
    key: usize,
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Beacon,
    Log(LogSource),
}

impl Format {
    /// `text/plain` needs no preflight. `application/json` is for hand-made clients. A beacon made of a
    /// Blob without a type has none.
    const fn content_types(self) -> &'static [&'static [u8]] {
        match self {
            Self::Beacon => &[b"text/plain", b"application/json"],
            Self::Log(_) => &[
                b"application/x-ndjson",
                b"application/json",
                b"application/jsonl",
                b"text/plain",
            ],
        }
    }

    const fn refusal(self) -> Refused {
        match self {
            Self::Beacon => Refused::ContentType,
            Self::Log(_) => Refused::LogContentType,
        }
    }
}

/// Takes a body: 204 once it is durable.
pub(crate) async fn take(
    edge: &Arc<Edge>,
    sender: Sender<'_>,
    upload: &mut Upload,
    limit: u64,
) -> Answer {
    let known = edge.senders.held();
    let mut received = Received::new(Arc::clone(edge));
    let outcome = match record((edge, &known), sender, upload, limit, &mut received).await {
        Ok(record) => append(edge, received, record).await,
        Err(outcome) => {
            received.settle(&outcome);
            outcome
        }
    };
    // Only pages run the SDK.
    let app = match sender.credential {
        Credential::PublicKey(key) => match known.catalog.key(key) {
            KeyState::Active { app, .. } => Some(app),
            KeyState::Disabled(_) | KeyState::Unknown => None,
        },
        Credential::Bearer => None,
    };
    if let Outcome::Body(refusal) = &outcome
        && refusal.reason == Reason::PageOriginNotAllowed
        && let Some(app) = app
    {
        known.unlisted.log(app.name(), &refusal.detail);
    }
    answer::of(&outcome, &edge.in_flight, app)
}

/// Everything up to the journal, the cheapest questions first.
async fn record(
    (edge, known): (&Edge, &KnownSenders),
    sender: Sender<'_>,
    upload: &mut Upload,
    limit: u64,
    received: &mut Received,
) -> Result<Record, Outcome> {
    edge.in_flight.has_room()?;
    let client = edge.proxies.client(sender.peer, sender.headers);
    let admitted = admit((edge, known), sender, client)?;
    let encoding = Encoding::read(sender.headers.get(CONTENT_ENCODING))?;
    check_content_type(sender.headers, admitted.format)?;
    let body = read(edge, upload, limit, received).await?;
    received.held.place(&edge.in_flight)?;
    let limit = edge.limits.decompressed.as_usize();
    let unpacked = encoding.unpack(body, limit);
    // Whatever was unpacked was work, also where it came to nothing.
    let bytes = unpacked.as_ref().map_or(limit, Bytes::len);
    let uptime = edge.uptime();
    known.key_bytes.charge(admitted.key, bytes, uptime);
    if admitted.format == Format::Beacon {
        edge.network_bytes.charge(network_of(client), bytes, uptime);
    }
    let unpacked = unpacked?;
    if encoding != Encoding::Plain {
        received.held.bytes(&edge.in_flight, unpacked.len())?;
    }
    envelope((edge, known), sender, (admitted, client), &unpacked)
}

fn admit<'e>(
    (edge, known): (&Edge, &'e KnownSenders),
    sender: Sender<'_>,
    client: IpAddr,
) -> Result<Admitted<'e>, Outcome> {
    let uptime = edge.uptime();
    if !edge.client_rates.admits(counted_as(client), uptime) {
        return Err(Shed::ClientRate.into());
    }
    let admitted = match sender.credential {
        Credential::PublicKey(key) => {
            // Anybody has a public key: networks share what it may send.
            if !edge.network_bytes.has_left(network_of(client), uptime) {
                return Err(Shed::NetworkBytes.into());
            }
            of_page(&known.catalog, key)?
        }
        Credential::Bearer => of_server(&known.catalog, sender.headers)?,
    };
    if !known.key_rates.admits(admitted.key, uptime) {
        return Err(Shed::KeyRate.into());
    }
    if !known.key_bytes.has_left(admitted.key, uptime) {
        return Err(Shed::KeyBytes.into());
    }
    Ok(admitted)
}

fn of_page<'e>(catalog: &'e Catalog, key: &str) -> Result<Admitted<'e>, Refused> {
    match catalog.key(key) {
        KeyState::Unknown => Err(Refused::UnknownKey),
        KeyState::Disabled(_) => Err(Refused::KeyDisabled),
        KeyState::Active { app, key } => Ok(Admitted {
            app,
            key,
            format: Format::Beacon,
        }),
    }
}

fn of_server<'e>(catalog: &'e Catalog, headers: &HeaderMap) -> Result<Admitted<'e>, Refused> {
    let key = headers.get(AUTHORIZATION).and_then(|header| {
        // The scheme is compared in any case (RFC 9110, section 11.1).
        let (scheme, key) = header.as_bytes().split_at_checked(b"bearer ".len())?;
        scheme
            .eq_ignore_ascii_case(b"bearer ")
            .then(|| key.trim_ascii())
    });
    match key.map(|key| catalog.log_key(key)) {
        None | Some(LogKeyState::Unknown) => Err(Refused::UnknownLogKey),
        Some(LogKeyState::Active { app, key, source }) => Ok(Admitted {
            app,
            key,
            format: Format::Log(source),
        }),
    }
}

fn check_content_type(headers: &HeaderMap, format: Format) -> Result<(), Refused> {
    let Some(header) = headers.get(CONTENT_TYPE) else {
        return Ok(());
    };
    let essence = header
        .as_bytes()
        .split(|b| *b == b';')
        .next()
        .unwrap_or_default()
        .trim_ascii();
    let mut known = format.content_types().iter();
    match known.any(|known| essence.eq_ignore_ascii_case(known)) {
        true => Ok(()),
        false => Err(format.refusal()),
    }
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
    let timeout = edge.timeouts.body.duration();
    tokio::time::timeout(timeout, reading)
        .await
        .unwrap_or(Err(Outcome::Shed(Shed::SlowBody)))
}

fn envelope(
    (edge, known): (&Edge, &KnownSenders),
    sender: Sender<'_>,
    (admitted, client): (Admitted<'_>, IpAddr),
    body: &[u8],
) -> Result<Record, Outcome> {
    let received_at = edge.clock.now();
    let arrival = Arrival {
        app: admitted.app,
        catalog: &known.catalog,
        received_at,
        network: edge.networks.hash(client, received_at),
        cardinality: &known.slots,
        plausibility: &known.plausibility,
    };
    let text = |name| sender.headers.get(name).map(http::HeaderValue::to_str);
    let accepted = match admitted.format {
        Format::Beacon => Beacon {
            // An Origin that is not text is not an origin of ours either.
            origin: text(ORIGIN).map(|origin| origin.unwrap_or_default()),
            user_agent: text(USER_AGENT).and_then(Result::ok).unwrap_or_default(),
        }
        .parse(body, &arrival),
        Format::Log(source) => AccessLog { source }.parse(body, &arrival),
    }
    .map_err(Outcome::Body)?;
    edge.metrics.passed_over(&accepted);
    let BeaconId(key) = accepted.envelope.beacon;
    Ok(Record {
        partition: BeaconId(key).partition(edge.partitions),
        key,
        payload: Entry::Beacon(accepted.envelope).encode().into(),
        room: Room::Shared,
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
                error = %error.with_causes(),
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
