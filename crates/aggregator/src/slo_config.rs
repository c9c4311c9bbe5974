//! Objectives as configuration.

use std::collections::{BTreeMap, BTreeSet};

use observation::{Source, vocabulary};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use settings::{Problems, Span};
use slo::{Calendar, Guards, Objective, Severity, Sli, Window};
use store::SliFilter;
use web::Schemes;

use crate::config::LONGEST_HOLD;
use crate::flow_config::{self, FlowConfig};

/// Objectives at most: each has labels of metrics.
const MAX_SLOS: usize = 1000;
/// The longest window; rollups by the hour are kept for longer.
const LONGEST: Window = Window::days(366);
/// Labels that every alert already has.
const OWN_LABELS: [&str; 10] = [
    "alertname",
    "app",
    "flow",
    "slo",
    "sli",
    "rule",
    "severity",
    "service",
    "endpoint",
    "suspicious_source",
];

/// One objective: `[[slo]]`.
///
/// ```toml
/// [[slo]]
/// name = "checkout-blocks"
/// app = "shop"
/// sli = "block_rate"
/// objective = 0.999
/// window = "30d"
/// service = "checkout"
/// group_by = "endpoint"
/// runbook = "https://runbooks.example/cors"
/// ```
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SloConfig {
    /// Its name, unique; part of the identity of its alerts. Empty: app and SLI, the source where that
    /// is not a browser, and the flow: `shop-block_rate`, `shop-block_rate-gateway`.
    #[serde(default)]
    pub name: String,
    /// The configured application it is about.
    pub app: String,
    /// What is measured.
    pub sli: Sli,
    /// Who saw it: `browser`, or servers that send their logs, as `gateway`, `edge` or `origin`.
    #[serde(default = "browser")]
    #[schemars(with = "String")]
    pub source: Source,
    /// The share of good events that is promised, such as 0.999. Left out: the SLI's starting target.
    #[serde(default)]
    pub objective: Option<Objective>,
    /// The rolling window of the error budget. At least 1h, at most 366d.
    #[serde(default = "month")]
    pub window: Window,
    /// Instead of `window`: the budget is for each day, week, month, quarter or year of a time zone, such as
    /// `{ period = "month", time_zone = "Europe/Berlin" }`.
    #[serde(default)]
    pub calendar: Option<Calendar>,
    /// Only this configured service.
    #[serde(default)]
    pub service: Option<String>,
    /// Only pages of this origin.
    #[serde(default)]
    pub page_origin: Option<String>,
    /// Only requests to this origin.
    #[serde(default)]
    pub target_origin: Option<String>,
    /// Only requests to this path template.
    #[serde(default)]
    pub endpoint: Option<String>,
    /// Only this deployment environment.
    #[serde(default)]
    pub environment: Option<String>,
    /// Only this release of the page.
    #[serde(default)]
    pub release: Option<String>,
    /// Only calls of this one of the app's `[[flows]]`.
    #[serde(default)]
    pub flow: Option<String>,
    /// One alert for the whole objective, or one for each service or endpoint.
    #[serde(default)]
    pub group_by: GroupBy,
    /// When it alerts; empty: the rows of the SRE workbook, scaled to the window.
    #[serde(default)]
    pub rules: Vec<RuleConfig>,
    /// The most urgent alert it may raise: `ticket` for environments that wake no one.
    #[serde(default = "page")]
    pub at_most: Severity,
    /// What too little traffic must not be judged by.
    #[serde(default)]
    pub guards: Guards,
    /// Instead of `aggregator.hold`.
    #[serde(default)]
    pub hold: Option<Span>,
    /// Instead of `aggregator.resolve_after`.
    #[serde(default)]
    pub resolve_after: Option<Span>,
    /// Address of the runbook; alerts link to it.
    #[serde(default)]
    pub runbook: String,
    /// Labels that its alerts carry, such as the owning team.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
}

const fn browser() -> Source {
    Source::Browser
}

pub(crate) const fn month() -> Window {
    Window::days(30)
}

pub(crate) const fn page() -> Severity {
    Severity::Page
}

vocabulary! {
    /// What an objective's alerts are told apart by.
    #[derive(Default, JsonSchema)]
    GroupBy {
        /// One alert for the whole objective.
        #[default]
        None => "none",
        /// One for each configured service.
        Service => "service",
        /// One for each path template.
        Endpoint => "endpoint",
    }
}

impl GroupBy {
    /// The label that holds the group; none where there are no groups.
    #[must_use]
    pub const fn label(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Service | Self::Endpoint => Some(self.as_str()),
        }
    }
}

