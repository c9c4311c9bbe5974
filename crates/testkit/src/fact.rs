//! Facts to start from: take one and replace what the test is about.
//!
//! ```
//! use observation::Observation;
//! let many = Observation { count: 40, ..testkit::fact::ok() };
//! let envelope = testkit::fact::envelope(1, [many, testkit::fact::blocked()]);
//! assert_eq!(envelope.observations.len(), 2);
//! ```

use observation::{
    Browser, Confidence, Context, Envelope, Failure, Kind, Latency, Observation, Origin, Outcome,
    Page, SessionId, Source, Stage, Standing, UnixMillis,
};

use crate::beacon;

/// A minute's start to which the facts belong: 2026-11-01T12:00:00Z.
pub const NOON: UnixMillis = UnixMillis(1_793_534_400_000);

/// What the beacon number `n` says, taken in one second after [`NOON`].
#[must_use]
pub fn envelope(n: u64, observations: impl IntoIterator<Item = Observation>) -> Envelope {
    Envelope {
        beacon: beacon::id(n),
        received_at: NOON.plus(1000),
        origin: Origin {
            page: Some(Page {
                session: SessionId(n),
                ..page()
            }),
            ..origin()
        },
        observations: observations.into_iter().collect(),
    }
}

/// A page of the app `shop` in Chrome, as the origin of an envelope.
#[must_use]
pub fn origin() -> Origin {
    Origin {
        app: "shop".into(),
        environment: "production".into(),
        release: "1.0.0".into(),
        source: Source::Browser,
        page: Some(page()),
    }
}

/// The page of [`origin`].
#[must_use]
pub fn page() -> Page {
    Page {
        origin: beacon::PAGE.into(),
        context: Context::Page,
        session: SessionId(1),
        network: 1,
        browser: Browser {
            family: "chrome".into(),
            major: 156,
        },
        lab: false,
    }
}

/// One GET that was answered with 200, at [`NOON`].
#[must_use]
pub fn ok() -> Observation {
    Observation {
        kind: Kind::Request,
        page_origin: None,
        at: NOON,
        target_origin: beacon::TARGET.into(),
        endpoint: "/items".into(),
        service: "catalog".into(),
        method: "GET".into(),
        credentialed: false,
        preflighted: false,
        parameter: String::new(),
        status: 200,
        outcome: Outcome::Ok,
        failure: None,
        count: 1,
        standing: Standing::Undisputed,
        latency: Latency::from_pairs([(55, 1)]),
        preflight_latency: Latency::default(),
    }
}

/// One PUT with credentials that was blocked at its preflight, at [`NOON`].
#[must_use]
pub fn blocked() -> Observation {
    Observation {
        endpoint: "/cart/:id".into(),
        method: "PUT".into(),
        credentialed: true,
        preflighted: true,
        parameter: "x-tenant".into(),
        status: 0,
        outcome: Outcome::Blocked,
        failure: Some(Failure {
            stage: Stage::Preflight,
            cause: String::new(),
            confidence: Confidence::Proven,
            evidence: "A+pre".into(),
        }),
        ..ok()
    }
}

/// One read of `x-total-count` that gave nothing, at [`NOON`].
#[must_use]
pub fn unreadable_header() -> Observation {
    Observation {
        kind: Kind::HeaderRead,
        parameter: "x-total-count".into(),
        status: 200,
        outcome: Outcome::Blocked,
        failure: Some(Failure {
            stage: Stage::Response,
            cause: String::new(),
            confidence: Confidence::Proven,
            evidence: String::new(),
        }),
        latency: Latency::default(),
        ..ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noon_is_the_start_of_a_minute_and_an_hour() {
        assert_eq!(NOON.minute(), NOON);
        assert_eq!(NOON.hour(), NOON);
    }
}
