//! The configuration: one tree, put together from what each crate documents of itself.

mod advice;
mod certificate;
mod demo;
mod dropped;
mod examples;
mod expected;
mod health;
mod lines;
mod load;
mod log;
mod objectives;
mod plaintext;
mod reference;
mod role;
mod schema;
mod secret_files;
mod sources;
mod syntax;
mod warnings;

use std::fs::Metadata;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use settings::{Problem, Problems};
use toml::Table;

pub(crate) use certificate::{Validity, reached_at};
pub(crate) use load::is_secret;
pub(crate) use log::LogConfig;
pub(crate) use objectives::{Objectives, objectives_of};
pub(crate) use reference::reference;
pub(crate) use role::Role;

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
    /// The admin server.
    pub(crate) dashboard: dashboard::Config,
    /// Health and metrics of the other roles.
    pub(crate) health: health::HealthSection,
    /// The demo of `corswatch up --demo`.
    pub(crate) demo: demo::DemoSection,
    /// Address of the edge as browsers reach it, such as `https://cors.example.com`; the web UI
    /// shows it in script tags. Empty: the address that the edge listens on.
    pub(crate) public_url: String,
    /// Connections beyond this machine on which secrets may travel in clear text all the same: "store" (password of
    /// ClickHouse over http://), "kafka" (password of SASL without TLS), "dashboard" (bearer tokens, where `alert.external_url`
    /// is not a https:// address), "alert" (tokens and addresses of receivers over http://). Without it such a configuration is refused.
    pub(crate) dangerously_allow_plaintext: Vec<plaintext::Link>,
    /// Applications whose pages send beacons.
    pub(crate) apps: Vec<intake::AppConfig>,
    /// Services that own endpoints.
    pub(crate) services: Vec<intake::ServiceConfig>,
    /// Critical flows of applications, each with an objective of its own.
    pub(crate) flows: Vec<aggregator::FlowConfig>,
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
            dangerously_allow_plaintext: Vec::new(),
            apps: Vec::new(),
            services: Vec::new(),
            flows: Vec::new(),
            slo: Vec::new(),
        }
    }
}

/// What a file and the environment say.
pub(crate) struct Examined {
    /// There only if something could be read.
    pub(crate) config: Option<Config>,
    /// What keeps it from being used.
    pub(crate) problems: Vec<Problem>,
    /// What is worth a second look.
    pub(crate) warnings: Vec<Problem>,
    /// What file, environment and files of secrets say, as it was read.
    pub(crate) read: Table,
}

impl Config {
    /// Reads `file` and the environment, and logs nothing yet: the second value is what to warn of.
    pub(crate) fn load(file: Option<&Path>) -> Result<(Self, Vec<Problem>), Failure> {
        let examined = Self::examine(file)?;
        match examined.config {
            Some(config) if examined.problems.is_empty() => Ok((config, examined.warnings)),
            _ => Err(Failure::Config(examined.problems)),
        }
    }

