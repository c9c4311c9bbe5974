//! Where the roles without web UI tell how they are.

use std::net::SocketAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use settings::Problems;

/// Addresses of `/livez`, `/readyz` and `/metrics` of the roles that have no web UI; `dashboard` and
/// `up` serve them on `dashboard.listen`. Guarded as `dashboard` is: `/metrics` asks for one of
/// `dashboard.tokens` where there are any, and an address that is not loopback needs them.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct HealthSection {
    /// Of `corswatch collector`.
    pub(crate) collector: SocketAddr,
    /// Of `corswatch loader`.
    pub(crate) loader: SocketAddr,
    /// Of `corswatch aggregator`.
    pub(crate) aggregator: SocketAddr,
    /// Of `corswatch prober`.
    pub(crate) prober: SocketAddr,
}

impl Default for HealthSection {
    fn default() -> Self {
        let local = |port| SocketAddr::from(([127, 0, 0, 1], port));
        Self {
            collector: local(7784),
            loader: local(7785),
            aggregator: local(7786),
            prober: local(7787),
        }
    }
}

impl HealthSection {
    /// Reports every address that would be open to the network without authentication.
    pub(crate) fn problems(&self, private: &dashboard::Config, mut problems: Problems<'_>) {
        for (field, address) in [
            ("collector", self.collector),
            ("loader", self.loader),
            ("aggregator", self.aggregator),
            ("prober", self.prober),
        ] {
            if private.guard(address).is_err() {
                let reason = "is reachable from other machines: add a `[[dashboard.tokens]]` entry, \
                              or use a loopback address";
                problems.report(field, address, reason);
            }
        }
    }
}