/// One row: `{ severity = "page", long = "1h", short = "5m", burn = 14.4 }`.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleConfig {
    /// Rows of one name are one alert. Left out: `fast_burn` for pages, `slow_burn` for tickets.
    #[serde(default)]
    pub name: Option<String>,
    /// How urgent.
    pub severity: Severity,
    /// The window that has to show enough damage, in whole minutes, at most the objective's.
    pub long: Window,
    /// The window that has to show that it goes on, in whole minutes, at least 1m. Left out: a
    /// twelfth of `long`.
    #[serde(default)]
    pub short: Option<Window>,
    /// Burn rate from which both windows count as exceeded. This or `budget`.
    #[serde(default)]
    pub burn: Option<f64>,
    /// Share of the budget, above 0, that `long` must not spend. This or `burn`.
    #[serde(default)]
    pub budget: Option<f64>,
}

impl RuleConfig {
    /// Its name, or what stands for it.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(match self.severity {
            Severity::Page => "fast_burn",
            Severity::Ticket => "slow_burn",
        })
    }

    /// Its short window, or what stands for it.
    #[must_use]
    pub fn short(&self) -> Window {
        self.short.unwrap_or_else(|| self.long.twelfth())
    }

    /// The burn rate of the row in an objective of this window; none unless exactly one is given.
    pub(crate) fn burn_rate(&self, of: Window) -> Option<f64> {
        match (self.burn, self.budget) {
            (Some(burn), None) => Some(burn),
            (None, Some(budget)) => Some(budget * self.long.fits_into(of)),
            _ => None,
        }
    }

    fn problems(&self, mut problems: Problems<'_>, slo: &SloConfig) {
        let (short, window) = (self.short(), slo.window());
        if self.long > window {
            let reason = format!("at most the objective's window, {window}");
            problems.report("long", self.long, reason);
        }
        if short >= self.long {
            problems.report(
                "short",
                short,
                format!("shorter than `long`, {}", self.long),
            );
        }
        match self.burn_rate(window) {
            Some(burn) if burn.is_finite() && burn > 0.0 => {
                let allowance = slo.objective().allowance();
                if burn * allowance > 1.0 {
                    let reason = format!(
                        "cannot be reached: even if everything fails, the burn rate is {:.4}",
                        1.0 / allowance
                    );
                    problems.report("burn", burn, reason);
                }
            }
            Some(burn) => problems.report("burn", burn, "above 0"),
            None => problems.report("burn", "", "give either `burn` or `budget`"),
        }
        if self.severity == Severity::Page && !slo.sli.counts_blocks(slo.filter().source) {
            let reason = format!(
                "a page needs sessions and networks that saw a block, and {} counts none: use ticket",
                slo.sli
            );
            problems.report("severity", self.severity, reason);
        }
        let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if self.name().is_empty() || !self.name().bytes().all(word) {
            problems.report("name", self.name(), "letters, digits and `_`");
        }
    }
}

impl SloConfig {
    /// The objective `sli` of `app` with every default.
    #[must_use]
    pub fn of(app: &str, sli: Sli) -> Self {
        Self {
            name: String::new(),
            app: app.to_owned(),
            sli,
            source: browser(),
            objective: None,
            window: month(),
            calendar: None,
            service: None,
            page_origin: None,
            target_origin: None,
            endpoint: None,
            environment: None,
            release: None,
            flow: None,
            group_by: GroupBy::None,
            rules: Vec::new(),
            at_most: Severity::Page,
            guards: Guards::default(),
            hold: None,
            resolve_after: None,
            runbook: String::new(),
            labels: BTreeMap::new(),
        }
    }

    /// Its name, or what stands for it.
    #[must_use]
    pub fn name(&self) -> String {
        if !self.name.is_empty() {
            return self.name.clone();
        }
        let mut name = format!("{}-{}", self.app, self.sli);
        if self.source != Source::Browser {
            name.push_str(&format!("-{}", self.source));
        }
        if let Some(flow) = &self.flow {
            name.push_str(&format!("-{flow}"));
        }
        name
    }

    /// The window of its budget; of a calendar the usual length.
    #[must_use]
    pub fn window(&self) -> Window {
        self.calendar
            .map_or(self.window, |calendar| calendar.period.usual())
    }

    /// The share of good events that is promised.
    #[must_use]
    pub fn objective(&self) -> Objective {
        self.objective.unwrap_or(self.sli.definition().objective)
    }

