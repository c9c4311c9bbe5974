//! A router over answers made by hand, for what is HTTP and nothing else.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "every test binary uses another part of this module"
)]

mod deploys;
mod inventory;

use inventory::inventory;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use dashboard::{App, Config, Edge, Interval, Queries, SloSpec, State};
use http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use observation::{
    BeaconId, Chunk, Confidence, Context, Kind, Outcome, SessionId, Stage, Standing, UnixMillis,
};
use runtime::{ManualClock, Metrics};
use serde_json::Value;
use slo::{Objective, Sli, Sums, Window};
use store::{
    AlertPhase, AlertRow, AuditState, Breakdown, ChangeRow, ChunkRow, ClosingRow, Compared,
    DeliveryFilter, DeliveryRow, DeployRow, DiagnosisRow, DifferenceRow, Dimension, EdgeReportRow,
    Failure, FindingLevel, FixPlace, FixRow, FoundRow, Grant, HeaderLine, IncidentRow,
    InventoryRow, InventoryStep, LabTraffic, Ledger, OriginSource, PartnerLinkRow, Preflighted,
    PreflightedShape, ProgressRow, ReplayOutcome, ReplayReason, RequestShape, SignatureRow,
    SilenceRow, SingleFailure, SinglePlace, SinglesOf, SliFilter, SnapshotRow, Stance, StoreError,
    TriedOrigin, Vary,
};
use tower::ServiceExt as _;

/// 2026-11-01T12:00:30Z.
pub const NOW: UnixMillis = UnixMillis(1_793_534_430_000);

/// What the fake answers, and what it was asked.
#[derive(Default)]
pub struct Fake {
    pub asked: Mutex<Vec<(SliFilter, Interval)>>,
    pub deploys: Mutex<Vec<DeployRow>>,
    pub silences: Mutex<std::collections::BTreeMap<String, SilenceRow>>,
    pub partner_links: Mutex<std::collections::BTreeMap<String, PartnerLinkRow>>,
    pub closings: Mutex<Vec<ClosingRow>>,
    pub incidents: Vec<IncidentRow>,
    pub mood: Mood,
    pub behind_ms: i64,
    /// The edge refuses beacons.
    pub refuses: bool,
    /// Epoch, partition and event time; the two partitions of an epoch that began lately otherwise.
    pub progress: Option<Vec<(u32, u32, UnixMillis)>>,
}

/// How the fake feels.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mood {
    #[default]
    Well,
    Unavailable,
    NotMigrated,
    TooMuch,
    Stuck,
}

impl Fake {
    async fn check(&self) -> Result<(), StoreError> {
        let source = || "connection refused".into();
        match self.mood {
            Mood::Well => Ok(()),
            Mood::Unavailable => Err(StoreError::Unavailable {
                reason: "connect",
                source: source(),
            }),
            Mood::NotMigrated => Err(StoreError::Schema("the database is empty".into())),
            Mood::TooMuch => Err(StoreError::Limits {
                code: 159,
                source: source(),
            }),
            Mood::Stuck => std::future::pending().await,
        }
    }

    fn note(&self, filter: &SliFilter, within: Interval) {
        self.asked
            .lock()
            .expect("not poisoned")
            .push((filter.clone(), within));
    }
}

pub fn sums() -> Sums {
    Sums {
        requests: 4000,
        blocked: 3,
        unknown: 1,
        credentialed: 100,
        credentialed_blocked: 1,
        credentialed_denied: 2,
        preflighted: 50,
        preflight_blocked: 2,
        header_reads: 10,
        header_unreadable: 1,
        preflight_latency: vec![(40, 10), (63, 10), (64, 5)],
        by_outcome: vec![
            (Outcome::Ok, 3990),
            (Outcome::Blocked, 3),
            (Outcome::Aborted, 5),
            (Outcome::Unknown, 1),
        ],
        ..Sums::default()
    }
}

