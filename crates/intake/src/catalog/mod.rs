//! What is known before a beacon arrives: applications with their keys, and services.

mod app;
mod config;
mod log_key;
mod sdk;
mod services;

use std::collections::HashMap;

use settings::{Problem, Problems};

use crate::Dimension;

pub(crate) use app::Allowed;
pub use app::{App, LabTraffic, OpaqueOrigin};
pub use config::{AppConfig, CatalogConfig, MatchRule, Reserved, ServiceConfig};
use log_key::LogKeys;
pub use log_key::{LogKeyConfig, LogKeyState, LogSource};
pub use sdk::{Observer, ProbeLimit, SdkConfig};
pub use services::Service;
pub(crate) use services::Services;

/// The applications and services of a configuration, ready for look-up.
#[derive(Debug)]
pub struct Catalog {
    apps: Vec<App>,
    keys: HashMap<String, Key>,
    log_keys: LogKeys,
    services: Services,
}

#[derive(Debug, Clone, Copy)]
struct Key {
    app: usize,
    index: usize,
    disabled: bool,
}

/// Everything that the configuration names. Patterns name nothing: anybody can bring any number of
/// texts that match them.
fn reserved(config: &CatalogConfig) -> Vec<Reserved> {
    let of = |app: &str, dimension, text: &str| Reserved {
        app: app.to_owned(),
        dimension,
        text: text.to_owned(),
    };
    let mut all = config.reserved.clone();
    for app in &config.apps {
        let endpoints = app.endpoints.iter();
        all.extend(endpoints.map(|text| of(&app.name, Dimension::Endpoint, text)));
        let environment = app.environment.iter();
        all.extend(environment.map(|text| of(&app.name, Dimension::Environment, text)));
    }
    for service in &config.services {
        let targets = service.matches.iter().map(|rule| &rule.origin);
        all.extend(targets.map(|text| of("", Dimension::TargetOrigin, text)));
        let pages = service.allowed_origins.iter();
        all.extend(pages.map(|text| of("", Dimension::PageOrigin, text)));
    }
    all
}

/// What a key stands for.
#[derive(Debug, Clone, Copy)]
pub enum KeyState<'a> {
    /// A key in use.
    Active {
        /// Its application.
        app: &'a App,
        /// Number of the key, below [`Catalog::key_count`].
        key: usize,
    },
    /// A key whose pages are to fall silent.
    Disabled(&'a App),
    /// No key of ours.
    Unknown,
}

impl Catalog {
    /// Builds the catalog.
    ///
    /// # Errors
    /// Every problem of the configuration, with paths that start at `apps` and `services`.
    pub fn build(config: &CatalogConfig) -> Result<Self, Vec<Problem>> {
        let mut found = Vec::new();
        config.problems(Problems::at("", &mut found));
        if !found.is_empty() {
            return Err(found);
        }
        let mut apps: Vec<App> = config.apps.iter().enumerate().map(App::build).collect();
        for reserved in reserved(config) {
            for app in &mut apps {
                if reserved.app.is_empty() || reserved.app == app.name() {
                    app.reserve(reserved.dimension, &reserved.text);
                }
            }
        }
        let mut keys = HashMap::new();
        for (app, config) in config.apps.iter().enumerate() {
            let all = config.keys.iter().map(|key| (key, false));
            for (key, disabled) in all.chain(config.disabled_keys.iter().map(|key| (key, true))) {
                let index = keys.len();
                let entry = Key {
                    app,
                    index,
                    disabled,
                };
                keys.insert(key.clone(), entry);
            }
        }
        let log_keys = LogKeys::build(&config.apps, keys.len());
        Ok(Self {
            apps,
            keys,
            log_keys,
            services: Services::build(&config.services),
        })
    }

    /// What `key` stands for.
    #[must_use]
    pub fn key(&self, key: &str) -> KeyState<'_> {
        match self.keys.get(key) {
            None => KeyState::Unknown,
            Some(key) if key.disabled => KeyState::Disabled(&self.apps[key.app]),
            Some(key) => KeyState::Active {
                app: &self.apps[key.app],
                key: key.index,
            },
        }
    }

    /// What a secret key of a server stands for.
    #[must_use]
    pub fn log_key(&self, key: &[u8]) -> LogKeyState<'_> {
        match self.log_keys.get(key) {
            None => LogKeyState::Unknown,
            Some(found) => LogKeyState::Active {
                app: &self.apps[found.app],
                key: found.index,
                source: found.source,
            },
        }
    }

    /// How many keys there are, active and disabled, of pages and of servers.
    #[must_use]
    pub fn key_count(&self) -> usize {
        self.keys.len() + self.log_keys.len()
    }

    /// The application that each key number belongs to, as pairs of key number and application.
    pub fn keys(&self) -> impl Iterator<Item = (usize, &App)> {
        let of_pages = self.keys.values().map(|key| (key.index, key.app));
        let all = of_pages.chain(self.log_keys.iter());
        all.map(|(key, app)| (key, &self.apps[app]))
    }

    /// The applications, in the order of the configuration.
    #[must_use]
    pub fn apps(&self) -> &[App] {
        &self.apps
    }

    /// The services, in the order of the configuration.
    #[must_use]
    pub fn services(&self) -> &[Service] {
        self.services.all()
    }

    /// The service that owns `endpoint` of `target_origin`.
    #[must_use]
    pub fn service_of(&self, target_origin: &str, endpoint: &str) -> Option<&Service> {
        self.services.of(target_origin, endpoint)
    }
}
