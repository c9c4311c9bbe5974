//! Replaying a failure, and looking at a target that works.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use cors::{Headers, Ruling, Stage};
use runtime::Clock;
use store::{DiagnosisRow, Reader, SignatureRow, Store, StoreError};
use tokio::time::Instant;
use url::Url;

use crate::diagnosis::{Replay, conclude, unasked};
use crate::signature;
use crate::snapshot::{self, TargetSnapshot};
use browse::CallError;
use browse::Pace;
use browse::{BrowsePolicy, Ending, Methods, Values, Walk, browse};
use browse::{Call, Client};
use browse::{KnownPaths, NoPath, ProbeTarget};

/// Of a target's other addresses so many are asked where the first lets the request pass.
const OTHER_ADDRESSES: usize = 3;

const REPLAY: BrowsePolicy = BrowsePolicy {
    methods: Methods::Safe,
    values: Values::Unknown,
};

/// What came of a task.
pub(crate) enum Done<T> {
    /// It is done.
    Now(T),
    /// The target has had its messages: it is to be tried again after this.
    After(Duration),
}

/// What a replay needs.
pub(crate) struct Replayer {
    pub(crate) pace: Arc<Pace>,
    /// Its messages are counted by the pace.
    pub(crate) client: Client,
    pub(crate) known: KnownPaths,
    pub(crate) store: Store,
    pub(crate) reader: Reader,
    pub(crate) clock: Clock,
}

impl Replayer {
    /// Replays a failure and writes down what it shows.
    pub(crate) async fn diagnose(
        &self,
        row: &SignatureRow,
    ) -> Result<Done<DiagnosisRow>, StoreError> {
        let diagnosis = match self.place(row) {
            Ok(place) => match self.diagnose_at(row, place).await? {
                Done::Now(diagnosis) => diagnosis,
                after @ Done::After(_) => return Ok(after),
            },
            Err(error) => unasked(row, &error, self.clock.now()),
        };
        let rows = std::slice::from_ref(&diagnosis);
        self.store.save_diagnoses(rows).await?;
        Ok(Done::Now(diagnosis))
    }

    /// How long to wait before the address of `url` may be asked; nothing where it may be. Names that
    /// lead to one machine have its rate together, whatever they are.
    async fn wait(&self, url: &str) -> Option<Duration> {
        let url: Url = url.parse().ok()?;
        // What cannot be asked is told by who asks.
        let addresses = self.client.addresses(&url).await.ok()?;
        let port = url.port_or_known_default()?;
        let address = SocketAddr::new(*addresses.first()?, port);
        self.pace.wait_for_address(address, Instant::now())
    }

    fn place(&self, row: &SignatureRow) -> Result<ProbeTarget, NoPath> {
        ProbeTarget::of(&row.target_origin, &row.endpoint, &row.method, &self.known)
    }

    async fn diagnose_at(
        &self,
        row: &SignatureRow,
        place: ProbeTarget,
    ) -> Result<Done<DiagnosisRow>, StoreError> {
        if let Some(wait) = self.wait(&place.url).await {
            return Ok(Done::After(wait));
        }
        let replay = self.replay(row, place).await;
        if let Some(wait) = replay.walk.as_ref().ok().and_then(paced) {
            return Ok(Done::After(wait));
        }
        let mut seen = Vec::new();
        if let Ok(walk) = &replay.walk {
            seen = snapshot::seen(&walk.exchange, &row.headers);
            if seen.iter().any(|seen| seen.stage == Stage::Preflight) {
                seen.extend(self.plain_preflight(row, &replay.place.url).await);
            }
        }
        let changes = self.compare(row, &replay.place.url, &seen).await?.changes;
        let diagnosis = conclude(row, &replay, changes, self.clock.now());
        Ok(Done::Now(diagnosis))
    }

    /// Looks at a target that works; returns whether its headers have changed.
    pub(crate) async fn look(&self, row: &SignatureRow) -> Result<Done<bool>, StoreError> {
        let Ok(place) = self.place(row) else {
            return Ok(Done::Now(false));
        };
        if let Some(wait) = self.wait(&place.url).await {
            return Ok(Done::After(wait));
        }
        let mut seen = Vec::new();
        if row.preflighted {
            seen.extend(self.plain_preflight(row, &place.url).await);
        } else if !place.made_up
            && let Ok(request) = signature::request(row, &place.url)
        {
            let walk = browse(&self.client, &request, REPLAY).await;
            seen = snapshot::seen(&walk.exchange, "");
        }
        let compared = self.compare(row, &place.url, &seen).await?;
        Ok(Done::Now(compared.changed_now))
    }

    async fn replay(&self, row: &SignatureRow, place: ProbeTarget) -> Replay {
        let request = match signature::request(row, &place.url) {
            Ok(request) => request,
            Err(error) => {
                return Replay {
                    place,
                    walk: Err(error),
                    edge: None,
                };
            }
        };
        let walk = browse(&self.client, &request, REPLAY).await;
        let passed = walk.verdict.judgement.ruling != Ruling::Blocked
            && !matches!(walk.ending, Ending::Failed { .. });
        let edge = if passed {
            self.elsewhere(&request, &walk).await
        } else {
            None
        };
        Replay {
            place,
            walk: Ok(walk),
            edge,
        }
    }

    /// Asks other addresses of the target; the first walk that is blocked.
    async fn elsewhere(&self, request: &cors::Request, first: &Walk) -> Option<Walk> {
        let asked = first.steps.first().map(|step| step.remote.ip());
        let addresses = self.client.addresses(request.url()).await.ok()?;
        let others = addresses
            .into_iter()
            .filter(|address| Some(*address) != asked);
        for address in others.take(OTHER_ADDRESSES) {
            let walk = browse(&self.client.pinned(request.url(), address), request, REPLAY).await;
            if walk.verdict.judgement.ruling == Ruling::Blocked {
                return Some(walk);
            }
        }
        None
    }

    /// The preflight without header names: what targets that work are asked too, so that both can be
    /// compared.
    async fn plain_preflight(&self, row: &SignatureRow, url: &str) -> Option<TargetSnapshot> {
        let url: Url = url.parse().ok()?;
        let mut headers = Headers::new();
        headers.push("Accept", "*/*");
        headers.push("Access-Control-Request-Method", &row.method);
        headers.push("Origin", &row.page_origin);
        headers.push("User-Agent", browse::USER_AGENT);
        let call = Call {
            method: "OPTIONS",
            url: &url,
            headers: &headers,
        };
        let reply = self.client.call(call).await.ok()?;
        Some(TargetSnapshot::of(
            row.method.clone(),
            Stage::Preflight,
            &reply.answer,
        ))
    }

    async fn compare(
        &self,
        row: &SignatureRow,
        url: &str,
        seen: &[TargetSnapshot],
    ) -> Result<snapshot::Compared, StoreError> {
        if seen.is_empty() {
            return Ok(snapshot::Compared::default());
        }
        let before = self.reader.snapshots(&row.page_origin, url).await?;
        let target = (row.page_origin.as_str(), url);
        let compared = snapshot::compare(target, seen, &before, self.clock.now());
        self.store.save_snapshots(&compared.rows).await?;
        Ok(compared)
    }
}

/// How long to wait where a walk ended because the target has had its messages.
fn paced(walk: &Walk) -> Option<Duration> {
    match walk.ending {
        Ending::Failed {
            error: CallError::Paced(wait),
            ..
        } => Some(wait),
        _ => None,
    }
}