#[async_trait]
impl Queries for Fake {
    async fn sli(&self, filter: &SliFilter, within: Interval) -> Result<Sums, StoreError> {
        self.check().await?;
        self.note(filter, within);
        Ok(sums())
    }

    async fn series(
        &self,
        filter: &SliFilter,
        within: Interval,
        _step: Duration,
    ) -> Result<Vec<(UnixMillis, Sums)>, StoreError> {
        self.check().await?;
        self.note(filter, within);
        Ok(vec![(within.from.plus(60_000), sums())])
    }

    async fn breakdown(
        &self,
        filter: &SliFilter,
        _by: Dimension,
        within: Interval,
        _limit: u32,
    ) -> Result<Vec<Breakdown>, StoreError> {
        self.check().await?;
        self.note(filter, within);
        Ok(vec![Breakdown {
            value: "chrome".into(),
            sums: sums(),
        }])
    }

    async fn top_failures(
        &self,
        filter: &SliFilter,
        within: Interval,
        _limit: u32,
    ) -> Result<Vec<Failure>, StoreError> {
        self.check().await?;
        self.note(filter, within);
        Ok(vec![Failure {
            kind: Kind::Request,
            service: "cart".into(),
            target_origin: "https://api.test".into(),
            endpoint: "/cart/:id".into(),
            method: "PUT".into(),
            outcome: Outcome::Blocked,
            stage: Some(Stage::Preflight),
            cause: String::new(),
            parameter: "x-tenant".into(),
            confidence: Some(Confidence::Proven),
            count: 3,
            page_origins: vec!["https://shop.test".into()],
            browsers: vec!["chrome 156".into()],
            first_seen: UnixMillis(1_793_534_340_000),
            last_seen: UnixMillis(1_793_534_400_000),
            sessions: 2,
        }])
    }

    async fn difference(
        &self,
        filter: &SliFilter,
        within: Interval,
        _compared: Compared,
    ) -> Result<Vec<DifferenceRow>, StoreError> {
        self.check().await?;
        self.note(filter, within);
        let row = |dimension: &str, value: &str, bad, total| DifferenceRow {
            dimension: dimension.into(),
            value: value.into(),
            bad,
            total,
        };
        Ok(vec![
            row("", "", 3, 4000),
            row("release", "2.0.0", 3, 100),
            row("release", "1.0.0", 0, 3900),
        ])
    }

    async fn preflighted(
        &self,
        filter: &SliFilter,
        within: Interval,
    ) -> Result<Vec<Preflighted>, StoreError> {
        self.check().await?;
        self.note(filter, within);
        Ok(vec![Preflighted {
            shape: PreflightedShape {
                service: "catalog".into(),
                target_origin: "https://api.test".into(),
                endpoint: "/items".into(),
                method: "PUT".into(),
                headers: "content-type,x-tenant".into(),
            },
            requests: 50,
            latency: vec![(40, 10)],
            repeats: Some((10, 4)),
        }])
    }

    async fn single_failures(
        &self,
        (filter, _which): (&SliFilter, &SinglesOf),
        within: Interval,
        _after: Option<SinglePlace>,
        limit: u32,
    ) -> Result<Vec<SingleFailure>, StoreError> {
        self.check().await?;
        self.note(filter, within);
        let all = (0..3).map(single).take(limit as usize);
        Ok(all.collect())
    }

    async fn single_failure(
        &self,
        _app: &str,
        place: SinglePlace,
    ) -> Result<Option<SingleFailure>, StoreError> {
        self.check().await?;
        Ok((0..3).map(single).find(|row| row.place() == place))
    }

    async fn snapshots(
        &self,
        page_origin: &str,
        url: &str,
    ) -> Result<Vec<SnapshotRow>, StoreError> {
        self.check().await?;
        Ok(vec![SnapshotRow {
            page_origin: page_origin.into(),
            url: url.into(),
            asked: "PUT x-tenant".into(),
            stage: Stage::Preflight,
            first_at: NOW.plus(-60_000),
            last_at: NOW,
            status: 204,
            headers: vec![HeaderLine {
                name: "access-control-allow-headers".into(),
                value: "content-type".into(),
            }],
        }])
    }

