//! What preflights cost, and what would save them.

use observation::Source;
use serde::Serialize;
use slo::{LatencySummary, Sums};
use store::{InventoryRow, Preflighted};
use utoipa::ToSchema;

use super::rate::Rate;

/// Why a request needs a preflight: one part of it that is not safelisted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, ToSchema)]
pub(crate) struct PreflightReason {
    /// What kind of part.
    kind: PreflightReasonKind,
    /// The method, or the name of the header in lower case; empty for `other`.
    name: String,
}

/// What kind of part of a request is not safelisted (Fetch standard, "CORS-safelisted method" and
/// "CORS-safelisted request-header").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PreflightReasonKind {
    /// A method other than GET, HEAD and POST.
    Method,
    /// A header of the page's own.
    Header,
    /// A content type other than form, multipart and plain text; most often JSON.
    ContentType,
    /// Neither method nor headers: listeners on an upload, a streamed body, or headers that are not
    /// known because the app brought too many.
    Other,
}

/// Requests of one shape that need a preflight.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct PreflightCost {
    /// Configured service; empty where none matches.
    service: String,
    /// Origin of the server.
    target_origin: String,
    /// Path template.
    endpoint: String,
    /// Request method.
    method: String,
    /// Every part that by itself makes the request need a preflight.
    reasons: Vec<PreflightReason>,
    /// Requests that need a preflight.
    requests: u64,
    /// Median of the measured preflights in milliseconds; null where none was measured: browsers show
    /// the duration only where the server sends `Timing-Allow-Origin`.
    preflight_ms: Option<f64>,
    /// How many were measured.
    measured: u64,
    /// `Access-Control-Max-Age` in seconds as the last audit saw it; null where it is not sent, or
    /// nothing is known of the target.
    max_age: Option<u32>,
    /// Preflights that a long max-age saves at most, by how often a page load asks the same endpoint
    /// again; null where no raw observations are kept. Browsers keep answers by URL, so paths with
    /// identities save less.
    saved_by_max_age: Option<u64>,
    /// The same in milliseconds of waiting.
    saved_by_max_age_ms: Option<f64>,
    /// The same where requests were simple: every preflight.
    saved_by_simple_shape_ms: Option<f64>,
}

/// Requests with one part that is not safelisted.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct ReasonCost {
    /// The part.
    #[serde(flatten)]
    reason: PreflightReason,
    /// Requests that have it.
    requests: u64,
    /// Of them, those that would need no preflight without it.
    only_reason: u64,
}

/// The costs by shape and by reason.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PreflightCosts {
    pub(crate) shapes: Vec<PreflightCost>,
    pub(crate) reasons: Vec<ReasonCost>,
    pub(crate) saved_by_max_age: Option<u64>,
    pub(crate) saved_by_max_age_ms: Option<f64>,
    pub(crate) saved_by_simple_shape_ms: Option<f64>,
}

/// OPTIONS as servers saw them.
pub(crate) fn options(sums: &Sums) -> Rate {
    Rate::new(sums.preflights, sums.preflights + sums.requests)
}

impl PreflightCosts {
    /// The costs of `rows`, of which `audits` says what targets answer.
    pub(crate) fn of(rows: &[Preflighted], audits: &[InventoryRow]) -> Self {
        let shapes: Vec<_> = rows
            .iter()
            .map(|row| PreflightCost::of(row, audits))
            .collect();
        let sum = |of: fn(&PreflightCost) -> Option<f64>| {
            let known: Vec<f64> = shapes.iter().filter_map(of).collect();
            (!known.is_empty()).then(|| known.iter().sum())
        };
        let saved: Vec<u64> = shapes
            .iter()
            .filter_map(|shape| shape.saved_by_max_age)
            .collect();
        Self {
            reasons: by_reason(&shapes),
            saved_by_max_age: (!saved.is_empty()).then(|| saved.iter().sum()),
            saved_by_max_age_ms: sum(|shape| shape.saved_by_max_age_ms),
            saved_by_simple_shape_ms: sum(|shape| shape.saved_by_simple_shape_ms),
            shapes,
        }
    }
}

