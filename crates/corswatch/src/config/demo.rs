//! Settings of the demo.

use std::net::SocketAddr;

use demo::DemoConfig;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where the demo of `corswatch up --demo` listens: two origins.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct DemoSection {
    /// The shop's page.
    pub(crate) shop: SocketAddr,
    /// The shop's API.
    pub(crate) api: SocketAddr,
}

impl Default for DemoSection {
    fn default() -> Self {
        Self {
            shop: DemoConfig::SHOP,
            api: DemoConfig::API,
        }
    }
}