    async fn shapes(
        &self,
        _filter: &SliFilter,
        _within: Interval,
    ) -> Result<Vec<RequestShape>, StoreError> {
        self.check().await?;
        let shape = RequestShape {
            page_origin: "https://shop.test".into(),
            target_origin: "https://api.test".into(),
            endpoint: "/cart/:id".into(),
            service: "cart".into(),
            method: "PUT".into(),
            headers: "content-type,x-tenant".into(),
            credentialed: true,
            preflighted: true,
            reads: vec!["x-total".into()],
            outcomes: vec![(Outcome::Ok, 7), (Outcome::Blocked, 3)],
            count: 10,
        };
        let plain = RequestShape {
            headers: String::new(),
            preflighted: false,
            reads: Vec::new(),
            ..shape.clone()
        };
        let overflowed = RequestShape {
            headers: web::OTHER.into(),
            ..shape.clone()
        };
        Ok(vec![shape, plain, overflowed])
    }

    async fn ledger(&self) -> Result<Ledger, StoreError> {
        self.check().await?;
        let chunk = ChunkRow {
            epoch: 1,
            partition: 0,
            chunk: Chunk(0),
            version: 9,
            records: 10,
            beacons_stored: 6,
            duplicates: 2,
            dead_lettered: 1,
            edge_reports: 1,
            rows: 20,
        };
        let edge = EdgeReportRow {
            process: [1; 12],
            at: NOW,
            received: 13,
            appended: 9,
            shed: 1,
            spooled: 0,
            refused: vec![("origin_not_allowed".into(), 3)],
            shed_by: vec![("key_rate".into(), 1)],
        };
        let progress = ProgressRow {
            epoch: 1,
            partition: 0,
            next_offset: 10,
            event_time: NOW,
        };
        Ok(Ledger {
            partitions: vec![chunk],
            progress: vec![progress],
            edges: vec![edge],
        })
    }

    async fn progress(&self) -> Result<Vec<ProgressRow>, StoreError> {
        self.check().await?;
        if let Some(progress) = &self.progress {
            let row = |&(epoch, partition, event_time)| ProgressRow {
                epoch,
                partition,
                next_offset: 5,
                event_time,
            };
            return Ok(progress.iter().map(row).collect());
        }
        let old = ProgressRow {
            epoch: 1,
            partition: 0,
            next_offset: 5,
            event_time: UnixMillis(5),
        };
        let now = NOW.plus(-self.behind_ms);
        let quick = ProgressRow {
            epoch: 2,
            partition: 0,
            next_offset: 5,
            event_time: now,
        };
        let slow = ProgressRow {
            partition: 1,
            event_time: now.plus(-2000),
            ..quick
        };
        Ok(vec![old, quick, slow])
    }

    async fn alerts(&self) -> Result<Vec<AlertRow>, StoreError> {
        self.check().await?;
        let body = r#"{"labels":{"service":"checkout"},"annotations":{"summary":"3 of 4000 requests were blocked","runbook_url":"https://runbooks.test/cors"}}"#;
        let row = |app: &str, state: AlertPhase, resolved_at| AlertRow {
            id: format!("{app}-{state}"),
            version: 1,
            app: app.into(),
            slo: "blocks".into(),
            rule: "fast".into(),
            group: "service=cart".into(),
            severity: slo::Severity::Page,
            state,
            started_at: NOW.plus(-60_000),
            updated_at: NOW,
            resolved_at,
            body: body.into(),
        };
        let refused = AlertRow {
            slo: "edge".into(),
            rule: "beacons_refused".into(),
            body: r#"{"annotations": {"summary": "Beacons are refused as journal_full."}}"#.into(),
            ..row("", AlertPhase::Firing, None)
        };
        if self.refuses {
            return Ok(vec![refused]);
        }
        Ok(vec![
            row("shop", AlertPhase::Resolved, Some(NOW)),
            row("shop", AlertPhase::Inactive, Some(NOW)),
            row("shop", AlertPhase::Firing, None),
            row("admin", AlertPhase::Firing, None),
            row("", AlertPhase::Firing, None),
        ])
    }

