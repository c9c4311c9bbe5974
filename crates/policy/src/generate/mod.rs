//! The least permissive policy that lets seen requests pass.
//!
//! What a request needs is what the engine says its preflight asks: a method beyond GET, HEAD and
//! POST, names of headers, credentials, and response headers that pages read. Endpoints of a host with
//! the same needs are one group; no one gets what only others need, where the form can say so.

mod apache;
mod caddy;
mod cloud;
mod contour;
mod envoy;
mod gateway;
mod group;
mod haproxy;
mod ingress;
mod kong;
mod nginx;
mod own;
mod routes;
mod traefik;

use crate::cloud::Platform;
use crate::form::Form;
use crate::shape::Shape;

pub(crate) use group::{Group, Host, Need};

/// How long browsers may keep a preflight's answer: that of the configuration that `explain` prints.
pub(crate) const MAX_AGE_SECONDS: u32 = explain::fix::MAX_AGE_SECONDS;

/// A policy that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generated {
    /// The policy.
    pub text: String,
    /// What stands in no comment, as the form has none.
    pub notes: Vec<String>,
    /// Shapes that it does not let pass, each with the reason.
    pub left_out: Vec<(Shape, String)>,
}

/// Writes the policy; `heading` is what its first comment says.
#[must_use]
pub fn generate(form: Form, shapes: &[Shape], heading: &[String]) -> Generated {
    let (hosts, left_out) = group::hosts(form, shapes);
    let mut comments: Vec<String> = heading.to_vec();
    for (shape, reason) in &left_out {
        comments.push(format!(
            "Left out: {} {}{} from {} ({} requests): {reason}.",
            shape.method, shape.target_origin, shape.endpoint, shape.page_origin, shape.count
        ));
    }
    let written = match form {
        Form::Corswatch => own::write(&hosts),
        Form::Nginx => nginx::write(&hosts),
        Form::IngressNginx => ingress::write(hosts),
        Form::GatewayApi => gateway::write(hosts),
        Form::Traefik => traefik::write(&hosts),
        Form::Envoy => envoy::write(&hosts),
        Form::Istio => envoy::istio(&hosts),
        Form::EnvoyGateway => envoy::gateway(&hosts),
        Form::Contour => contour::write(hosts),
        Form::Kong => kong::write(&hosts),
        Form::Caddy => caddy::write(&hosts),
        Form::Apache => apache::write(&hosts),
        Form::HaProxy => haproxy::write(&hosts),
        Form::S3 => return in_json(Platform::S3, &hosts, comments, left_out),
        Form::Gcs => return in_json(Platform::Google, &hosts, comments, left_out),
        Form::AzureStorage => return in_json(Platform::AzureStorage, &hosts, comments, left_out),
        Form::AzureAppService => {
            return in_json(Platform::AzureAppService, &hosts, comments, left_out);
        }
        Form::ApiGateway => return in_json(Platform::ApiGateway, &hosts, comments, left_out),
        Form::CloudFront => return in_json(Platform::CloudFront, &hosts, comments, left_out),
    };
    let mut text: String = comments
        .iter()
        .map(|comment| comment_line(comment))
        .collect();
    text.push_str(&written);
    Generated {
        text,
        notes: Vec::new(),
        left_out,
    }
}

/// JSON has no comments: what would stand in them is told beside it.
fn in_json(
    platform: Platform,
    hosts: &[Host],
    mut notes: Vec<String>,
    left_out: Vec<(Shape, String)>,
) -> Generated {
    let written = cloud::write(platform, hosts);
    notes.extend(written.notes);
    Generated {
        text: written.text,
        notes,
        left_out,
    }
}

/// A line of comment in any of the forms: what pages reported stays on it.
pub(crate) fn comment_line(text: &str) -> String {
    let text: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    format!("# {text}\n")
}

/// A text in double quotes, as TOML, YAML and JSON have it.
pub(crate) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Texts in double quotes, with commas.
pub(crate) fn all_quoted<'a>(texts: impl IntoIterator<Item = &'a String>) -> String {
    let texts: Vec<String> = texts.into_iter().map(|text| quoted(text)).collect();
    texts.join(", ")
}

/// Names with commas.
pub(crate) fn joined<'a>(names: impl IntoIterator<Item = &'a String>) -> String {
    let names: Vec<&str> = names.into_iter().map(String::as_str).collect();
    names.join(", ")
}
