//! Settings of the alerts.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use settings::{Problems, Span};

use crate::http::Addresses;
use crate::pattern::LABELS;
use crate::receiver::{
    AlertmanagerConfig, EmailConfig, IncidentIoConfig, JsmConfig, PagerDutyConfig, SlackConfig,
    TeamsConfig,
};
use crate::report_schedule::{self, ReportConfig};
use crate::route::{self, RouteConfig};
use crate::silence::{self, Silence, SilenceConfig, SilenceKind};
use crate::webhook::WebhookConfig;
use crate::{AlertError, Corroboration, TimeOfDay, log};

/// Receivers at most: each has a queue, a worker and labels of metrics.
const MAX_RECEIVERS: usize = 32;

/// Who hears of alerts, and how long it is tried to tell them.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Address under which people reach the dashboard; such as `https://cors.shop.example`; alerts link to it. Empty: no links.
    pub external_url: String,
    /// While an alert fires it is said again at this interval.
    pub remind_after: Span,
    /// When every receiver is sent a labelled test and its end each day, in UTC: `03:30`. One that does not take them is
    /// a ticket, `corswatch_self_test_failed`. Empty: never.
    pub nightly_test: String,
    /// Reports of a week or a month that are sent by mail.
    pub reports: Vec<ReportConfig>,
    /// Notifications that may wait for one receiver.
    pub queue: usize,
    /// Pause before the first repetition; the pauses double from there, with jitter.
    pub first_pause: Span,
    /// The longest pause between two attempts.
    pub longest_pause: Span,
    /// After this time a notification is given up for now; it is still owed, and said again later.
    pub give_up_after: Span,
    /// What makes a page believable.
    pub corroboration: Corroboration,
    /// Lets notifications be sent to loopback, private, link-local and metadata addresses. For receivers
    /// inside your own network only: whoever can change a receiver's DNS can then reach into it.
    pub dangerously_allow_private_networks: bool,
    /// Receivers of the Alertmanager webhook format, version 4. The log always hears, too.
    pub webhooks: Vec<WebhookConfig>,
    /// Alertmanagers of Prometheus.
    pub alertmanager: Vec<AlertmanagerConfig>,
    /// Services of PagerDuty.
    pub pagerduty: Vec<PagerDutyConfig>,
    /// Channels of Slack.
    pub slack: Vec<SlackConfig>,
    /// Workflows of Microsoft Teams.
    pub teams: Vec<TeamsConfig>,
    /// Integrations of Jira Service Management.
    pub jsm: Vec<JsmConfig>,
    /// HTTP alert sources of incident.io.
    pub incident_io: Vec<IncidentIoConfig>,
    /// Recipients of e-mail.
    pub email: Vec<EmailConfig>,
    /// Which receivers hear of which alerts; what no route matches goes to all.
    pub routes: Vec<RouteConfig>,
    /// Alerts about which no receiver is notified for a time. More can be added while it runs: `/api/v1/silences`.
    pub silences: Vec<SilenceConfig>,
    /// Work that was announced; silences like those above, listed apart.
    pub maintenance: Vec<SilenceConfig>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            external_url: String::new(),
            remind_after: Span::secs(4 * 60 * 60),
            nightly_test: String::new(),
            reports: Vec::new(),
            queue: 1000,
            first_pause: Span::secs(1),
            longest_pause: Span::secs(60),
            give_up_after: Span::secs(15 * 60),
            corroboration: Corroboration::default(),
            dangerously_allow_private_networks: false,
            webhooks: Vec::new(),
            alertmanager: Vec::new(),
            pagerduty: Vec::new(),
            slack: Vec::new(),
            teams: Vec::new(),
            jsm: Vec::new(),
            incident_io: Vec::new(),
            email: Vec::new(),
            routes: Vec::new(),
            silences: Vec::new(),
            maintenance: Vec::new(),
        }
    }
}

impl Config {
    pub(crate) const fn addresses(&self) -> Addresses {
        if self.dangerously_allow_private_networks {
            Addresses::Any
        } else {
            Addresses::Public
        }
    }

    /// When receivers are tested; never where that is empty.
    #[must_use]
    pub fn nightly_test(&self) -> Option<TimeOfDay> {
        self.nightly_test.parse().ok()
    }

    /// The names of all configured receivers.
    #[must_use]
    pub fn receiver_names(&self) -> Vec<String> {
        let receivers = self.receivers().into_iter();
        receivers.map(|(_, one)| one.name().to_owned()).collect()
    }

    /// The names of the receivers that send mail.
    #[must_use]
    pub fn mail_names(&self) -> Vec<String> {
        self.email.iter().map(|mail| mail.name.clone()).collect()
    }

    /// The same with the receivers of mail alone, for what is no alert: nothing is routed or silenced.
    #[must_use]
    pub fn mail_alone(&self) -> Self {
        Self {
            email: self.email.clone(),
            reports: self.reports.clone(),
            external_url: self.external_url.clone(),
            queue: self.queue,
            first_pause: self.first_pause,
            longest_pause: self.longest_pause,
            give_up_after: self.give_up_after,
            dangerously_allow_private_networks: self.dangerously_allow_private_networks,
            ..Self::default()
        }
    }