    async fn incidents(&self) -> Result<Vec<IncidentRow>, StoreError> {
        self.check().await?;
        Ok(self.incidents.clone())
    }

    async fn incident(&self, id: &str) -> Result<Option<IncidentRow>, StoreError> {
        self.check().await?;
        Ok(self.incidents.iter().find(|row| row.id == id).cloned())
    }

    async fn save_closing(&self, closing: &ClosingRow) -> Result<(), StoreError> {
        self.check().await?;
        self.closings
            .lock()
            .expect("not poisoned")
            .push(closing.clone());
        Ok(())
    }

    async fn deploys(&self, app: &str, _within: Interval) -> Result<Vec<DeployRow>, StoreError> {
        self.check().await?;
        let rows = self.deploys.lock().expect("not poisoned");
        Ok(rows.iter().filter(|row| row.app == app).cloned().collect())
    }

    async fn deploy(&self, app: &str, id: &str) -> Result<Option<DeployRow>, StoreError> {
        self.check().await?;
        Ok(deploys::one(
            &self.deploys.lock().expect("not poisoned"),
            app,
            id,
        ))
    }

    async fn deploys_before(&self, deploy: &DeployRow) -> Result<Vec<DeployRow>, StoreError> {
        self.check().await?;
        Ok(deploys::before(
            &self.deploys.lock().expect("not poisoned"),
            deploy,
        ))
    }

    async fn diagnoses(&self, app: &str, _limit: u32) -> Result<Vec<DiagnosisRow>, StoreError> {
        self.check().await?;
        Ok(vec![diagnosis(app)])
    }

    async fn inventory(&self, at: UnixMillis) -> Result<Vec<InventoryRow>, StoreError> {
        self.check().await?;
        let rows = inventory();
        Ok(rows.into_iter().filter(|row| row.first_at <= at).collect())
    }

    async fn inventory_steps(&self, to: UnixMillis) -> Result<Vec<InventoryStep>, StoreError> {
        self.check().await?;
        let step = |row: InventoryRow| InventoryStep {
            service: row.service,
            target_origin: row.target_origin,
            endpoint: row.endpoint,
            apps: row.apps,
            first_at: row.first_at,
            state: row.state,
            stance: row.stance,
            vary: row.vary,
        };
        let rows = inventory().into_iter().filter(|row| row.first_at <= to);
        Ok(rows.map(step).collect())
    }

    async fn silences(&self) -> Result<Vec<SilenceRow>, StoreError> {
        self.check().await?;
        let rows = self.silences.lock().expect("not poisoned");
        Ok(rows.values().cloned().collect())
    }

    async fn save_silence(&self, silence: &SilenceRow) -> Result<(), StoreError> {
        self.check().await?;
        let mut rows = self.silences.lock().expect("not poisoned");
        rows.insert(silence.id.clone(), silence.clone());
        Ok(())
    }

    async fn partner_links(&self) -> Result<Vec<PartnerLinkRow>, StoreError> {
        self.check().await?;
        let rows = self.partner_links.lock().expect("not poisoned");
        Ok(rows.values().cloned().collect())
    }

    async fn partner_link(&self, sha256: &str) -> Result<Option<PartnerLinkRow>, StoreError> {
        let rows = self.partner_links().await?;
        Ok(rows.into_iter().find(|row| row.sha256 == sha256))
    }

    async fn save_partner_link(&self, link: &PartnerLinkRow) -> Result<(), StoreError> {
        self.check().await?;
        let mut rows = self.partner_links.lock().expect("not poisoned");
        rows.insert(link.id.clone(), link.clone());
        Ok(())
    }

