//! Secret keys with which servers send their logs.

use std::collections::HashMap;

use observation::Source;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use settings::Secret;
use sha2::{Digest as _, Sha256};

use super::{App, AppConfig};

const KEY_LENGTH: std::ops::RangeInclusive<usize> = 16..=128;

/// Which kind of server logs. The same failure seen by two of them is shown side by side, never summed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogSource {
    /// A gateway or ingress.
    #[default]
    Gateway,
    /// A CDN.
    Edge,
    /// The origin server.
    Origin,
}

impl From<LogSource> for Source {
    fn from(source: LogSource) -> Self {
        match source {
            LogSource::Gateway => Self::Gateway,
            LogSource::Edge => Self::Edge,
            LogSource::Origin => Self::OriginServer,
        }
    }
}

/// A key with which servers send their logs: `[[apps.log_keys]]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LogKeyConfig {
    /// The key. It is secret, unlike those of pages: 16 to 128 visible ASCII characters.
    pub key: Secret,
    /// Which kind of server sends with it: `gateway`, `edge` (a CDN) or `origin`.
    pub source: LogSource,
}

impl LogKeyConfig {
    /// What is wrong with the key, if anything.
    pub(super) fn mistake(&self) -> Option<&'static str> {
        let key = self.key.reveal();
        let is_key = KEY_LENGTH.contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic());
        (!is_key).then_some("a log key has 16 to 128 visible ASCII characters")
    }
}

/// What a secret key stands for.
#[derive(Debug, Clone, Copy)]
pub enum LogKeyState<'a> {
    /// A key in use.
    Active {
        /// Its application.
        app: &'a App,
        /// Number of the key, below [`super::Catalog::key_count`].
        key: usize,
        /// Which kind of server sends with it.
        source: LogSource,
    },
    /// No key of ours.
    Unknown,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct LogKey {
    pub(super) app: usize,
    pub(super) index: usize,
    pub(super) source: LogSource,
}

/// Keys by their hash: a look-up takes no longer for what begins as a key does, and nothing that prints
/// the catalog prints a key.
#[derive(Debug)]
pub(super) struct LogKeys(HashMap<[u8; 32], LogKey>);

impl LogKeys {
    /// Numbers the keys from `first` on.
    pub(super) fn build(apps: &[AppConfig], first: usize) -> Self {
        let all = apps.iter().enumerate();
        let all = all.flat_map(|(app, config)| config.log_keys.iter().map(move |key| (app, key)));
        let numbered = all.zip(first..).map(|((app, config), index)| {
            let source = config.source;
            (
                hash(config.key.reveal().as_bytes()),
                LogKey { app, index, source },
            )
        });
        Self(numbered.collect())
    }

    pub(super) fn get(&self, key: &[u8]) -> Option<LogKey> {
        self.0.get(&hash(key)).copied()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Pairs of key number and application.
    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, usize)> {
        self.0.values().map(|key| (key.index, key.app))
    }
}

fn hash(key: &[u8]) -> [u8; 32] {
    Sha256::digest(key).into()
}
