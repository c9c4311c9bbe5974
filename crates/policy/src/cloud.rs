//! CORS settings of storage and gateways in clouds: lists of rules without hosts and paths, which are
//! those of the bucket, account or API that has them.
//!
//! Facts from the documentation of the platforms:
//! * S3: "Using cross-origin resource sharing", how a configuration is evaluated, and `CORSRule` of the
//!   API. The first rule that fits origin, method and all asked headers answers; 403 where none does.
//! * Google Cloud Storage: "Cross-origin resource sharing", which compares origin and method, and in a
//!   preflight the asked headers with `responseHeader`; an answer without headers where none fits.
//! * Azure Storage: "CORS support for Azure Storage"; 403 where no rule fits, 400 to an `OPTIONS`
//!   without its headers.
//! * Azure App Service: `CorsSettings` of a site: origins and `supportCredentials`, nothing else.
//! * API Gateway: "Configuring CORS for an HTTP API"; `OPTIONS` is answered by itself with 204.
//! * CloudFront: response headers policies, which add to what comes from behind, preflights included.

mod answer;
mod hcl;
mod read;
pub(crate) mod terraform;
mod xml;

use crate::ask::Ask;
use crate::doubt::Doubt;
use crate::form::Answers;
use crate::grant::{Grant, Kind};
use crate::place::{EntryUrl, SourceLocation};
use crate::prediction::{Prediction, Upstream};

pub(crate) use self::read::read;

type List = Vec<(String, SourceLocation)>;

/// The rules of a file.
#[derive(Debug)]
pub(crate) struct Rules {
    platform: Platform,
    rules: Vec<Rule>,
}

/// Whose rules they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Platform {
    S3,
    Google,
    AzureStorage,
    AzureAppService,
    ApiGateway,
    CloudFront,
}

/// A rule.
#[derive(Debug)]
struct Rule {
    origins: List,
    methods: List,
    headers: List,
    expose: List,
    max_age: Option<(String, SourceLocation)>,
    credentials: Option<SourceLocation>,
    /// Whether headers from behind give way.
    overrides: bool,
    /// Why it cannot be told what the rule is, where something of it is not in the file.
    open: Option<Doubt>,
    place: SourceLocation,
}

impl Answers for Rules {
    fn answer(&self, ask: &Ask<'_>, upstream: &Upstream) -> Prediction {
        answer::tell(self, ask, upstream).into()
    }

    fn grants(&self) -> Vec<Grant> {
        let mut grants = Vec::new();
        for rule in &self.rules {
            for (kind, list) in [
                (Kind::Origin, &rule.origins),
                (Kind::Method, &rule.methods),
                (Kind::Header, &rule.headers),
                (Kind::Exposed, &rule.expose),
            ] {
                grants.extend(Grant::all(kind, list));
            }
        }
        grants
    }

    fn doors(&self) -> Vec<EntryUrl> {
        let door = |rule: &Rule| EntryUrl {
            host: None,
            path: "/".to_owned(),
            place: rule.place.clone(),
        };
        self.rules.iter().take(1).map(door).collect()
    }
}
