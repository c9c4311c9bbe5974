//! What the pages of the UI ask, with the parameters that they send.

use std::time::{Duration, UNIX_EPOCH};

use super::History;

/// Days of the ranges that pages offer; hours below one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Window {
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    /// The question has no range.
    None,
}

const RANGES: &[Window] = &[
    Window::Hour,
    Window::Day,
    Window::Week,
    Window::Month,
    Window::Quarter,
];

impl Window {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Hour => "1h",
            Self::Day => "24h",
            Self::Week => "7d",
            Self::Month => "30d",
            Self::Quarter => "90d",
            Self::None => "",
        }
    }

    const fn hours(self) -> i64 {
        match self {
            Self::Hour | Self::None => 1,
            Self::Day => 24,
            Self::Week => 7 * 24,
            Self::Month => 30 * 24,
            Self::Quarter => 90 * 24,
        }
    }
}

/// One question: its name, and a path below `/api/v1/` with its own parameters.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) name: &'static str,
    path: &'static str,
    ranged: Ranged,
}

/// Whether the range of the page is part of the question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ranged {
    ByPage,
    No,
}

const fn ranged(name: &'static str, path: &'static str) -> Question {
    Question {
        name,
        path,
        ranged: Ranged::ByPage,
    }
}

const fn fixed(name: &'static str, path: &'static str) -> Question {
    Question {
        name,
        path,
        ranged: Ranged::No,
    }
}

/// `{app}` and `{failure}` are filled in.
pub(super) const ALL: &[Question] = &[
    ranged("tiles", "sli?app={app}"),
    ranged("tiles of a service", "sli?app={app}&service=cart"),
    ranged(
        "tiles of an endpoint of a page",
        "sli?app={app}&endpoint=/cart/:id&page_origin=https://shop.example",
    ),
    ranged("charts", "series?app={app}"),
    ranged("charts of a service", "series?app={app}&service=cart"),
    ranged(
        "charts of a page origin",
        "series?app={app}&page_origin=https://shop.example",
    ),
    ranged(
        "charts of an endpoint of a page",
        "series?app={app}&endpoint=/cart/:id&page_origin=https://shop.example",
    ),
    ranged("by service", "breakdown?app={app}&by=service&limit=100"),
    ranged("by endpoint", "breakdown?app={app}&by=endpoint&limit=8"),
    ranged("by method", "breakdown?app={app}&by=method&limit=8"),
    ranged(
        "by page origin",
        "breakdown?app={app}&by=page_origin&limit=50",
    ),
    ranged("by browser", "breakdown?app={app}&by=browser&limit=8"),
    ranged("by release", "breakdown?app={app}&by=release&limit=8"),
    ranged(
        "by browser of a service",
        "breakdown?app={app}&by=browser&limit=8&service=cart",
    ),
    ranged(
        "by environment",
        "breakdown?app={app}&by=environment&limit=50",
    ),
    ranged("failing endpoints", "endpoints?app={app}&limit=20"),
    ranged(
        "failing endpoints of a service",
        "endpoints?app={app}&limit=100&service=cart",
    ),
    ranged(
        "failing endpoints as CSV",
        "endpoints?app={app}&limit=100&format=csv",
    ),
    ranged("difference", "difference?app={app}&limit=20"),
    ranged(
        "difference of a service",
        "difference?app={app}&limit=20&service=cart",
    ),
    ranged(
        "difference of a page origin",
        "difference?app={app}&limit=20&page_origin=https://shop.example",
    ),
    ranged("comparison", "comparison?app={app}"),
    ranged(
        "comparison of a service",
        "comparison?app={app}&service=cart",
    ),
    ranged("single failures", "failures?app={app}&limit=100"),
    ranged(
        "single failures of a service",
        "failures?app={app}&limit=100&service=cart",
    ),
    ranged(
        "single failures of what is rare",
        "failures?app={app}&limit=100&browser_family=firefox&outcome=blocked&stage=preflight",
    ),
    ranged(
        "single failures of no endpoint",
        "failures?app={app}&limit=100&endpoint=/nowhere",
    ),
    ranged(
        "single failures as CSV",
        "failures?app={app}&limit=500&format=csv",
    ),
    ranged("matrix", "shapes?app={app}"),
    ranged("matrix of a service", "shapes?app={app}&service=cart"),
    ranged("preflight cost", "preflights?app={app}&limit=200"),
    ranged(
        "preflight cost of a service",
        "preflights?app={app}&limit=200&service=cart",
    ),
    ranged("deploys", "deploys?app={app}"),
    fixed("one failure", "failures/{failure}?app={app}"),
    fixed("anything ever", "sli?app={app}&window=400d"),
    fixed(
        "readiness, gateways",
        "sli?app={app}&window=30d&source=gateway",
    ),
    fixed("objectives", "slos?app={app}"),
    fixed("alerts", "alerts?app={app}"),
    fixed("incidents", "incidents?app={app}"),
    fixed("diagnoses", "diagnoses?app={app}&limit=200"),
    fixed("inventory", "inventory?app={app}"),
    fixed("inventory, nine days", "inventory/history?app={app}&days=9"),
    fixed("deliveries", "deliveries?app={app}"),
    fixed("silences", "silences"),
    fixed("maintenance", "maintenance"),
    fixed("partner links", "partner-links"),
    fixed("ledger", "ledger"),
    fixed("apps", "apps"),
    fixed("report of a week", "report?app={app}&period=week"),
    fixed("report of a month", "report?app={app}&period=month"),
];

impl Question {
    /// The ranges that it is asked for.
    pub(super) const fn windows(&self) -> &'static [Window] {
        match self.ranged {
            Ranged::ByPage => RANGES,
            Ranged::No => &[Window::None],
        }
    }

    /// Its path with query, for a range that ends with the history.
    pub(super) fn path(&self, app: &str, window: Window, history: &History) -> String {
        let end = history.end;
        let path = self
            .path
            .replace("{app}", app)
            .replace("{failure}", &history.failure);
        if self.ranged == Ranged::No {
            return format!("/api/v1/{path}");
        }
        let from = rfc3339(end - window.hours() * 3_600_000);
        format!("/api/v1/{path}&from={from}&to={}", rfc3339(end))
    }
}

fn rfc3339(millis: i64) -> String {
    let since = Duration::from_millis(millis.unsigned_abs());
    humantime::format_rfc3339_seconds(UNIX_EPOCH + since).to_string()
}