    /// The silences and maintenance windows of the configuration.
    ///
    /// # Errors
    /// [`AlertError`] for the first that cannot be used.
    pub fn configured_silences(&self) -> Result<Vec<Silence>, AlertError> {
        let mut all = Silence::configured(&self.silences, SilenceKind::Silence)?;
        all.extend(Silence::configured(
            &self.maintenance,
            SilenceKind::Maintenance,
        )?);
        Ok(all)
    }

    /// Reports every setting that cannot be used. `own_labels` are those that objectives add.
    pub fn problems(&self, own_labels: &BTreeSet<&str>, mut problems: Problems<'_>) {
        if !self.external_url.is_empty()
            && let Err(reason) = settings::web_url(&self.external_url)
        {
            problems.report("external_url", &self.external_url, reason);
        }
        if !self.nightly_test.is_empty()
            && let Err(reason) = self.nightly_test.parse::<TimeOfDay>()
        {
            problems.report("nightly_test", &self.nightly_test, reason.to_string());
        }
        report_schedule::problems(&self.reports, &self.mail_names(), &mut problems);
        problems.range("queue", self.queue, 1..=100_000);
        let minute = Span::secs(60);
        problems.range(
            "remind_after",
            self.remind_after,
            minute..=Span::secs(7 * 86_400),
        );
        problems.range("first_pause", self.first_pause, Span::millis(10)..=minute);
        problems.range(
            "longest_pause",
            self.longest_pause,
            self.first_pause..=Span::secs(3600),
        );
        problems.range(
            "give_up_after",
            self.give_up_after,
            Span::secs(1)..=Span::secs(86_400),
        );
        self.corroboration
            .problems(problems.section("corroboration"));
        self.receiver_problems(own_labels, &mut problems);
        let kinds = [
            ("silences", &self.silences, SilenceKind::Silence),
            ("maintenance", &self.maintenance, SilenceKind::Maintenance),
        ];
        let labels = own_labels.iter().map(|label| (*label).to_owned()).collect();
        for (list, silences, kind) in kinds {
            silence::problems(list, silences, kind, &labels, &mut problems);
        }
    }

    /// Reports every schedule of an app that is none of `apps`.
    pub fn report_problems(&self, apps: &[String], mut problems: Problems<'_>) {
        for (at, report) in self.reports.iter().enumerate() {
            if !report.app.is_empty() && !apps.contains(&report.app) {
                let reason = format!("the name of an app: {}", apps.join(", "));
                let mut problems = problems.section(format!("reports[{at}]"));
                problems.report("app", &report.app, reason);
            }
        }
    }

    fn receiver_problems(&self, own_labels: &BTreeSet<&str>, problems: &mut Problems<'_>) {
        let receivers = self.receivers();
        if receivers.len() > MAX_RECEIVERS {
            let reason = format!("at most {MAX_RECEIVERS} of all kinds together");
            problems.report("receivers", receivers.len(), reason);
        }
        let mut names = BTreeSet::from([log::NAME]);
        for (path, receiver) in &receivers {
            let mut problems = problems.section(path);
            let name = receiver.name();
            if name.is_empty() || !names.insert(name) {
                problems.report("name", name, "a name of its own, not `log`");
            }
            receiver.problems(problems, self.addresses());
        }
        names.remove(log::NAME);
        let known = |label: &str| LABELS.contains(&label) || own_labels.contains(label);
        route::problems(&self.routes, &names, &known, problems);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(config: &Config) -> Vec<String> {
        let mut found = Vec::new();
        config.problems(&BTreeSet::new(), Problems::at("alert", &mut found));
        found.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_defaults_can_be_used() {
        assert_eq!(problems(&Config::default()), [""; 0]);
    }

    #[test]
    fn every_receiver_that_cannot_be_used_is_reported_at_once_without_its_secrets() {
        let config: Config = serde_json::from_str(
            r#"{"external_url": "dashboard", "queue": 0, "webhooks": [
                {"name": "log", "url": "ftp://hooks.test/T0P"},
                {"name": "inside", "url": "http://169.254.169.254/latest"},
                {"name": "inside", "url": "https://hooks.test/x", "secrets": ["short"]}
            ]}"#,
        )
        .expect("well formed");
        let found = problems(&config);
        let paths: Vec<_> = found
            .iter()
            .map(|text| text.split(" = ").next().unwrap_or(""))
            .collect();
        assert_eq!(
            paths,
            [
                "alert.external_url",
                "alert.queue",
                "alert.webhooks[0].name",
                "alert.webhooks[0].url",
                "alert.webhooks[1].url",
                "alert.webhooks[2].name",
                "alert.webhooks[2].secrets",
            ]
        );
        assert!(
            found
                .iter()
                .all(|text| !text.contains("T0P") && !text.contains("short")),
            "{found:?}"
        );
    }
}