    async fn deliveries(
        &self,
        filter: &DeliveryFilter,
        within: Interval,
        limit: u32,
    ) -> Result<Vec<DeliveryRow>, StoreError> {
        self.check().await?;
        let delivery = |app: &str| DeliveryRow {
            at: within.from,
            alert: "a".into(),
            sequence: 1,
            app: app.into(),
            summary: "blocked".into(),
            status: "firing".into(),
            receiver: "slack".into(),
            outcome: "delivered".into(),
            attempts: limit,
            answer: "HTTP 200".into(),
            millis: 12,
        };
        let rows = ["shop", "blog", ""].map(delivery).into_iter();
        Ok(rows
            .filter(|row| filter.app.is_empty() || filter.app == row.app)
            .collect())
    }

    async fn save_deploy(&self, deploy: &DeployRow) -> Result<(), StoreError> {
        self.check().await?;
        deploys::replace(&mut self.deploys.lock().expect("not poisoned"), deploy);
        Ok(())
    }
}

/// The failure number `idx` of a beacon.
fn single(idx: u16) -> SingleFailure {
    SingleFailure {
        minute: UnixMillis(1_793_534_400_000),
        beacon: BeaconId([7; 12]),
        idx,
        at: UnixMillis(1_793_534_401_000),
        received_at: UnixMillis(1_793_534_402_000),
        kind: Kind::Request,
        service: "cart".into(),
        page_origin: "https://shop.test".into(),
        target_origin: "https://api.test".into(),
        endpoint: "/cart/:id".into(),
        method: "PUT".into(),
        parameter: "x-tenant".into(),
        credentialed: false,
        preflighted: true,
        status: 0,
        outcome: Outcome::Blocked,
        stage: Some(Stage::Preflight),
        cause: String::new(),
        confidence: Some(Confidence::Proven),
        evidence: "probe".into(),
        release: "1.0.0".into(),
        environment: "production".into(),
        browser_family: "chrome".into(),
        browser_major: 156,
        context: Context::Page,
        session: SessionId(9),
        standing: Standing::Undisputed,
        count: 1,
    }
}

/// What replaying the fake's failure showed.
fn diagnosis(app: &str) -> DiagnosisRow {
    let allow = "access-control-allow-headers";
    DiagnosisRow {
        id: "5ce1".into(),
        at: NOW,
        signature: SignatureRow {
            app: app.into(),
            kind: Kind::Request,
            page_origin: "https://shop.test".into(),
            target_origin: "https://api.test".into(),
            endpoint: "/cart/:id".into(),
            service: "cart".into(),
            method: "PUT".into(),
            headers: "x-tenant".into(),
            credentialed: false,
            preflighted: true,
            outcome: Outcome::Blocked,
            stage: Some(Stage::Preflight),
            first_seen: UnixMillis(1_793_534_340_000),
            last_seen: UnixMillis(1_793_534_400_000),
        },
        result: ReplayOutcome::Reproduced,
        why: ReplayReason::AsReported,
        detail: "Blocked as reported.".into(),
        url: "https://api.test/cart/1".into(),
        remote: "192.0.2.7".into(),
        cause: "HeaderDisallowedByPreflightResponse".into(),
        parameter: "x-tenant".into(),
        stage: Some(Stage::Preflight),
        hop: 0,
        status: 204,
        explanation: "The preflight asked for `x-tenant`.".into(),
        offending: vec![HeaderLine {
            name: allow.into(),
            value: "content-type".into(),
        }],
        fixes: vec![FixRow {
            place: FixPlace::Preflight,
            header: allow.into(),
            value: "x-tenant".into(),
            change: "List it.".into(),
        }],
        changes: vec![ChangeRow {
            stage: Stage::Preflight,
            header: allow.into(),
            what: "x-tenant vanished from access-control-allow-headers".into(),
            before: "content-type, x-tenant".into(),
            after: "content-type".into(),
            from: NOW.plus(-180_000),
            to: NOW,
        }],
    }
}

