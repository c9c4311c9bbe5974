//! One application.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use settings::Size;

use super::AppConfig;
use super::pattern::OriginPattern;

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

/// An application whose pages send beacons.
#[derive(Debug)]
pub struct App {
    index: usize,
    name: String,
    exact_origins: HashSet<String>,
    patterns: Vec<OriginPattern>,
    any_origin: bool,
    lab_traffic: LabTraffic,
    endpoints: HashSet<String>,
    quota: u32,
    quota_bytes: Size,
    environment: String,
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
        let (wild, exact) = config
            .page_origins
            .iter()
            .partition::<Vec<_>, _>(|origin| origin.contains('*'));
        Self {
            index,
            name: config.name.clone(),
            exact_origins: exact.into_iter().cloned().collect(),
            patterns: wild
                .into_iter()
                .filter_map(|text| OriginPattern::read(text).ok())
                .collect(),
            any_origin: config.dangerously_any_page_origin,
            lab_traffic: config.lab_traffic,
            endpoints: config.endpoints.iter().cloned().collect(),
            quota: config.quota,
            quota_bytes: config.quota_bytes,
            environment: config.environment.clone().unwrap_or_default(),
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

    /// Environment of pages that do not say theirs; empty where none is configured.
    #[must_use]
    pub fn environment(&self) -> &str {
        &self.environment
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
            self.any_origin || self.patterns.iter().any(|pattern| pattern.matches(origin));
        admitted.then_some(Allowed::ByPattern)
    }

    /// Whether an endpoint template is configured, so that it keeps its name whatever else arrives.
    #[must_use]
    pub fn has_reserved(&self, endpoint: &str) -> bool {
        self.endpoints.contains(endpoint)
    }
}
