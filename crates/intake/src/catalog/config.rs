//! Applications and services, as the configuration has them.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use settings::{Problems, Secret, Size};
use web::{EndpointTemplate, NotAPattern, OriginPattern, PathPrefix, Schemes};

use super::{LabTraffic, LogKeyConfig, OpaqueOrigin, SdkConfig};
use crate::Dimension;

/// Beacons a second that one key may send, unless configured.
const DEFAULT_QUOTA: u32 = 5_000;
const DEFAULT_QUOTA_BYTES: Size = Size::mib(32);
const QUOTA: std::ops::RangeInclusive<u32> = 1..=1_000_000;
const KEY_LENGTH: std::ops::RangeInclusive<usize> = 8..=64;
const MAX_NAME: usize = 64;

/// Who may send, and who owns what is called.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CatalogConfig {
    /// The applications whose pages send beacons.
    pub apps: Vec<AppConfig>,
    /// The services that those pages call.
    pub services: Vec<ServiceConfig>,
    /// What other parts of the configuration name.
    #[serde(skip)]
    pub reserved: Vec<Reserved>,
}

/// A text that keeps its name in observations, however many others arrive: what is configured by it
/// would have nothing to look at otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reserved {
    /// The application; empty for all.
    pub app: String,
    /// Which text of an observation it is.
    pub dimension: Dimension,
    /// The text.
    pub text: String,
}

/// One application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AppConfig {
    /// Name: 1 to 64 characters.
    pub name: String,
    /// Keys that the pages send with; two while a key is being replaced. A key is public. 8 to 64
    /// characters of `A-Z a-z 0-9 _ -`.
    pub keys: Vec<String>,
    /// Keys whose pages are to fall silent: they are answered 410, and their script is empty.
    pub disabled_keys: Vec<String>,
    /// Keys with which servers send their access logs to `/v1/logs`.
    pub log_keys: Vec<LogKeyConfig>,
    /// Page origins that may send: `https://shop.example` or, for all subdomains,
    /// `https://*.shop.example`.
    pub page_origins: Vec<String>,
    /// Lets every page origin send. Then anybody can fill this application with made-up traffic.
    pub dangerously_any_page_origin: bool,
    /// What happens to traffic of headless and automated browsers: `label` or `count`.
    pub lab_traffic: LabTraffic,
    /// Endpoint templates that keep their name however many others arrive, such as `/cart/:id`.
    pub endpoints: Vec<String>,
    /// Beacons a second that one key may send. Permitted: 1 to 1000000.
    pub quota: u32,
    /// Bytes of unpacked beacons a second that one key may send. Permitted: 64KiB to 4GiB.
    pub quota_bytes: Size,
    /// The largest part of its traffic that one client network (IPv4: one /24, IPv6: one /48) has, in
    /// percent, where 5 networks or more send; what is beyond is disputed. Raise it where large
    /// offices are most of the users. Permitted: 1 to 100.
    pub network_share_percent: u8,
    /// What happens to beacons whose `Origin` header is `null`, as of sandboxed frames that any page can
    /// hold: `dispute`, `accept` or `refuse`.
    pub opaque_origin: OpaqueOrigin,
    /// Environment of pages that do not say theirs.
    pub environment: Option<String>,
    /// What the SDK in the pages may do.
    pub sdk: SdkConfig,
}

impl Default for AppConfig {
    fn default() -> Self {
        Self {
            name: String::new(),
            keys: Vec::new(),
            disabled_keys: Vec::new(),
            log_keys: Vec::new(),
            page_origins: Vec::new(),
            dangerously_any_page_origin: false,
            lab_traffic: LabTraffic::default(),
            endpoints: Vec::new(),
            quota: DEFAULT_QUOTA,
            quota_bytes: DEFAULT_QUOTA_BYTES,
            network_share_percent: 10,
            opaque_origin: OpaqueOrigin::default(),
            environment: None,
            sdk: SdkConfig::default(),
        }
    }
}

/// One service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ServiceConfig {
    /// Name: 1 to 64 characters.
    pub name: String,
    /// Team that owns it.
    pub owner: String,
    /// URL of its runbook, for alerts.
    pub runbook: String,
    /// Page origins that its allow-list is believed to hold, such as `https://partner.example`. The
    /// inventory asks for each whether it is allowed, and tells which of them no page comes from.
    pub allowed_origins: Vec<String>,
    /// What belongs to it; of all services' rules the one with the longest path wins.
    #[serde(rename = "match")]
    pub matches: Vec<MatchRule>,
}

/// What belongs to a service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MatchRule {
    /// Target origin: `https://api.example` or, for all subdomains, `https://*.example.com`.
    pub origin: String,
    /// Path prefix, by whole segments; empty for all paths.
    pub path: String,
}

impl CatalogConfig {
    /// Reports everything that is wrong.
    pub fn problems(&self, mut problems: Problems<'_>) {
        let mut names = Names::default();
        let mut keys = Names::default();
        for (at, app) in self.apps.iter().enumerate() {
            let mut problems = problems.section(format_args!("apps[{at}]"));
            names.check(&mut problems, "name", &app.name, &format!("apps[{at}]"));
            app.problems(&mut problems);
            for (field, list) in [("keys", &app.keys), ("disabled_keys", &app.disabled_keys)] {
                for (n, key) in list.iter().enumerate() {
                    let place = format!("apps[{at}].{field}[{n}]");
                    keys.unique(&mut problems, &format!("{field}[{n}]"), key, &place);
                }
            }
            for (n, log_key) in app.log_keys.iter().enumerate() {
                let field = format!("log_keys[{n}].key");
                let place = format!("apps[{at}].{field}");
                keys.unique_secret(&mut problems, &field, &log_key.key, &place);
            }
        }
        let mut names = Names::default();
        let mut rules = Names::default();
        for (at, service) in self.services.iter().enumerate() {
            let place = format!("services[{at}]");
            let mut problems = problems.section(&place);
            names.check(&mut problems, "name", &service.name, &place);
            service.problems(&mut problems, &mut rules, &place);
        }
    }
}