    /// Which observations it is of.
    pub(crate) fn filter(&self) -> SliFilter {
        SliFilter {
            service: self.service.clone(),
            page_origin: self.page_origin.clone(),
            target_origin: self.target_origin.clone(),
            endpoint: self.endpoint.clone(),
            environment: self.environment.clone(),
            release: self.release.clone(),
            source: self.source,
            ..SliFilter::app(&self.app)
        }
    }

    /// What no observation can have: an objective of it would be met for ever.
    fn dimension_problems(&self, problems: &mut Problems<'_>) {
        let origins = [
            ("page_origin", &self.page_origin, Schemes::Any),
            ("target_origin", &self.target_origin, Schemes::Web),
        ];
        for (field, origin, schemes) in origins {
            if let Some(origin) = origin
                && let Some(reason) = web::mistake(origin, schemes)
            {
                problems.report(field, origin, reason);
            }
        }
        if let Some(endpoint) = &self.endpoint
            && !endpoint.starts_with('/')
        {
            let reason = "an endpoint starts with /; a template is such as /cart/:id";
            problems.report("endpoint", endpoint, reason);
        }
        for (field, text) in [
            ("service", &self.service),
            ("environment", &self.environment),
            ("release", &self.release),
        ] {
            if text.as_ref().is_some_and(String::is_empty) {
                let reason = "is empty: leave the line out for all of them";
                problems.report(field, "\"\"", reason);
            }
        }
    }

    fn problems(&self, mut problems: Problems<'_>, apps: &BTreeSet<&str>) {
        if !apps.contains(self.app.as_str()) {
            let names: Vec<String> = apps
                .iter()
                .map(|name| format!("`app = {name:?}`"))
                .collect();
            let reason = match names.as_slice() {
                [] => "no app is configured: add `[[apps]]`".to_owned(),
                names => format!("no such app is configured: write {}", names.join(" or ")),
            };
            problems.report("app", &self.app, reason);
        }
        self.dimension_problems(&mut problems);
        problems.range("window", self.window, Window::hours(1)..=LONGEST);
        if let Some(calendar) = self.calendar
            && self.window != month()
        {
            let reason = format!("leave it out: the window is a {}", calendar.period);
            problems.report("window", self.window, reason);
        }
        for (field, span) in [("hold", self.hold), ("resolve_after", self.resolve_after)] {
            if let Some(span) = span {
                problems.range(field, span, Span::secs(0)..=LONGEST_HOLD);
            }
        }
        if !self.runbook.is_empty()
            && let Err(reason) = url::Url::parse(&self.runbook)
        {
            problems.report("runbook", &self.runbook, reason.to_string());
        }
        for label in self.labels.keys() {
            if OWN_LABELS.contains(&label.as_str()) || label.is_empty() {
                problems.report("labels", label, "every alert has this label already");
            }
        }
        let mut severities = BTreeMap::new();
        for (at, rule) in self.rules.iter().enumerate() {
            let mut problems = problems.section(format!("rules[{at}]"));
            let first = *severities.entry(rule.name()).or_insert(rule.severity);
            if first != rule.severity {
                let reason = format!("the rows of `{}` are one alert: all {first}", rule.name());
                problems.report("severity", rule.severity, reason);
            }
            rule.problems(problems, self);
        }
    }
}

/// Reports everything wrong with objectives and flows. `apps` are the configured applications.
pub fn problems(
    (slos, flows): (&[SloConfig], &[FlowConfig]),
    apps: &[String],
    found: &mut Problems<'_>,
) {
    if slos.len() > MAX_SLOS {
        found.report("slo", slos.len(), format!("at most {MAX_SLOS} objectives"));
    }
    let apps = apps.iter().map(String::as_str).collect();
    let mut names = BTreeSet::new();
    for (at, slo) in slos.iter().enumerate() {
        let mut section = found.section(format!("slo[{at}]"));
        if !names.insert(slo.name()) {
            section.report("name", slo.name(), "another objective has this name");
        }
        if let Some(problem) = flow_config::unknown(slo, flows) {
            section.report("flow", problem.value, problem.reason);
        }
        slo.problems(section, &apps);
    }
    flow_config::problems(flows, found);
    for (at, flow) in flows.iter().enumerate() {
        let mut section = found.section(format!("flows[{at}]"));
        if !names.insert(flow.name.clone()) {
            section.report(
                "name",
                &flow.name,
                "another objective or flow has this name",
            );
        }
        flow.slo().problems(section, &apps);
    }
}

#[cfg(test)]
#[path = "slo_config_tests.rs"]
mod tests;