    /// Reads `file` and the environment, and reports all problems at once.
    pub(crate) fn examine(file: Option<&Path>) -> Result<Examined, Failure> {
        let (mut tree, text, mut warnings) = match file {
            Some(file) => {
                let (tree, text, about) = parse(file)?;
                let name = file.display().to_string();
                let found = warnings::of_file(&name, &about, &tree);
                (tree, Some(text), found)
            }
            None => (Table::new(), None, Vec::new()),
        };
        let (environment, mut problems) = load::override_with(&mut tree, std::env::vars());
        let schema = schema::Schema::of::<Self>();
        let files = secret_files::resolve(&mut tree, &schema);
        problems.extend(files.problems);
        warnings.extend(files.warnings);
        warnings.extend(warnings::placeholders(&tree));
        let reading = load::read::<Self>(tree.clone(), &environment, &schema);
        problems.extend(reading.problems);
        if let Some(config) = &reading.value {
            let mut found = Vec::new();
            config.problems(&mut found);
            problems.extend(reading.dropped.own(found));
            let found = config.warnings();
            warnings.extend(reading.dropped.own(found));
        }
        let sources = sources::Sources {
            text: text.as_deref(),
            environment: &environment,
            tree: &tree,
            schema: &schema,
        };
        let problems = problems.into_iter().map(|problem| sources.located(problem));
        Ok(Examined {
            config: reading.value,
            problems: problems.collect(),
            warnings,
            read: tree,
        })
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
        let own_labels = self.slo.iter().flat_map(|slo| slo.labels.keys());
        let own_labels = own_labels.map(String::as_str).collect();
        self.alert
            .problems(&own_labels, Problems::at("alert", found));
        self.prober
            .problems(&self.services, Problems::at("prober", found));
        self.inventory.problems(Problems::at("inventory", found));
        self.dashboard.problems(Problems::at("dashboard", found));
        let apps = self.app_names();
        self.alert
            .report_problems(&apps, Problems::at("alert", found));
        self.dashboard
            .app_problems(&apps, Problems::at("dashboard", found));
        self.health
            .problems(&self.dashboard, Problems::at("health", found));
        self.catalog().problems(Problems::at("", found));
        let promised = (self.slo.as_slice(), self.flows.as_slice());
        aggregator::problems(promised, &self.app_names(), &mut Problems::at("", found));
        if self.journal.kind == journal::Kind::Disk {
            self.chunk_problem(Problems::at("loader", found));
        }
        self.url_problems(found);
        found.extend(self.leaks());
        found.extend(self.certificate_problem());
    }

    /// Addresses that read as URLs of another scheme, such as `localhost:8123`.
    fn url_problems(&self, found: &mut Vec<Problem>) {
        let runbooks = self.slo.iter().enumerate();
        let runbooks = runbooks.map(|(at, slo)| (format!("slo[{at}].runbook"), &slo.runbook));
        let urls = [
            ("public_url".to_owned(), &self.public_url),
            ("store.url".to_owned(), &self.store.url),
        ];
        for (path, url) in urls.into_iter().chain(runbooks) {
            if !url.is_empty()
                && let Err(reason) = settings::web_url(url)
            {
                found.retain(|problem| problem.path != path);
                // Before an `@` stand user and password.
                let value = match url.contains('@') {
                    true => "[redacted]".to_owned(),
                    false => format!("{url:?}"),
                };
                found.push(Problem {
                    value,
                    path,
                    reason,
                });
            }
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
        self.resolved((&self.slo, &self.flows), &self.app_names())
    }

    /// Objectives and flows with every default of this configuration, or the starting set for `apps`.
    pub(crate) fn resolved(
        &self,
        promised: (&[aggregator::SloConfig], &[aggregator::FlowConfig]),
        apps: &[String],
    ) -> Vec<aggregator::Slo> {
        aggregator::objectives(promised, apps, &self.aggregator, self.alert.remind_after)
    }

    /// Who owns the services, for alerts.
    pub(crate) fn owners(&self) -> alert::Owners {
        let owner = |service: &intake::ServiceConfig| {
            let owner = alert::Owner {
                team: service.owner.clone(),
                runbook: service.runbook.clone(),
            };
            (service.name.clone(), owner)
        };
        self.services.iter().map(owner).collect()
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
        let of_flows = self.flows.iter().flat_map(|flow| {
            let calls = flow.flow().calls.into_iter();
            calls.map(|call| intake::Reserved {
                app: flow.app.clone(),
                dimension: Endpoint,
                text: call.endpoint,
            })
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
            .chain(of_flows)
            .collect()
    }
}

/// A configuration is no larger.
const MOST_BYTES: u64 = 8 << 20;

fn parse(file: &Path) -> Result<(Table, String, Metadata), Failure> {
    let problem = |reason: String| {
        let path = "--config".to_owned();
        Failure::Config(vec![Problem {
            path,
            value: file.display().to_string(),
            reason,
        }])
    };
    let (text, about) = crate::file::text(file, MOST_BYTES).map_err(problem)?;
    let tree = text
        .parse()
        .map_err(|error| problem(syntax::located(&text, &error)))?;
    Ok((tree, text, about))
}