impl PreflightCost {
    #[expect(
        clippy::cast_precision_loss,
        reason = "counts beyond 2^53 are not expected"
    )]
    fn of(row: &Preflighted, audits: &[InventoryRow]) -> Self {
        let shape = &row.shape;
        let sums = Sums {
            preflight_latency: row.latency.clone(),
            ..Sums::default()
        };
        let latency = LatencySummary::of(&sums, Source::Browser);
        let audit = audits
            .iter()
            .filter(|audit| audit.target_origin == shape.target_origin)
            .filter(|audit| audit.service == shape.service)
            .max_by_key(|audit| (audit.endpoint == shape.endpoint, audit.last_at));
        let saved = row
            .repeats
            .and_then(|(requests, loads)| saved(row.requests, requests, loads));
        let millis = |requests: u64| latency.p50.map(|ms| (ms * requests as f64).round());
        Self {
            service: shape.service.clone(),
            target_origin: shape.target_origin.clone(),
            endpoint: shape.endpoint.clone(),
            method: shape.method.clone(),
            reasons: reasons(&shape.method, &shape.headers),
            requests: row.requests,
            preflight_ms: latency.p50.map(|ms| (ms * 10.0).round() / 10.0),
            measured: latency.slow.total,
            max_age: audit.and_then(|audit| audit.max_age),
            saved_by_max_age: saved,
            saved_by_max_age_ms: saved.and_then(millis),
            saved_by_simple_shape_ms: millis(row.requests),
        }
    }
}

/// Of `requests`, those that repeat what the page load asked before, as the share was among `seen`.
fn saved(requests: u64, seen: u64, page_loads: u64) -> Option<u64> {
    let again = u128::from(seen.saturating_sub(page_loads));
    let share = (again * u128::from(requests)).checked_div(u128::from(seen))?;
    u64::try_from(share).ok()
}

/// The parts of a request that are not safelisted.
fn reasons(method: &str, headers: &str) -> Vec<PreflightReason> {
    let reason = |kind, name: &str| PreflightReason {
        kind,
        name: name.to_owned(),
    };
    let mut reasons = Vec::new();
    if !matches!(method, "GET" | "HEAD" | "POST") {
        reasons.push(reason(PreflightReasonKind::Method, method));
    }
    let names = headers.split(',').filter(|name| !name.is_empty());
    for name in names.filter(|name| *name != web::OTHER) {
        let kind = match name {
            "content-type" => PreflightReasonKind::ContentType,
            _ => PreflightReasonKind::Header,
        };
        reasons.push(reason(kind, name));
    }
    if reasons.is_empty() {
        reasons.push(reason(PreflightReasonKind::Other, ""));
    }
    reasons
}

fn by_reason(shapes: &[PreflightCost]) -> Vec<ReasonCost> {
    let mut costs: Vec<ReasonCost> = Vec::new();
    for shape in shapes {
        for reason in &shape.reasons {
            let only = if shape.reasons.len() == 1 {
                shape.requests
            } else {
                0
            };
            match costs.iter_mut().find(|cost| cost.reason == *reason) {
                Some(cost) => {
                    cost.requests += shape.requests;
                    cost.only_reason += only;
                }
                None => costs.push(ReasonCost {
                    reason: reason.clone(),
                    requests: shape.requests,
                    only_reason: only,
                }),
            }
        }
    }
    costs.sort_by(|one, other| {
        let order = other.requests.cmp(&one.requests);
        order.then_with(|| one.reason.cmp(&other.reason))
    });
    costs
}

#[cfg(test)]
mod tests {
    use store::PreflightedShape;

    use super::*;

    fn row(method: &str, headers: &str, requests: u64) -> Preflighted {
        Preflighted {
            shape: PreflightedShape {
                service: "cart".into(),
                target_origin: "https://api.test".into(),
                endpoint: "/cart".into(),
                method: method.into(),
                headers: headers.into(),
            },
            requests,
            latency: Vec::new(),
            repeats: Some((10, 4)),
        }
    }

    #[test]
    fn every_part_that_is_not_safelisted_is_a_reason() {
        for (method, headers, expected) in [
            ("GET", "", vec![(PreflightReasonKind::Other, "")]),
            ("PUT", "", vec![(PreflightReasonKind::Method, "PUT")]),
            (
                "POST",
                "content-type,x-tenant",
                vec![
                    (PreflightReasonKind::ContentType, "content-type"),
                    (PreflightReasonKind::Header, "x-tenant"),
                ],
            ),
            ("POST", web::OTHER, vec![(PreflightReasonKind::Other, "")]),
        ] {
            let found = reasons(method, headers);
            let found: Vec<_> = found
                .iter()
                .map(|one| (one.kind, one.name.as_str()))
                .collect();
            assert_eq!(found, expected, "{method} {headers}");
        }
    }

    #[test]
    fn a_header_is_the_only_reason_where_nothing_else_is_unsafe() {
        let rows = [row("GET", "x-tenant", 100), row("PUT", "x-tenant", 40)];
        let costs = PreflightCosts::of(&rows, &[]);
        let tenant = &costs.reasons[0];
        assert_eq!(tenant.reason.name, "x-tenant");
        assert_eq!((tenant.requests, tenant.only_reason), (140, 100));
        assert_eq!(costs.saved_by_max_age, Some(84), "six of ten ask again");
        assert_eq!(costs.saved_by_max_age_ms, None, "nothing was measured");
    }
}
