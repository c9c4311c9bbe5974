//! The configuration: one tree, put together from what each crate documents of itself.

mod demo;
mod health;
mod load;
mod log;
mod reference;

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use settings::{Problem, Problems};
use toml::Table;

pub(crate) use log::LogConfig;
pub(crate) use reference::reference;

use crate::exit::Failure;

/// Settings of corswatch. One TOML file; `CORSWATCH__SECTION__FIELD` in the environment overrides
/// what is not a list.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    /// Directory of the embedded parts: the journal on disk and the engine.
    pub(crate) data: PathBuf,
    /// Logging.
    pub(crate) log: LogConfig,
    /// The edge.
    pub(crate) collector: collector::Config,
    /// The durable log.
    pub(crate) journal: journal::Config,
    /// Journal to store.
    pub(crate) loader: loader::Config,
    /// ClickHouse.
    pub(crate) store: store::Config,
    /// The embedded ClickHouse engine; used where `store.url` is empty.
    pub(crate) engine: store::engine::EngineConfig,
    /// SLO evaluation.
    pub(crate) aggregator: aggregator::Config,
    /// Alerts.
    pub(crate) alert: alert::Config,
    /// Replays of failures.
    pub(crate) prober: prober::Config,
    /// The inventory of policies.
    pub(crate) inventory: inventory::Config,
    /// The private side.
    pub(crate) dashboard: dashboard::Config,
    /// Health and metrics of the other roles.
    pub(crate) health: health::HealthSection,
    /// The demo of `corswatch up --demo`.
    pub(crate) demo: demo::DemoSection,
    /// Address of the edge as browsers reach it, such as `https://cors.example.com`; the web UI
    /// shows it in script tags. Empty: the address that the edge listens on.
    pub(crate) public_url: String,
    /// Applications whose pages send beacons.
    pub(crate) apps: Vec<intake::AppConfig>,
    /// Services that own endpoints.
    pub(crate) services: Vec<intake::ServiceConfig>,
    /// Service level objectives; without any, every app has the default ones.
    pub(crate) slo: Vec<aggregator::SloConfig>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data: PathBuf::from("data"),
            log: LogConfig::default(),
            collector: collector::Config::default(),
            journal: journal::Config::default(),
            loader: loader::Config::default(),
            store: store::Config::default(),
            engine: store::engine::EngineConfig::default(),
            aggregator: aggregator::Config::default(),
            alert: alert::Config::default(),
            prober: prober::Config::default(),
            inventory: inventory::Config::default(),
            dashboard: dashboard::Config::default(),
            health: health::HealthSection::default(),
            demo: demo::DemoSection::default(),
            public_url: String::new(),
            apps: Vec::new(),
            services: Vec::new(),
            slo: Vec::new(),
        }
    }
}

impl Config {
    /// Reads `file` and the environment. Reports all problems at once.
    pub(crate) fn load(file: Option<&Path>) -> Result<Self, Failure> {
        let mut tree = match file {
            Some(file) => parse(file)?,
            None => Table::new(),
        };
        let mut problems = load::override_with(&mut tree, std::env::vars());
        let (config, unreadable) = load::read::<Self>(tree);
        problems.extend(unreadable);
        if let Some(config) = &config {
            config.problems(&mut problems);
        }
        match config {
            Some(config) if problems.is_empty() => Ok(config),
            _ => Err(Failure::Config(problems)),
        }
    }

    /// Adds every problem of the settings.
    pub(crate) fn problems(&self, found: &mut Vec<Problem>) {
        self.log.problems(Problems::at("log", found));
        self.collector.problems(Problems::at("collector", found));
        self.journal.problems(Problems::at("journal", found));
        self.loader.problems(Problems::at("loader", found));
        self.store.problems(Problems::at("store", found));
        self.engine.problems(Problems::at("engine", found));
        self.aggregator.problems(Problems::at("aggregator", found));
        self.alert.problems(Problems::at("alert", found));
        self.prober
            .problems(&self.services, Problems::at("prober", found));
        self.inventory.problems(Problems::at("inventory", found));
        self.dashboard.problems(Problems::at("dashboard", found));
        self.health
            .problems(&self.dashboard, Problems::at("health", found));
        self.catalog().problems(Problems::at("", found));
        aggregator::problems(&self.slo, &self.app_names(), &mut Problems::at("", found));
        if self.journal.kind == journal::Kind::Disk {
            self.chunk_problem(Problems::at("loader", found));
        }
    }

