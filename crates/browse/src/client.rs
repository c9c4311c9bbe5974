//! One message to one target, and the head of its answer.
//!
//! The head is read here rather than by an HTTP library: which bytes stand in which order decides
//! what a browser makes of them, and libraries sort headers by name. Bodies say nothing about CORS
//! and are not kept. The browser's own protocol may be HTTP/2 or 3; the protocol of the headers is
//! the same in all of them.

mod connect;
mod head;

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use cors::{Answer, Headers};
use tokio::time::Instant;
use tokio_rustls::TlsConnector;
use url::Url;

use crate::error::{CallError, Phase};
use crate::pace::Pace;
use crate::policy::TargetPolicy;

/// How much a call may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Time from the look-up of the name to the end of the answer's head.
    pub timeout: Duration,
    /// Size of the answer's head.
    pub head_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(5),
            head_bytes: 64 * 1024,
        }
    }
}

/// Where the addresses of names come from.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// Names whose addresses are given; all others are asked of the system.
    pub given: HashMap<String, Vec<IpAddr>>,
}

/// One message.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// Method.
    pub method: &'a str,
    /// Where to.
    pub url: &'a Url,
    /// Headers beyond `Host` and `Connection`, in the order in which they are sent.
    pub headers: &'a Headers,
}

/// The answer to a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallResponse {
    /// Status and headers: bytes and order as they came.
    pub answer: Answer,
    /// The address that answered.
    pub remote: SocketAddr,
    /// How long it took.
    pub timing: Timing,
}

/// Durations of the phases of a call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Timing {
    /// Looking the name up.
    pub resolve: Duration,
    /// Opening the connection.
    pub connect: Duration,
    /// The TLS handshake; zero without TLS.
    pub tls: Duration,
    /// From the request to the end of the answer's head.
    pub answer: Duration,
}

impl Timing {
    /// The whole call.
    #[must_use]
    pub fn total(&self) -> Duration {
        self.resolve + self.connect + self.tls + self.answer
    }
}

/// Asks targets that its policy allows. It resolves names itself and connects to an address that it
/// has judged, so a name that stands for another address a moment later leads nowhere else. It
/// follows no redirect, uses no proxy, keeps no connection, sends no cookie. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    policy: Arc<TargetPolicy>,
    names: Arc<Names>,
    limits: Limits,
    tls: TlsConnector,
    /// As often as one likes where there is none.
    pace: Option<Arc<Pace>>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("policy", &self.policy)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// A client that trusts the certificate authorities of the system and those that browsers
    /// trust.
    #[must_use]
    pub fn new(policy: TargetPolicy, names: Names, limits: Limits) -> Self {
        Self::trusting(policy, names, limits, runtime::authorities())
    }

    /// A client that trusts only `authorities`.
    #[must_use]
    pub fn trusting(
        policy: TargetPolicy,
        names: Names,
        limits: Limits,
        authorities: rustls::RootCertStore,
    ) -> Self {
        Self {
            policy: Arc::new(policy),
            names: Arc::new(names),
            limits,
            tls: connect::tls(authorities),
            pace: None,
        }
    }

    /// The policy.
    #[must_use]
    pub fn policy(&self) -> &TargetPolicy {
        &self.policy
    }

    /// The addresses of a URL's host that may be connected to.
    ///
    /// # Errors
    /// [`CallError`]: the target is refused, or has no address.
    pub async fn addresses(&self, url: &Url) -> Result<Vec<IpAddr>, CallError> {
        let target = self.policy.target(url)?;
        let mut clock = Phases::start(self.limits.timeout);
        let resolving = connect::resolve(&target, &self.names);
        let addresses = clock.phase(Phase::Resolve, resolving).await?;
        Ok(addresses.into_iter().map(|socket| socket.ip()).collect())
    }

    /// The same client, for which the host of `url` stands for `address` alone. It is judged like
    /// any other.
    #[must_use]
    pub fn pinned(&self, url: &Url, address: IpAddr) -> Self {
        let mut names = Names::clone(&self.names);
        if let Some(host) = url.host_str() {
            names.given.insert(host.to_owned(), vec![address]);
        }
        Self {
            names: Arc::new(names),
            ..self.clone()
        }
    }

    /// The same client, of whose messages `pace` counts every one.
    #[must_use]
    pub fn paced(&self, pace: Arc<Pace>) -> Self {
        Self {
            pace: Some(pace),
            ..self.clone()
        }
    }

    fn count(&self, url: &Url, address: SocketAddr) -> Result<(), CallError> {
        let Some(pace) = &self.pace else {
            return Ok(());
        };
        let origin = url.origin().ascii_serialization();
        pace.count(&origin, address, Instant::now())
            .map_err(CallError::Paced)
    }

    /// Sends one message and reads the head of its answer.
    ///
    /// # Errors
    /// [`CallError`]: the target is refused, or did not answer.
    pub async fn call(&self, call: Call<'_>) -> Result<CallResponse, CallError> {
        let target = self.policy.target(call.url)?;
        let request = head::write(call)?;
        let count = |address| self.count(call.url, address);
        let mut clock = Phases::start(self.limits.timeout);
        let addresses = clock
            .phase(Phase::Resolve, connect::resolve(&target, &self.names))
            .await?;
        let (stream, remote) = clock
            .phase(Phase::Connect, connect::open(&addresses, count))
            .await?;
        let mut stream = clock
            .phase(Phase::Tls, connect::secure(&self.tls, &target, stream))
            .await?;
        let reading = head::exchange(&mut stream, &request, self.limits.head_bytes);
        let (answer, rest) = clock.phase(Phase::Answer, reading).await?;
        head::drain(stream, call.method, &answer, rest).await;
        Ok(CallResponse {
            answer,
            remote,
            timing: clock.timing,
        })
    }
}

/// Runs the phases of a call under one deadline.
struct Phases {
    deadline: Instant,
    timing: Timing,
}

impl Phases {
    fn start(timeout: Duration) -> Self {
        Self {
            deadline: Instant::now() + timeout,
            timing: Timing::default(),
        }
    }

    async fn phase<T>(
        &mut self,
        phase: Phase,
        work: impl Future<Output = Result<T, CallError>>,
    ) -> Result<T, CallError> {
        let started = Instant::now();
        let done = tokio::time::timeout_at(self.deadline, work).await;
        let took = started.elapsed();
        match phase {
            Phase::Resolve => self.timing.resolve = took,
            Phase::Connect => self.timing.connect = took,
            Phase::Tls => self.timing.tls = took,
            Phase::Answer => self.timing.answer = took,
        }
        done.unwrap_or(Err(CallError::TimedOut(phase)))
    }
}

#[cfg(test)]
#[path = "client_tests.rs"]
mod tests;
