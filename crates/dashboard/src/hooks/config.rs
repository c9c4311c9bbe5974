//! Settings of webhooks that report deploys.

use std::collections::BTreeMap;

use observation::vocabulary;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use settings::{Problems, Secret};
use store::DeploySource;

/// A shorter secret can be guessed.
const MIN_SECRET: usize = 16;
const MAX_NAME: usize = 64;
/// Names that are translated.
const MAX_NAMES: usize = 1_000;

vocabulary! {
    /// Who calls, and in which form.
    #[derive(JsonSchema)]
    #[serde(rename_all = "lowercase")]
    HookKind {
        /// Webhooks of GitHub: `deployment` and `deployment_status`, signed with `X-Hub-Signature-256`.
        Github => "github",
        /// Deployment events of GitLab, with the secret in `X-Gitlab-Token`.
        Gitlab => "gitlab",
        /// Notifications of Argo CD, with the secret as `Authorization: Bearer`.
        Argocd => "argocd",
        /// Change events in the form of PagerDuty's Events API v2, with the secret as `routing_key`.
        Pagerduty => "pagerduty",
    }
}

impl HookKind {
    /// The same as a source of deploys.
    pub(crate) const fn source(self) -> DeploySource {
        match self {
            Self::Github => DeploySource::Github,
            Self::Gitlab => DeploySource::Gitlab,
            Self::Argocd => DeploySource::Argocd,
            Self::Pagerduty => DeploySource::Pagerduty,
        }
    }
}

/// A webhook that reports deploys.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeployHook {
    /// Its name, unique; the last part of its address `/api/v1/deploys/hooks/NAME` and the first of the
    /// identities of its deploys.
    pub name: String,
    /// Who calls, and in which form.
    pub kind: HookKind,
    /// What only the caller knows, at least 16 characters: the webhook's secret, or the routing key.
    #[serde(default)]
    pub secret: Secret,
    /// Apps whose traffic the deploys may change; all, where empty.
    #[serde(default)]
    pub apps: Vec<String>,
    /// The service that is deployed, by repository (`acme/cart`), project, Argo CD application or source. Where
    /// one is not named, the last part of its name is taken if a configured service is called so.
    #[serde(default)]
    pub services: BTreeMap<String, String>,
    /// What pages call an environment, by what the caller calls it.
    #[serde(default)]
    pub environments: BTreeMap<String, String>,
    /// Whether each of its deploys changes CORS configuration: for a repository of a gateway's policies.
    #[serde(default)]
    pub touches_cors: bool,
}

/// Reports everything that is wrong with `hooks`.
pub(crate) fn problems(hooks: &[DeployHook], problems: &mut Problems<'_>) {
    for (at, hook) in hooks.iter().enumerate() {
        let earlier = &hooks[..at];
        let mut problems = problems.section(format!("deploy_hooks[{at}]"));
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if hook.name.is_empty() || hook.name.len() > MAX_NAME || !hook.name.chars().all(is_plain) {
            let reason = "write 1 to 64 letters, digits, `-`, `_` or `.`: it is part of an address";
            problems.report("name", &hook.name, reason);
        }
        if earlier.iter().any(|other| other.name == hook.name) {
            problems.report("name", &hook.name, "another webhook has this name");
        }
        if hook.secret.is_empty() {
            let reason = "is missing: set it, or `secret_file` with the path of a file";
            problems.report("secret", "\"\"", reason);
        } else if hook.secret.reveal().len() < MIN_SECRET {
            let reason = format!("at least {MIN_SECRET} characters: openssl rand -hex 32");
            problems.report("secret", "[redacted]", reason);
        }
        let same_key =
            |other: &&DeployHook| other.kind == HookKind::Pagerduty && other.secret == hook.secret;
        if hook.kind == HookKind::Pagerduty && earlier.iter().any(|other| same_key(&other)) {
            let reason = "another webhook has this routing key: it tells them apart";
            problems.report("secret", "[redacted]", reason);
        }
        for (field, names) in [
            ("services", &hook.services),
            ("environments", &hook.environments),
        ] {
            if names.len() > MAX_NAMES {
                problems.report(field, names.len(), format!("at most {MAX_NAMES} names"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_in_webhooks_is_reported_and_none_shows_the_secret() {
        let hook = |name: &str, kind, secret: &str| DeployHook {
            name: name.to_owned(),
            kind,
            secret: Secret::new(secret.to_owned()),
            apps: Vec::new(),
            services: BTreeMap::new(),
            environments: BTreeMap::new(),
            touches_cors: false,
        };
        let long = "0123456789abcdef0123456789abcdef";
        let hooks = [
            hook("github", HookKind::Github, long),
            hook("github", HookKind::Gitlab, "hunter2"),
            hook("a/b", HookKind::Argocd, ""),
            hook("one", HookKind::Pagerduty, long),
            hook("two", HookKind::Pagerduty, long),
        ];
        let mut found = Vec::new();
        super::problems(&hooks, &mut Problems::at("dashboard", &mut found));
        let found: Vec<_> = found.iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(found.join("\n"), @r#"
        dashboard.deploy_hooks[1].name = github: another webhook has this name
        dashboard.deploy_hooks[1].secret = [redacted]: at least 16 characters: openssl rand -hex 32
        dashboard.deploy_hooks[2].name = a/b: write 1 to 64 letters, digits, `-`, `_` or `.`: it is part of an address
        dashboard.deploy_hooks[2].secret = "": is missing: set it, or `secret_file` with the path of a file
        dashboard.deploy_hooks[4].secret = [redacted]: another webhook has this routing key: it tells them apart
        "#);
    }
}
