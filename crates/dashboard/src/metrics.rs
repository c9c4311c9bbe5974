//! Metrics of the admin server: `corswatch_dashboard_*`.

use std::time::Duration;

use http::StatusCode;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use runtime::Metrics as Registry;

use crate::problem::Code;

/// Seconds; queries take milliseconds, the time-out is at 15 s by default.
const SECONDS: [f64; 9] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 15.0];
const CLASSES: [&str; 4] = ["2xx", "3xx", "4xx", "5xx"];
/// What is counted for a path that no route matches.
pub(crate) const NO_ROUTE: &str = "other";

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answer {
    route: String,
    class: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reason {
    reason: &'static str,
}

/// What the admin server counts.
#[derive(Debug, Clone)]
pub(crate) struct Metrics {
    /// Requests answered, by route and class of the status.
    requests: Family<Answer, Counter>,
    /// Time from the head of a request to the head of its answer, by route.
    seconds: Family<Route, Histogram>,
    /// Requests turned away before they reached a route, by reason.
    refused: Family<Reason, Counter>,
    /// Requests being answered now.
    pub(crate) in_flight: Gauge,
}

impl Metrics {
    /// Registers everything, every label value at 0; `routes` are all that exist.
    pub(crate) fn register(registry: &Registry, routes: &[String]) -> Self {
        let metrics = Self {
            requests: Family::default(),
            seconds: Family::new_with_constructor(|| Histogram::new(SECONDS)),
            refused: Family::default(),
            in_flight: Gauge::default(),
        };
        for route in routes.iter().map(String::as_str).chain([NO_ROUTE]) {
            for class in CLASSES {
                let _ = metrics.requests.get_or_create(&Answer {
                    route: route.to_owned(),
                    class,
                });
            }
            let _ = metrics.seconds.get_or_create(&Route {
                route: route.to_owned(),
            });
        }
        for code in Code::GATE {
            let _ = metrics.refused.get_or_create(&Reason {
                reason: code.as_str(),
            });
        }
        metrics.expose(registry);
        metrics
    }

    fn expose(&self, registry: &Registry) {
        registry.register("dashboard", |registry| {
            let (requests, seconds) = (self.requests.clone(), self.seconds.clone());
            let help = "Requests answered, by route and class of the status";
            registry.register("requests", help, requests);
            let help = "Seconds from the head of a request to the head of its answer, by route";
            registry.register("request_seconds", help, seconds);
            let help = "Requests turned away before they reached a route, by reason";
            registry.register("refused", help, self.refused.clone());
            let help = "Requests being answered now";
            registry.register("requests_in_flight", help, self.in_flight.clone());
        });
    }

    /// Counts one answer.
    pub(crate) fn answered(&self, route: &str, status: StatusCode, took: Duration) {
        let class = match status.as_u16() {
            0..=299 => "2xx",
            300..=399 => "3xx",
            400..=499 => "4xx",
            _ => "5xx",
        };
        let route = route.to_owned();
        self.requests
            .get_or_create(&Answer {
                route: route.clone(),
                class,
            })
            .inc();
        self.seconds
            .get_or_create(&Route { route })
            .observe(took.as_secs_f64());
    }

    /// Counts a request that was turned away.
    pub(crate) fn refuse(&self, code: Code) {
        self.refused
            .get_or_create(&Reason {
                reason: code.as_str(),
            })
            .inc();
    }
}
