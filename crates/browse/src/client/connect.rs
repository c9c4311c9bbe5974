//! From a name to a connection: the address that was judged is the one that is connected to.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use url::Host;

use super::Names;
use crate::error::CallError;
use crate::policy::Target;

/// So many addresses of a name are tried.
const MAX_ADDRESSES: usize = 4;

/// A connection, encrypted or not.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// The addresses of the target that may be connected to. Where it has only others, the first of
/// those is what refuses it.
pub(super) async fn resolve(target: &Target, names: &Names) -> Result<Vec<SocketAddr>, CallError> {
    let all: Vec<IpAddr> = match &target.host {
        Host::Ipv4(address) => vec![IpAddr::V4(*address)],
        Host::Ipv6(address) => vec![IpAddr::V6(*address)],
        Host::Domain(name) => look_up(name, names).await?,
    };
    let mut permitted = Vec::new();
    let mut refused = None;
    for address in all {
        match target.check(address) {
            Ok(()) => permitted.push(SocketAddr::new(address, target.port)),
            Err(refusal) => refused = refused.or(Some(refusal)),
        }
    }
    permitted.truncate(MAX_ADDRESSES);
    match refused {
        Some(refusal) if permitted.is_empty() => Err(refusal.into()),
        _ => Ok(permitted),
    }
}

async fn look_up(name: &str, names: &Names) -> Result<Vec<IpAddr>, CallError> {
    if let Some(given) = names.given.get(name) {
        return Ok(given.clone());
    }
    let unresolved = |source| CallError::Unresolved {
        host: name.to_owned(),
        source,
    };
    let found: Vec<IpAddr> = tokio::net::lookup_host((name, 0))
        .await
        .map_err(|source| unresolved(Some(source)))?
        .map(|socket| socket.ip())
        .collect();
    if found.is_empty() {
        return Err(unresolved(None));
    }
    Ok(found)
}

/// Connects to the first address that lets us; `count` is told about each before.
pub(super) async fn open(
    addresses: &[SocketAddr],
    count: impl Fn(SocketAddr) -> Result<(), CallError>,
) -> Result<(TcpStream, SocketAddr), CallError> {
    let mut last = None;
    for address in addresses {
        count(*address)?;
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok((stream, *address)),
            Err(source) => {
                last = Some(CallError::Unreachable {
                    address: *address,
                    source,
                });
            }
        }
    }
    Err(last.unwrap_or(CallError::Unwritable("the target has no address")))
}

/// Encrypts the connection where the target's scheme says so; the name is verified, not the
/// address.
pub(super) async fn secure(
    tls: &TlsConnector,
    target: &Target,
    stream: TcpStream,
) -> Result<Box<dyn Stream>, CallError> {
    if !target.tls {
        return Ok(Box::new(stream));
    }
    let failed = |source| CallError::Tls {
        host: target.host.to_string(),
        source,
    };
    let name = match &target.host {
        Host::Ipv4(address) => ServerName::IpAddress(IpAddr::V4(*address).into()),
        Host::Ipv6(address) => ServerName::IpAddress(IpAddr::V6(*address).into()),
        Host::Domain(name) => ServerName::try_from(name.clone())
            .map_err(|error| failed(std::io::Error::other(error)))?,
    };
    let stream = tls.connect(name, stream).await.map_err(failed)?;
    Ok(Box::new(stream))
}

/// TLS that trusts `authorities` and speaks HTTP/1.1.
pub(super) fn tls(authorities: RootCertStore) -> TlsConnector {
    let mut config = runtime::client_tls(authorities);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    TlsConnector::from(Arc::new(config))
}
