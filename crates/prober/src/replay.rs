//! Replaying a failure, and looking at a target that works.

use cors::{Headers, Ruling, Stage};
use runtime::Clock;
use store::{DiagnosisRow, Reader, SignatureRow, Store, StoreError};
use url::Url;

use crate::browse::{Ending, Manner, Methods, Values, Walk, browse};
use crate::client::{Call, Client};
use crate::config::Sample;
use crate::diagnosis::{Replay, conclude};
use crate::signature::{self, Place};
use crate::snapshot::{self, Seen};

/// Of a target's other addresses so many are asked where the first lets the request pass.
const OTHER_ADDRESSES: usize = 3;

const REPLAY: Manner = Manner {
    methods: Methods::Safe,
    values: Values::Unknown,
};

/// What a replay needs.
pub(crate) struct Replayer {
    pub(crate) client: Client,
    pub(crate) samples: Vec<Sample>,
    pub(crate) store: Store,
    pub(crate) reader: Reader,
    pub(crate) clock: Clock,
}

impl Replayer {
    /// Replays a failure and writes down what it shows.
    pub(crate) async fn diagnose(&self, row: &SignatureRow) -> Result<DiagnosisRow, StoreError> {
        let replay = self.replay(row).await;
        let mut seen = Vec::new();
        if let Ok(walk) = &replay.walk {
            seen = snapshot::seen(&walk.exchange, &row.headers);
            if seen.iter().any(|seen| seen.stage == Stage::Preflight) {
                seen.extend(self.plain_preflight(row, &replay.place.url).await);
            }
        }
        let changes = self.compare(row, &replay.place.url, &seen).await?.changes;
        let diagnosis = conclude(row, &replay, changes, self.clock.now());
        let rows = std::slice::from_ref(&diagnosis);
        self.store.save_diagnoses(rows).await?;
        Ok(diagnosis)
    }

    /// Looks at a target that works; returns whether its headers have changed.
    pub(crate) async fn look(&self, row: &SignatureRow) -> Result<bool, StoreError> {
        let place = Place::of(&row.target_origin, &row.endpoint, &self.samples);
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
        Ok(compared.changed_now)
    }

    async fn replay(&self, row: &SignatureRow) -> Replay {
        let place = Place::of(&row.target_origin, &row.endpoint, &self.samples);
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
    async fn plain_preflight(&self, row: &SignatureRow, url: &str) -> Option<Seen> {
        let url: Url = url.parse().ok()?;
        let mut headers = Headers::new();
        headers.push("Accept", "*/*");
        headers.push("Access-Control-Request-Method", &row.method);
        headers.push("Origin", &row.page_origin);
        headers.push("User-Agent", crate::browse::USER_AGENT);
        let call = Call {
            method: "OPTIONS",
            url: &url,
            headers: &headers,
        };
        let reply = self.client.call(call).await.ok()?;
        Some(Seen::of(
            row.method.clone(),
            Stage::Preflight,
            &reply.answer,
        ))
    }

    async fn compare(
        &self,
        row: &SignatureRow,
        url: &str,
        seen: &[Seen],
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
