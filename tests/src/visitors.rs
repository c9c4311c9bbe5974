//! Beacons of many networks at once, behind one proxy that the edge trusts.

use std::net::Ipv4Addr;

use testkit::Beacon;
use testkit::http::Http;

/// How many beacons are on their way at the same time.
const AT_ONCE: usize = 32;

/// One page load: who sends it, and what.
#[derive(Debug)]
pub struct Visit {
    /// The key of the app.
    pub key: String,
    /// The address of the client.
    pub from: Ipv4Addr,
    /// What its page reports.
    pub beacon: Beacon,
}

/// Sends beacons as a proxy before the edge does: see [`crate::Settings::behind_a_proxy`].
#[derive(Debug)]
pub struct Visitors {
    edge: String,
    client: reqwest::Client,
}

impl Visitors {
    /// Visitors of pages that report to `edge`.
    #[must_use]
    pub fn of(edge: &Http) -> Self {
        Self {
            edge: edge.base().to_owned(),
            client: testkit::http::client(),
        }
    }

    /// Sends each beacon once, in this order as far as 32 connections keep it; returns how many the edge took and how
    /// many it refused for their rate.
    ///
    /// # Panics
    /// When the edge answers anything else.
    pub async fn come(&self, visits: Vec<Visit>) -> (usize, usize) {
        use futures::StreamExt as _;
        let answers = futures::stream::iter(visits.into_iter().map(|visit| self.sends(visit)));
        let answers: Vec<u16> = answers.buffered(AT_ONCE).collect().await;
        let count = |status: u16| answers.iter().filter(|answer| **answer == status).count();
        let (taken, limited) = (count(204), count(429));
        assert_eq!(taken + limited, answers.len(), "{answers:?}");
        (taken, limited)
    }

    async fn sends(&self, visit: Visit) -> u16 {
        let page = visit.beacon.value()["page"].as_str().unwrap_or_default();
        let request = self
            .client
            .post(format!("{}/v1/b/{}", self.edge, visit.key));
        let request = request
            .header("content-type", "text/plain;charset=UTF-8")
            .header("origin", page)
            .header("x-forwarded-for", visit.from.to_string())
            .body(visit.beacon.body());
        let answer = request.send().await.expect("an answer");
        answer.status().as_u16()
    }
}