    /// Puts journal and engine below `data`.
    pub(crate) fn move_data_to(&mut self, data: PathBuf) {
        if self.journal.disk.dir == journal::DiskConfig::default().dir {
            self.journal.disk.dir = data.join("journal");
        }
        if self.journal.spool.dir == journal::SpoolConfig::default().dir {
            self.journal.spool.dir = data.join("spool");
        }
        self.data = data;
    }

    /// The edge's address as browsers reach it, where it is configured.
    pub(crate) fn public_edge(&self) -> Option<String> {
        let url = self.public_url.trim_end_matches('/');
        (!url.is_empty()).then(|| url.to_owned())
    }

    /// The objectives, or the starting set where none is configured.
    pub(crate) fn objectives(&self) -> Vec<aggregator::Slo> {
        let remind_after = self.alert.remind_after;
        aggregator::objectives(&self.slo, &self.app_names(), &self.aggregator, remind_after)
    }

    fn app_names(&self) -> Vec<String> {
        self.apps.iter().map(|app| app.name.clone()).collect()
    }

    /// A reader rewinds to the start of its chunk: the journal must still have it.
    fn chunk_problem(&self, mut problems: Problems<'_>) {
        let kept = self.journal.disk.keep_records;
        if self.loader.chunk_size.saturating_mul(2) > kept {
            let reason = format!("at most half of journal.disk.keep_records, {kept}");
            problems.report("chunk_size", self.loader.chunk_size, reason);
        }
    }

    /// Apps and services as the edge knows them.
    pub(crate) fn catalog(&self) -> intake::CatalogConfig {
        intake::CatalogConfig {
            apps: self.apps.clone(),
            services: self.services.clone(),
            reserved: self.reserved(),
        }
    }

    /// What objectives and replays are configured by.
    fn reserved(&self) -> Vec<intake::Reserved> {
        use intake::Dimension::{Endpoint, Environment, PageOrigin, Release, TargetOrigin};
        let of_objectives = self.slo.iter().flat_map(|slo| {
            [
                (&slo.app, PageOrigin, slo.page_origin.as_ref()),
                (&slo.app, TargetOrigin, slo.target_origin.as_ref()),
                (&slo.app, Endpoint, slo.endpoint.as_ref()),
                (&slo.app, Environment, slo.environment.as_ref()),
                (&slo.app, Release, slo.release.as_ref()),
            ]
        });
        const ALL_APPS: &String = &String::new();
        let of_samples = self.prober.samples.iter().flat_map(|sample| {
            [
                (ALL_APPS, TargetOrigin, Some(&sample.origin)),
                (ALL_APPS, Endpoint, Some(&sample.endpoint)),
            ]
        });
        of_objectives
            .chain(of_samples)
            .filter_map(|(app, dimension, text)| {
                text.map(|text| intake::Reserved {
                    app: app.clone(),
                    dimension,
                    text: text.clone(),
                })
            })
            .collect()
    }
}

fn parse(file: &Path) -> Result<Table, Failure> {
    let problem = |reason: String| {
        let path = "--config".to_owned();
        Failure::Config(vec![Problem {
            path,
            value: file.display().to_string(),
            reason,
        }])
    };
    let text = std::fs::read_to_string(file)
        .map_err(|error| problem(format!("cannot be read: {error}")))?;
    text.parse().map_err(|error: toml::de::Error| {
        problem(format!(
            "is not TOML: {}",
            error.to_string().replace('\n', " | ")
        ))
    })
}
