//! The forms of a policy, and the policy whatever its form.

use crate::ask::Ask;
use crate::gateway;
use crate::grant::Grant;
use crate::ingress;
use crate::nginx;
use crate::own;
use crate::place::{Door, Problem};
use crate::reply::{Reply, Upstream};
use crate::source::Source;

/// How a policy is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Form {
    /// The own form: TOML.
    Corswatch,
    /// nginx's configuration.
    Nginx,
    /// Kubernetes Ingresses with annotations of ingress-nginx.
    IngressNginx,
    /// HTTPRoutes of Gateway API with a CORS filter.
    GatewayApi,
}

impl Form {
    /// Every form.
    pub const ALL: &'static [Self] = &[
        Self::Corswatch,
        Self::Nginx,
        Self::IngressNginx,
        Self::GatewayApi,
    ];

    /// Its name on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Corswatch => "corswatch",
            Self::Nginx => "nginx",
            Self::IngressNginx => "ingress-nginx",
            Self::GatewayApi => "gateway-api",
        }
    }

    /// The form of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut all = Self::ALL.iter().copied();
        all.find(|form| form.as_str() == text)
    }

    /// The form that a file looks like.
    #[must_use]
    pub fn of(source: &Source<'_>) -> Self {
        let text = source.text;
        let says = |what: &str| text.lines().any(|line| line.trim_start().starts_with(what));
        let ending = source
            .name
            .rsplit_once('.')
            .map_or("", |(_, ending)| ending);
        let is_yaml = matches!(ending, "yaml" | "yml") || says("apiVersion:");
        if says("kind: HTTPRoute") {
            Self::GatewayApi
        } else if is_yaml {
            Self::IngressNginx
        } else if ending == "toml" || says("[[rule]]") {
            Self::Corswatch
        } else {
            Self::Nginx
        }
    }
}

impl std::fmt::Display for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A policy that was read.
#[derive(Debug)]
pub struct Policy {
    form: Form,
    inner: Inner,
}

#[derive(Debug)]
enum Inner {
    Own(own::Rules),
    Nginx(nginx::Config),
    Gateway(gateway::Routes),
}

impl Policy {
    /// Reads a policy; what cannot be read is in the second value, and the rest is in the first.
    #[must_use]
    pub fn read(form: Form, source: &Source<'_>) -> (Self, Vec<Problem>) {
        let mut problems = Vec::new();
        let inner = match form {
            Form::Corswatch => Inner::Own(own::read(source, &mut problems)),
            Form::Nginx => Inner::Nginx(nginx::read(source, &mut problems)),
            Form::IngressNginx => Inner::Nginx(ingress::read(source, &mut problems)),
            Form::GatewayApi => Inner::Gateway(gateway::read(source, &mut problems)),
        };
        problems.sort();
        problems.dedup();
        (Self { form, inner }, problems)
    }

    /// The form in which it is written.
    #[must_use]
    pub const fn form(&self) -> Form {
        self.form
    }

    /// What a platform with this policy answers.
    #[must_use]
    pub fn answer(&self, ask: &Ask<'_>, upstream: &Upstream) -> Reply {
        match &self.inner {
            Inner::Own(rules) => rules.answer(ask, upstream),
            Inner::Nginx(config) => config.answer(ask, upstream),
            Inner::Gateway(routes) => routes.answer(ask, upstream),
        }
    }

    /// What it gives, as far as it is written out.
    #[must_use]
    pub fn grants(&self) -> Vec<Grant> {
        let mut grants = match &self.inner {
            Inner::Own(rules) => rules.grants(),
            Inner::Nginx(config) => config.grants(),
            Inner::Gateway(routes) => routes.grants(),
        };
        grants.sort();
        grants.dedup();
        grants
    }

    /// A URL for each of its parts, as far as the file tells one.
    #[must_use]
    pub fn doors(&self) -> Vec<Door> {
        let mut doors = match &self.inner {
            Inner::Own(rules) => rules.doors(),
            Inner::Nginx(config) => config.doors(),
            Inner::Gateway(routes) => routes.doors(),
        };
        doors.sort_by(|a, b| (&a.place, &a.host, &a.path).cmp(&(&b.place, &b.host, &b.path)));
        doors.dedup_by(|a, b| (&a.host, &a.path) == (&b.host, &b.path));
        doors
    }
}
