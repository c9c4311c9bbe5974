//! The forms of a policy, and the policy whatever its form.

use std::fmt::Debug;

use crate::ask::Ask;
use crate::cloud::{self, Platform};
use crate::grant::Grant;
use crate::place::{EntryUrl, Problem};
use crate::prediction::{Prediction, Upstream};
use crate::source::Source;
use crate::{apache, caddy, envoy, gateway, haproxy, ingress, kong, nginx, own, traefik};

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
    /// Traefik's dynamic configuration, Kubernetes resources or labels.
    Traefik,
    /// Envoy's route configuration.
    Envoy,
    /// VirtualServices of Istio.
    Istio,
    /// SecurityPolicies of Envoy Gateway.
    EnvoyGateway,
    /// HTTPProxies of Contour.
    Contour,
    /// The cors plugin of Kong.
    Kong,
    /// Caddyfiles, and Caddy's JSON.
    Caddy,
    /// Apache's configuration, and `.htaccess`.
    Apache,
    /// HAProxy's configuration.
    HaProxy,
    /// CORS rules of an S3 bucket, JSON or XML.
    S3,
    /// CORS rules of a Google Cloud Storage bucket.
    Gcs,
    /// CORS rules of Azure Storage, JSON or XML.
    AzureStorage,
    /// CORS of Azure App Service and Functions.
    AzureAppService,
    /// CORS of an HTTP API of AWS API Gateway.
    ApiGateway,
    /// A response headers policy of CloudFront.
    CloudFront,
}

impl Form {
    /// Every form.
    pub const ALL: &'static [Self] = &[
        Self::Corswatch,
        Self::Nginx,
        Self::IngressNginx,
        Self::GatewayApi,
        Self::Traefik,
        Self::Envoy,
        Self::Istio,
        Self::EnvoyGateway,
        Self::Contour,
        Self::Kong,
        Self::Caddy,
        Self::Apache,
        Self::HaProxy,
        Self::S3,
        Self::Gcs,
        Self::AzureStorage,
        Self::AzureAppService,
        Self::ApiGateway,
        Self::CloudFront,
    ];

    /// Its name on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Corswatch => "corswatch",
            Self::Nginx => "nginx",
            Self::IngressNginx => "ingress-nginx",
            Self::GatewayApi => "gateway-api",
            Self::Traefik => "traefik",
            Self::Envoy => "envoy",
            Self::Istio => "istio",
            Self::EnvoyGateway => "envoy-gateway",
            Self::Contour => "contour",
            Self::Kong => "kong",
            Self::Caddy => "caddy",
            Self::Apache => "apache",
            Self::HaProxy => "haproxy",
            Self::S3 => "s3",
            Self::Gcs => "gcs",
            Self::AzureStorage => "azure-storage",
            Self::AzureAppService => "azure-app-service",
            Self::ApiGateway => "aws-api-gateway",
            Self::CloudFront => "cloudfront",
        }
    }

    /// The form of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut all = Self::ALL.iter().copied();
        all.find(|form| form.as_str() == text)
    }

    /// The form that a file looks like.
    ///
    /// # Errors
    /// It looks like none; the text names those that there are.
    pub fn of(source: &Source<'_>) -> Result<Self, String> {
        crate::recognise::form(source).ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.iter().map(|form| form.as_str()).collect();
            let instead = crate::recognise::stranger(source)
                .map(|what| format!("; {what}"))
                .unwrap_or_default();
            format!(
                "the file looks like none of the forms that are known: name one with --form ({}){instead}",
                names.join(", ")
            )
        })
    }
}

impl std::fmt::Display for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a policy of any form can be asked.
pub(crate) trait Answers: Debug + Send + Sync {
    /// What a platform with this policy answers.
    fn answer(&self, ask: &Ask<'_>, upstream: &Upstream) -> Prediction;

    /// What it gives, as far as it is written out.
    fn grants(&self) -> Vec<Grant>;

    /// A URL for each of its parts, as far as the file tells one.
    fn doors(&self) -> Vec<EntryUrl>;
}

/// A policy that was read.
#[derive(Debug)]
pub struct Policy {
    form: Form,
    inner: Box<dyn Answers>,
}

impl Policy {
    /// Reads a policy; what cannot be read is in the second value, and the rest is in the first.
    #[must_use]
    pub fn read(form: Form, source: &Source<'_>) -> (Self, Vec<Problem>) {
        let mut problems = Vec::new();
        let found = &mut problems;
        let inner: Box<dyn Answers> = match form {
            Form::Corswatch => Box::new(own::read(source, found)),
            Form::Nginx => Box::new(nginx::read(source, found)),
            Form::IngressNginx => Box::new(ingress::read(source, found)),
            Form::GatewayApi => Box::new(gateway::read(source, found)),
            Form::Traefik => Box::new(traefik::read(source, found)),
            Form::Envoy => Box::new(envoy::read(source, found)),
            Form::Istio => Box::new(envoy::istio::read(source, found)),
            Form::EnvoyGateway => Box::new(envoy::security::read(source, found)),
            Form::Contour => Box::new(envoy::contour::read(source, found)),
            Form::Kong => Box::new(kong::read(source, found)),
            Form::Caddy => Box::new(caddy::read(source, found)),
            Form::Apache => Box::new(apache::read(source, found)),
            Form::HaProxy => Box::new(haproxy::read(source, found)),
            Form::S3 => Box::new(cloud::read(Platform::S3, source, found)),
            Form::Gcs => Box::new(cloud::read(Platform::Google, source, found)),
            Form::AzureStorage => Box::new(cloud::read(Platform::AzureStorage, source, found)),
            Form::AzureAppService => {
                Box::new(cloud::read(Platform::AzureAppService, source, found))
            }
            Form::ApiGateway => Box::new(cloud::read(Platform::ApiGateway, source, found)),
            Form::CloudFront => Box::new(cloud::read(Platform::CloudFront, source, found)),
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
    pub fn answer(&self, ask: &Ask<'_>, upstream: &Upstream) -> Prediction {
        self.inner.answer(ask, upstream)
    }

    /// What it gives, as far as it is written out.
    #[must_use]
    pub fn grants(&self) -> Vec<Grant> {
        let mut grants = self.inner.grants();
        grants.sort();
        grants.dedup();
        grants
    }

    /// A URL for each of its parts, as far as the file tells one.
    #[must_use]
    pub fn doors(&self) -> Vec<EntryUrl> {
        let mut doors = self.inner.doors();
        doors.sort_by(|a, b| (&a.place, &a.host, &a.path).cmp(&(&b.place, &b.host, &b.path)));
        doors.dedup_by(|a, b| (&a.host, &a.path) == (&b.host, &b.path));
        doors
    }
}
