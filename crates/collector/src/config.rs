//! Settings of the edge.

use std::net::{Ipv4Addr, SocketAddr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use settings::{Problems, Secret, Size, Span};

use crate::IpBlock;

/// Shortest salt that is worth its name.
const MIN_SALT: usize = 16;

/// The edge.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where beacons and the script are served.
    pub listen: SocketAddr,
    /// What is admitted.
    pub limits: Limits,
    /// How long a client may take.
    pub timeouts: Timeouts,
    /// Proxies in front of the edge, as addresses or blocks such as `10.0.0.0/8`. The client is the
    /// rightmost address of `X-Forwarded-For` that is not one of them.
    pub trusted_proxies: Vec<IpBlock>,
    /// Salt of the daily hash that stands for a client's network; at least 16 characters. All
    /// collectors of an installation need the same. Where it is left out, `up` draws one and keeps it in its
    /// data directory; a collector of its own keeps one with its spool, and without a spool draws one
    /// at each start.
    pub salt: Secret,
    /// How long requests in progress may take to finish after the process was asked to end.
    /// Permitted: 100ms to 5m.
    pub drain: Span,
}

/// What is admitted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Connections. Permitted: 1 to 1000000.
    pub connections: u32,
    /// Connections of one client address (IPv6: one /64), not counted for trusted proxies.
    /// Permitted: 1 to 1000000.
    pub connections_per_client: u32,
    /// Requests a second of one client address (IPv6: one /64), in the long run. An office is one
    /// address. Permitted: 1 to 10000.
    pub client_rate: u32,
    /// Requests of one client address at once. Permitted: 1 to 1000000.
    pub client_burst: u32,
    /// Bytes a second of one client network (IPv4: one /24, IPv6: one /48), unpacked, in the long run.
    /// Permitted: 64KiB to 1GiB.
    pub network_bytes: Size,
    /// Unpacked bytes of one client network together. Permitted: 1MiB to 16GiB.
    pub network_bytes_burst: Size,
    /// Body as it is sent. Permitted: 1KiB to 16MiB.
    pub body: Size,
    /// Body once it is unpacked. Permitted: 1KiB to 64MiB.
    pub decompressed: Size,
    /// Beacons that wait for the journal. Permitted: 1 to 1000000.
    pub requests_in_flight: u32,
    /// Bodies that are held in memory. Permitted: 1MiB to 16GiB.
    pub bytes_in_flight: Size,
}

/// How long a client may take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Timeouts {
    /// From the connection to its first byte. Permitted: 10ms to 10m.
    pub first_byte: Span,
    /// From the first byte of a request to the end of its header. Permitted: 10ms to 10m.
    pub header: Span,
    /// For the body. Permitted: 10ms to 10m.
    pub body: Span,
    /// Between requests of one connection. Permitted: 10ms to 10m.
    pub idle: Span,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 7780)),
            limits: Limits::default(),
            timeouts: Timeouts::default(),
            trusted_proxies: Vec::new(),
            salt: Secret::default(),
            drain: Span::secs(10),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            connections_per_client: 100,
            client_rate: 200,
            client_burst: 1_000,
            network_bytes: Size::mib(4),
            network_bytes_burst: Size::mib(32),
            body: Size::kib(128),
            decompressed: Size::mib(1),
            requests_in_flight: 512,
            bytes_in_flight: Size::mib(64),
        }
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            first_byte: Span::secs(5),
            header: Span::secs(10),
            body: Span::secs(15),
            idle: Span::secs(30),
        }
    }
}

impl Config {
    /// Reports every setting that cannot be used.
    pub fn problems(&self, mut problems: Problems<'_>) {
        self.limits.problems(problems.section("limits"));
        self.timeouts.problems(problems.section("timeouts"));
        problems.range("drain", self.drain, Span::millis(100)..=Span::secs(300));
        let length = self.salt.reveal().len();
        if (1..MIN_SALT).contains(&length) {
            let reason = format!("a salt has at least {MIN_SALT} characters");
            problems.report("salt", &self.salt, reason);
        }
    }
}

impl Limits {
    fn problems(&self, mut problems: Problems<'_>) {
        for (field, value) in [
            ("connections", self.connections),
            ("connections_per_client", self.connections_per_client),
            ("client_burst", self.client_burst),
            ("requests_in_flight", self.requests_in_flight),
        ] {
            problems.range(field, value, 1..=1_000_000);
        }
        problems.range("client_rate", self.client_rate, 1..=10_000);
        problems.range(
            "network_bytes",
            self.network_bytes,
            Size::kib(64)..=Size::mib(1024),
        );
        problems.range(
            "network_bytes_burst",
            self.network_bytes_burst,
            Size::mib(1)..=Size::mib(16 * 1024),
        );
        problems.range("body", self.body, Size::kib(1)..=Size::mib(16));
        problems.range(
            "decompressed",
            self.decompressed,
            Size::kib(1)..=Size::mib(64),
        );
        let bytes = Size::mib(1)..=Size::mib(16 * 1024);
        problems.range("bytes_in_flight", self.bytes_in_flight, bytes);
    }
}

impl Timeouts {
    fn problems(&self, mut problems: Problems<'_>) {
        for (field, value) in [
            ("first_byte", self.first_byte),
            ("header", self.header),
            ("body", self.body),
            ("idle", self.idle),
        ] {
            problems.range(field, value, Span::millis(10)..=Span::secs(600));
        }
    }
}