pub fn apps() -> Vec<App> {
    let app = |name: &str, lab| App {
        name: name.into(),
        keys: vec![format!("k_{name}")],
        lab,
    };
    vec![
        app("shop", LabTraffic::Excluded),
        app("admin", LabTraffic::Included),
    ]
}

fn owners() -> alert::Owners {
    let owner = alert::Owner {
        team: "team-checkout".into(),
        runbook: "https://runbooks.test/checkout".into(),
    };
    [("checkout".to_owned(), owner)].into_iter().collect()
}

pub fn state(queries: Arc<dyn Queries>, metrics: Metrics) -> State {
    let (clock, _) = ManualClock::at(NOW);
    let edge = Edge {
        url: "https://edge.test/".into(),
        script: "/v1/corswatch.3f2a.js".into(),
        integrity: Some("sha384-abc".into()),
    };
    let slo = SloSpec {
        name: "shop-block_rate".into(),
        sli: Sli::BlockRate,
        filter: SliFilter::app("shop"),
        objective: Objective::new(0.999).expect("an objective"),
        window: Window::days(30),
        calendar: None,
        runbook: "https://runbooks.test/cors".into(),
    };
    let latency = SloSpec {
        name: "shop-latency".into(),
        sli: Sli::PreflightLatency,
        objective: Objective::new(0.95).expect("an objective"),
        ..slo.clone()
    };
    let checkout = SloSpec {
        name: "shop-checkout".into(),
        filter: SliFilter {
            service: Some("checkout".into()),
            ..slo.filter.clone()
        },
        runbook: String::new(),
        ..slo.clone()
    };
    State {
        queries,
        partitions: 2,
        apps: apps(),
        edge: Some(edge),
        slos: vec![slo, latency, checkout],
        owners: owners(),
        own_labels: ["team".to_owned()].into(),
        silences: Vec::new(),
        demo_url: Some("http://127.0.0.1:7782".into()),
        book: dashboard::Book {
            tag: "1",
            files: &[
                ("index.html", b"<h1>Documentation</h1>"),
                ("understand/index.html", b"<h1>Understand</h1>"),
            ],
        },
        backtests: None,
        log_ends: None,
        parts: Vec::new(),
        metrics,
        clock,
    }
}

pub fn router_of(fake: &Arc<Fake>, config: Config) -> Router {
    let queries: Arc<dyn Queries> = Arc::clone(fake) as Arc<dyn Queries>;
    dashboard::router(config, state(queries, Metrics::default()))
}

/// The same at another time.
pub fn router_at(fake: &Arc<Fake>, config: Config, now: UnixMillis) -> Router {
    let queries: Arc<dyn Queries> = Arc::clone(fake) as Arc<dyn Queries>;
    let mut state = state(queries, Metrics::default());
    state.clock = ManualClock::at(now).0;
    dashboard::router(config, state)
}

pub fn well() -> Router {
    router_of(&Arc::new(Fake::default()), Config::default())
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }
}

pub fn request(path: &str) -> http::request::Builder {
    Request::builder()
        .uri(path)
        .header(header::HOST, "127.0.0.1:7781")
}

pub async fn send(router: &Router, request: Request<Body>) -> Answer {
    let response = router
        .clone()
        .oneshot(request)
        .await
        .expect("always answers");
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.expect("a whole body").to_bytes();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Answer {
        status: parts.status,
        headers: parts.headers,
        text,
    }
}

pub async fn get(router: &Router, path: &str) -> Answer {
    send(
        router,
        request(path).body(Body::empty()).expect("a request"),
    )
    .await
}

pub async fn post(router: &Router, path: &str, body: &Value) -> Answer {
    let request = request(path)
        .method("POST")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body.to_string()))
        .expect("a request");
    send(router, request).await
}
