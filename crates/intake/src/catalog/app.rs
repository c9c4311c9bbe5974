//! One application.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use settings::Size;
use web::{EndpointTemplate, OriginPattern, Schemes};

use super::AppConfig;
use crate::Dimension;

/// What happens to traffic of headless and automated browsers.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum LabTraffic {
    /// It is kept with a label and left out of SLIs.
    #[default]
    Label,
    /// It counts like any other: for demonstrations and tests.
    Count,
}

/// What happens to beacons whose `Origin` header is `null`: of sandboxed frames, which any page can
/// hold, and in some browsers of pages that send no referrer.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum OpaqueOrigin {
    /// They are kept, and are no part of what objectives are judged by.
    #[default]
    Dispute,
    /// They count like any other, and vouch for nothing.
    Accept,
    /// They are refused.
    Refuse,
}

/// An application whose pages send beacons.
#[derive(Debug)]
pub struct App {
    index: usize,
    name: String,
    exact_origins: HashSet<String>,
    patterns: Vec<OriginPattern>,
    any_origin: bool,
    lab_traffic: LabTraffic,
    reserved: [HashSet<String>; Dimension::ALL.len()],
    quota: u32,
    quota_bytes: Size,
    network_share_percent: u8,
    opaque_origin: OpaqueOrigin,
    environment: String,
    /// Templates of the configuration, in its order.
    endpoints: Vec<(EndpointTemplate, String)>,
    sdk_control: Option<String>,
    flush_seconds: u64,
}

/// How a page origin came to be allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Allowed {
    /// It is configured by name: there are only so many of these.
    Exactly,
    /// A pattern admits it: there may be any number.
    ByPattern,
}

impl App {
    pub(super) fn build((index, config): (usize, &AppConfig)) -> Self {
        // The configuration has been checked; what cannot be read admits nothing.
        let read = |text: &String| OriginPattern::read(text, Schemes::Any).ok();
        let all = config.page_origins.iter().filter_map(read);
        let (exact, patterns): (Vec<_>, Vec<_>) = all.partition(|one| one.exact().is_some());
        Self {
            index,
            name: config.name.clone(),
            exact_origins: exact.iter().map(OriginPattern::to_string).collect(),
            patterns,
            any_origin: config.dangerously_any_page_origin,
            lab_traffic: config.lab_traffic,
            reserved: Default::default(),
            quota: config.quota,
            quota_bytes: config.quota_bytes,
            network_share_percent: config.network_share_percent,
            opaque_origin: config.opaque_origin,
            environment: config.environment.clone().unwrap_or_default(),
            endpoints: config
                .endpoints
                .iter()
                .filter_map(|text| Some((EndpointTemplate::read(text).ok()?, text.clone())))
                .collect(),
            sdk_control: config.sdk.header(),
            flush_seconds: config.sdk.interval_seconds(),
        }
    }

    /// Place in the configuration, from 0.
    #[must_use]
    pub const fn index(&self) -> usize {
        self.index
    }

    /// Name, as it stands in every observation.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Beacons a second that one key may send.
    #[must_use]
    pub const fn quota(&self) -> u32 {
        self.quota
    }

    /// Bytes of unpacked beacons a second that one key may send.
    #[must_use]
    pub const fn quota_bytes(&self) -> Size {
        self.quota_bytes
    }

    /// The largest part of its traffic that one client network has, from 0 to 1.
    #[must_use]
    pub fn network_share(&self) -> f64 {
        f64::from(self.network_share_percent) / 100.0
    }

    /// What happens to beacons whose `Origin` header is `null`.
    #[must_use]
    pub const fn opaque_origin(&self) -> OpaqueOrigin {
        self.opaque_origin
    }

    /// Environment of pages that do not say theirs; empty where none is configured.
    #[must_use]
    pub fn environment(&self) -> &str {
        &self.environment
    }

    /// What the SDK in its pages is told to leave: the value of the header `Corswatch-Sdk`, as in
    /// `probes=cheap stop=xhr,fetch`.
    #[must_use]
    pub fn sdk_control(&self) -> Option<&str> {
        self.sdk_control.as_deref()
    }

    /// The shortest time between two beacons of one page, in seconds; 0 where pages decide.
    #[must_use]
    pub const fn flush_seconds(&self) -> u64 {
        self.flush_seconds
    }

    /// What happens to traffic of headless and automated browsers.
    #[must_use]
    pub const fn lab_traffic(&self) -> LabTraffic {
        self.lab_traffic
    }

    /// Whether pages of `origin` may send beacons.
    #[must_use]
    pub fn allows(&self, origin: &str) -> bool {
        self.allowed(origin).is_some()
    }

    pub(crate) fn allowed(&self, origin: &str) -> Option<Allowed> {
        if self.exact_origins.contains(origin) {
            return Some(Allowed::Exactly);
        }
        let admitted =
            self.any_origin || self.patterns.iter().any(|pattern| pattern.admits(origin));
        admitted.then_some(Allowed::ByPattern)
    }

    /// The endpoint of a path that a server logged: the first configured template that fits, else what
    /// the SDK would make of it.
    #[must_use]
    pub fn endpoint_of(&self, path: &str) -> String {
        let mut all = self.endpoints.iter();
        match all.find(|(template, _)| template.matches(path)) {
            Some((_, text)) => text.clone(),
            None => EndpointTemplate::generalise(path),
        }
    }

    /// Lets a text keep its name, however many others arrive.
    pub(super) fn reserve(&mut self, dimension: Dimension, text: &str) {
        self.reserved[dimension as usize].insert(text.to_owned());
    }

    /// Whether the configuration names a text, so that it keeps its name whatever else arrives.
    #[must_use]
    pub fn reserves(&self, dimension: Dimension, text: &str) -> bool {
        self.reserved[dimension as usize].contains(text)
    }
}
