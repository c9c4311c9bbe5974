//! Notifications of no alert: tests of the way, and reports.

use std::collections::BTreeMap;

use observation::UnixMillis;

use crate::{AlertId, Notification, Occasion, Status};

/// What stands for the name of an alert in a report.
const REPORT: &str = "corswatch_report";
/// The label by which receivers and routes know a test.
const LABEL: &str = "corswatch_test";

impl Notification {
    /// A report on an app for people: `text`, which is Markdown, under `title`.
    #[must_use]
    pub fn report(app: &str, title: &str, text: &str, at: UnixMillis) -> Self {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        Self {
            alert: AlertId::of(REPORT, app, [("title", title)]),
            sequence: 1,
            status: Status::Firing,
            occasion: Occasion::Opened,
            labels: BTreeMap::from([
                pair("alertname", REPORT),
                pair("severity", "ticket"),
                pair("app", app),
            ]),
            annotations: BTreeMap::from([pair("summary", title), pair("description", text)]),
            starts_at: at,
            ends_at: None,
            generator_url: String::new(),
        }
    }

    /// Whether it is a report, which neither fires nor ends.
    #[must_use]
    pub fn is_report(&self) -> bool {
        self.label("alertname") == REPORT
    }

    /// The nightly test of one receiver, which fires or is over.
    #[must_use]
    pub fn self_test(receiver: &str, starts_at: UnixMillis, ends_at: Option<UnixMillis>) -> Self {
        let starts = starts_at.0.to_string();
        let mut test = Self::test(&BTreeMap::new(), starts_at, ends_at);
        test.alert = AlertId::of(
            "corswatch_test",
            "nightly",
            [("at", starts.as_str()), ("receiver", receiver)],
        );
        let description = "Sent each night (`alert.nightly_test`) to see that this receiver works.";
        test.annotations
            .insert("description".to_owned(), description.to_owned());
        test
    }

    /// A test that fires or is over, begun at `starts_at`, with `labels` on top of those that say what it
    /// is. Beginning and end of one test have the same `starts_at`.
    #[must_use]
    pub fn test(
        labels: &BTreeMap<String, String>,
        starts_at: UnixMillis,
        ends_at: Option<UnixMillis>,
    ) -> Self {
        let text = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut all = BTreeMap::from([
            text("alertname", "corswatch_test"),
            text("severity", "ticket"),
            text(LABEL, "true"),
        ]);
        all.extend(labels.clone());
        let starts = starts_at.0.to_string();
        let summary = "This is a test of corswatch: nothing is wrong, and nothing is to be done";
        let description = "Sent by `corswatch alert test` to see that routes and receivers work.";
        Self {
            alert: AlertId::of("corswatch_test", "test", [("at", starts.as_str())]),
            sequence: 1 + u64::from(ends_at.is_some()),
            status: match ends_at {
                None => Status::Firing,
                Some(_) => Status::Resolved,
            },
            occasion: match ends_at {
                None => Occasion::Opened,
                Some(_) => Occasion::Closed,
            },
            labels: all,
            annotations: BTreeMap::from([
                text("summary", summary),
                text("description", description),
            ]),
            starts_at,
            ends_at,
            generator_url: String::new(),
        }
    }
}
