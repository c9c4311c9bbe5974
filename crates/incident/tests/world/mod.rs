//! Signals to start from, and the register between them and the receivers.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "every test binary uses another part of this module"
)]

use std::collections::{BTreeMap, HashMap};

use incident::{
    Before, Cause, Failing, Impact, Incident, News, Observed, Recent, Register, Replay, Sighting,
    Signal, step,
};
use observation::{Stage, UnixMillis};
use slo::Severity;

pub const NOON: UnixMillis = UnixMillis(1_700_049_600_000);
pub const MINUTE: i64 = 60_000;

pub fn cause(name: &str, parameter: &str, header: &str) -> Cause {
    Cause {
        app: "shop".to_owned(),
        cause: name.to_owned(),
        parameter: parameter.to_owned(),
        header: header.to_owned(),
        at: NOON,
        ..Cause::default()
    }
}

pub trait Kept {
    fn kept_for(self, seconds: u64) -> Self;
}

impl Kept for Cause {
    fn kept_for(mut self, seconds: u64) -> Self {
        self.offending
            .push(("access-control-max-age".to_owned(), seconds.to_string()));
        self
    }
}

pub fn failing(endpoint: &str, stage: Stage) -> Sighting {
    Sighting {
        service: String::new(),
        target_origin: "https://api.test".to_owned(),
        endpoint: endpoint.to_owned(),
        method: "GET".to_owned(),
        page_origins: vec!["https://shop.test".to_owned()],
        failing: Failing::Blocked,
        stage: Some(stage),
        count: 10,
        first_seen: NOON,
        last_seen: NOON,
        severity: Severity::Page,
        suspicious: false,
        cause: None,
    }
}

pub trait Told {
    fn caused(self, by: &Cause) -> Self;
    fn seen(self, millis: i64) -> Self;
}

impl Told for Sighting {
    fn caused(mut self, by: &Cause) -> Self {
        self.cause = Some(by.clone());
        self
    }

    fn seen(mut self, millis: i64) -> Self {
        self.last_seen = NOON.plus(millis).minute();
        self
    }
}

pub fn signal(app: &str, sli: &str, sightings: Vec<Sighting>) -> Signal {
    Signal {
        alert: format!("{app} {sli}"),
        app: app.to_owned(),
        slo: format!("{app}-{sli}"),
        sli: sli.to_owned(),
        rule: "fast_burn".to_owned(),
        service: String::new(),
        failing: Failing::Blocked,
        severity: Severity::Page,
        suspicious: false,
        labels: BTreeMap::new(),
        runbook: String::new(),
        measured: String::new(),
        budget: String::new(),
        sightings,
        memory: 5 * MINUTE,
    }
}

/// The register, and what is known beside the alerts.
pub struct World {
    pub register: Register,
    pub replay: Replay,
    pub recovered: bool,
    pub alive: bool,
    pub silent: bool,
    pub sessions: u64,
}

impl Default for World {
    fn default() -> Self {
        Self {
            register: Register::default(),
            replay: Replay::Passes,
            recovered: true,
            alive: true,
            silent: false,
            sessions: 5,
        }
    }
}

impl World {
    /// One round, `millis` after noon; what receivers are told.
    pub fn round(&mut self, signals: &[Signal], millis: i64) -> Vec<News> {
        let now = NOON.plus(millis);
        let before: HashMap<_, _> = self
            .register
            .all()
            .map(|incident| {
                (
                    incident.id.clone(),
                    (incident.is_open(), Before::of(incident)),
                )
            })
            .collect();
        self.register.observe(signals, now, now);
        let ids: Vec<_> = self
            .register
            .all()
            .map(|incident| incident.id.clone())
            .collect();
        let mut told = Vec::new();
        for id in ids {
            if before.get(&id).is_some_and(|(open, _)| !open) {
                continue;
            }
            let impact = self.impact(!signals.is_empty());
            let incident = self.register.get_mut(&id).expect("known");
            let begun = before
                .get(&id)
                .map_or_else(|| Before::of(incident), |(_, begun)| *begun);
            for part in incident.apps.values_mut() {
                part.impact = Some(impact.clone());
            }
            let observed = Observed {
                replay: self.replay,
                alive: self.alive,
                by_hand: None,
                configured: true,
            };
            told.extend(step(incident, begun, &observed, now));
        }
        told
    }

    fn impact(&self, fails: bool) -> Impact {
        let requests = if self.silent { 0 } else { 100 };
        Impact {
            sessions: self.sessions,
            all_sessions: self.sessions,
            networks: 2,
            failed: 10,
            requests: 100,
            recent: Recent {
                requests,
                failed: if fails || !self.recovered {
                    requests
                } else {
                    0
                },
                failed_before: 0,
            },
            since: NOON,
        }
    }

    /// The only incident.
    pub fn only(&self) -> &Incident {
        let mut all = self.register.all();
        let first = all.next().expect("one");
        assert!(all.next().is_none(), "only one");
        first
    }
}