impl AppConfig {
    fn problems(&self, problems: &mut Problems<'_>) {
        self.sdk.problems(problems.section("sdk"));
        for (n, log_key) in self.log_keys.iter().enumerate() {
            if let Some(reason) = log_key.mistake() {
                problems.report(&format!("log_keys[{n}].key"), &log_key.key, reason);
            }
        }
        if self.keys.is_empty() && self.disabled_keys.is_empty() && self.log_keys.is_empty() {
            problems.report("keys", "[]", "an application needs a key");
        }
        for (field, list) in [("keys", &self.keys), ("disabled_keys", &self.disabled_keys)] {
            for (n, key) in list.iter().enumerate() {
                if !is_key(key) {
                    let reason = "a key has 8 to 64 characters of A-Z a-z 0-9 _ -";
                    problems.report(&format!("{field}[{n}]"), key, reason);
                }
            }
        }
        if self.page_origins.is_empty() && !self.dangerously_any_page_origin {
            let reason = "no page could send: list the page origins";
            problems.report("page_origins", "[]", reason);
        }
        for (n, origin) in self.page_origins.iter().enumerate() {
            let field = format!("page_origins[{n}]");
            report_origin(problems, &field, origin, Schemes::Any);
        }
        for (n, endpoint) in self.endpoints.iter().enumerate() {
            if let Err(problem) = EndpointTemplate::check(endpoint) {
                let reason = format!("{problem}; a template is such as /cart/:id");
                problems.report(&format!("endpoints[{n}]"), endpoint, reason);
            }
        }
        problems.range("quota", self.quota, QUOTA);
        let bytes = Size::kib(64)..=Size::mib(4096);
        problems.range("quota_bytes", self.quota_bytes, bytes);
        let share = self.network_share_percent;
        problems.range("network_share_percent", share, 1..=100);
        if self.environment.as_ref().is_some_and(|text| !is_name(text)) {
            let value = self.environment.as_deref().unwrap_or_default();
            problems.report(
                "environment",
                value,
                "1 to 64 characters, no control characters",
            );
        }
    }
}

impl ServiceConfig {
    fn problems(&self, problems: &mut Problems<'_>, rules: &mut Names, place: &str) {
        if !self.runbook.is_empty()
            && let Err(reason) = settings::web_url(&self.runbook)
        {
            problems.report("runbook", &self.runbook, reason);
        }
        for (n, origin) in self.allowed_origins.iter().enumerate() {
            if let Some(reason) = web::mistake(origin, Schemes::Any) {
                problems.report(&format!("allowed_origins[{n}]"), origin, reason);
            }
        }
        if self.matches.is_empty() {
            problems.report("match", "[]", "nothing belongs to this service: add a rule");
        }
        for (n, rule) in self.matches.iter().enumerate() {
            let mut problems = problems.section(format_args!("match[{n}]"));
            report_origin(&mut problems, "origin", &rule.origin, Schemes::Web);
            if let Err(problem) = PathPrefix::read(&rule.path) {
                problems.report("path", &rule.path, problem.to_string());
            }
            let path = rule.path.trim_end_matches('/');
            let whole = format!("{}{path}", rule.origin);
            rules.unique(
                &mut problems,
                "path",
                &whole,
                &format!("{place}.match[{n}]"),
            );
        }
    }
}

/// Texts that stand once, with the place where each was seen first.
#[derive(Default)]
struct Names(HashMap<String, String>);

impl Names {
    fn check(&mut self, problems: &mut Problems<'_>, field: &str, name: &str, place: &str) {
        if !is_name(name) {
            problems.report(field, name, "1 to 64 characters, no control characters");
        }
        self.unique(problems, field, name, place);
    }

    fn unique(&mut self, problems: &mut Problems<'_>, field: &str, text: &str, place: &str) {
        self.add(problems, field, (text, &text), place);
    }

    /// As [`Names::unique`], and the text is not shown.
    fn unique_secret(
        &mut self,
        problems: &mut Problems<'_>,
        field: &str,
        secret: &Secret,
        place: &str,
    ) {
        self.add(problems, field, (secret.reveal(), secret), place);
    }

    fn add(
        &mut self,
        problems: &mut Problems<'_>,
        field: &str,
        (text, shown): (&str, &dyn std::fmt::Display),
        place: &str,
    ) {
        if let Some(first) = self.0.get(text) {
            problems.report(field, shown, format!("is there already in {first}"));
        } else {
            self.0.insert(text.to_owned(), place.to_owned());
        }
    }
}

fn report_origin(problems: &mut Problems<'_>, field: &str, origin: &str, schemes: Schemes) {
    let Err(problem) = OriginPattern::read(origin, schemes) else {
        return;
    };
    let is_for_pages = problem == NotAPattern::Wildcard && schemes == Schemes::Any;
    let all = match is_for_pages {
        true => " (for every page origin set `dangerously_any_page_origin`)",
        false => "",
    };
    problems.report(field, origin, format!("{problem}{all}"));
}

fn is_key(key: &str) -> bool {
    KEY_LENGTH.contains(&key.len())
        && key
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

fn is_name(name: &str) -> bool {
    (1..=MAX_NAME).contains(&name.chars().count()) && !name.chars().any(char::is_control)
}
