//! People: who signed in at an identity provider, and who a proxy with sign-in says is there. Programs have tokens.

mod config;
mod cookie;
mod oidc;
mod pending;
mod provider;
mod proxy;
mod sessions;

use std::sync::Arc;

use runtime::{Clock, Metrics as Registry};

pub use config::{Grant, Oidc as OidcConfig, ProxySignIn as ProxySignInConfig, Role};

pub(crate) use config::Person;
pub(crate) use oidc::{Oidc, Returned, random_secret};
pub(crate) use proxy::Proxy;

/// The ways in for people, as far as they are configured.
#[derive(Debug)]
pub(crate) struct Login {
    pub(crate) oidc: Option<Arc<Oidc>>,
    pub(crate) proxy: Option<Proxy>,
}

impl Login {
    pub(crate) fn new(config: &crate::Config, clock: &Clock, registry: &Registry) -> Self {
        let oidc = config.oidc.clone();
        Self {
            oidc: oidc.map(|oidc| Arc::new(Oidc::new(oidc, clock.clone(), registry))),
            proxy: config.proxy_sign_in.clone().map(Proxy::new),
        }
    }
}
