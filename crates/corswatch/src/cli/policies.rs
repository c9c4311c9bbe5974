//! Arguments of what works on policy files and on what browsers were seen to ask.

use std::path::PathBuf;

use clap::Args;

use super::Format;
use super::words::{FormChoice, form, one_form, page_origin};

/// Arguments of `simulate`.
#[derive(Debug, Args)]
pub(crate) struct Simulate {
    /// The policy: the configuration of a server, a controller or a cloud, or corswatch's own form.
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: PathBuf,
    /// Its form: auto, corswatch, nginx, ingress-nginx, gateway-api, traefik, envoy, istio,
    /// envoy-gateway, contour, kong, caddy, apache, haproxy, s3, gcs, azure-storage,
    /// azure-app-service, aws-api-gateway or cloudfront.
    #[arg(long, value_parser = form, default_value = "auto")]
    pub(crate) form: FormChoice,
    #[command(flatten)]
    pub(crate) seen: ShapeSource,
    /// A directory outside of the policy's own that its `include` may read from; can be repeated.
    #[arg(long = "allow-include", value_name = "DIR")]
    pub(crate) allow_includes: Vec<PathBuf>,
    /// A path that stands for an endpoint, such as `/cart/:id=/cart/7`; can be repeated.
    #[arg(long = "sample", value_name = "TEMPLATE=PATH", value_parser = sample)]
    pub(crate) samples: Vec<policy::Sample>,
    /// A target origin is the host of that name in the policy, such as
    /// `https://api.example=backend.internal`; can be repeated.
    #[arg(long = "as", value_name = "ORIGIN=HOST", value_parser = origin_and_host)]
    pub(crate) hosts: Vec<(String, String)>,
    /// The answer of servers behind the policy to preflights that are passed on to them: this status,
    /// without CORS headers. Otherwise their answers are unknown.
    #[arg(long, value_name = "STATUS", value_parser = clap::value_parser!(u16).range(200..=599))]
    pub(crate) upstream_preflight: Option<u16>,
    /// Output format.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,
}

/// Arguments of `generate`.
#[derive(Debug, Args)]
pub(crate) struct Generate {
    /// The form to write: those of `simulate` without auto.
    #[arg(long, value_parser = one_form)]
    pub(crate) form: policy::Form,
    #[command(flatten)]
    pub(crate) seen: ShapeSource,
    /// Only what pages of this origin need; can be repeated. Otherwise every observed origin is allowed.
    #[arg(long = "page-origin", value_name = "ORIGIN", value_parser = page_origin)]
    pub(crate) page_origins: Vec<cors::Origin>,
}

/// Where the shapes of requests come from, and which of them count.
#[derive(Debug, Args)]
pub(crate) struct ShapeSource {
    /// Reads the shapes from a file, as `/api/v1/shapes` returns them or one a line, instead of the API;
    /// `-` is standard input.
    #[arg(long, value_name = "FILE")]
    pub(crate) shapes: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) api: super::Api,
    /// The app; what is asked names those that there are.
    #[arg(long)]
    pub(crate) app: Option<String>,
    /// Only what was observed in this time.
    #[arg(long, value_name = "SPAN", default_value = "7d")]
    pub(crate) last: settings::Span,
    /// Only requests to this origin.
    #[arg(long, value_name = "ORIGIN", value_parser = page_origin)]
    pub(crate) target_origin: Option<cors::Origin>,
    /// Only requests to this service.
    #[arg(long)]
    pub(crate) service: Option<String>,
}

fn sample(text: &str) -> Result<policy::Sample, String> {
    match text.split_once('=') {
        Some((endpoint, path)) if path.starts_with('/') => Ok(policy::Sample {
            endpoint: endpoint.to_owned(),
            path: path.to_owned(),
        }),
        _ => Err("write TEMPLATE=PATH, such as /cart/:id=/cart/7".to_owned()),
    }
}

fn origin_and_host(text: &str) -> Result<(String, String), String> {
    let wrong = || "write ORIGIN=HOST, such as https://api.example=backend.internal".to_owned();
    let (origin, host) = text.split_once('=').ok_or_else(wrong)?;
    let origin = cors::Origin::parse(origin).ok_or_else(wrong)?;
    let url = url::Url::parse(&format!("http://{host}/")).map_err(|_| wrong())?;
    match url.host_str() {
        Some(name) if name.eq_ignore_ascii_case(host) => {
            Ok((origin.as_str().to_owned(), host.to_owned()))
        }
        _ => Err(wrong()),
    }
}
