//! Names, connections and certificates.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use tokio::net::TcpStream;
use x509_cert::der::Decode as _;

use super::finding::{Check, Finding};

/// A certificate that is valid for less time than this is to be renewed.
const RENEW: Duration = Duration::from_secs(14 * 24 * 60 * 60);
const DAY: u64 = 24 * 60 * 60;

/// A server that something of this installation connects to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Server {
    pub(super) host: String,
    pub(super) port: u16,
    /// The setting that names it.
    pub(super) setting: String,
    /// Who says whether its certificate is good.
    pub(super) trust: Trust,
}

/// Who says whether a certificate is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trust {
    /// There is no TLS.
    NoTls,
    /// The usual authorities.
    Public,
    /// The client itself, by settings of its own: only the time is looked at.
    Own,
}

impl Server {
    /// The server of a URL.
    pub(super) fn of_url(setting: &str, url: &str) -> Option<Self> {
        let url = url::Url::parse(url).ok()?;
        Some(Self {
            host: url.host_str()?.trim_matches(['[', ']']).to_owned(),
            port: url.port_or_known_default()?,
            setting: setting.to_owned(),
            trust: match url.scheme() {
                "https" => Trust::Public,
                _ => Trust::NoTls,
            },
        })
    }

    pub(super) fn address(&self) -> String {
        format!("{}:{} ({})", self.host, self.port, self.setting)
    }
}

/// Whether its name resolves; nothing for an address.
pub(super) async fn name(server: &Server) -> Vec<Finding> {
    if server.host.parse::<std::net::IpAddr>().is_ok() {
        return Vec::new();
    }
    let about = server.address();
    let found = tokio::net::lookup_host((server.host.as_str(), server.port)).await;
    vec![match found.map(Iterator::collect::<Vec<_>>) {
        Ok(addresses) if !addresses.is_empty() => {
            let addresses: Vec<_> = addresses.iter().map(|one| one.ip().to_string()).collect();
            Finding::ok(Check::Dns, &about, addresses.join(", "))
        }
        Ok(_) => unresolved(&about, "the name has no address", server),
        Err(error) => unresolved(&about, &error.to_string(), server),
    }]
}

fn unresolved(about: &str, found: &str, server: &Server) -> Finding {
    Finding::failed(Check::Dns, about, found).so(format!(
        "correct the name in `{}`, or this machine's resolver (/etc/resolv.conf)",
        server.setting
    ))
}

/// Whether the server's certificate is good, and for how long. A server that cannot be connected to is the
/// finding of another check.
pub(super) async fn certificate(server: &Server, now: UnixTime) -> Vec<Finding> {
    if server.trust == Trust::NoTls {
        return Vec::new();
    }
    let about = server.address();
    let Ok(stream) = TcpStream::connect((server.host.as_str(), server.port)).await else {
        let found = "nothing accepts connections there";
        return vec![Finding::skipped(Check::Tls, &about, found)];
    };
    let seen = Arc::new(ShownCertificate::default());
    let name = ServerName::try_from(server.host.clone());
    let connector = connector(&seen);
    let (Ok(name), Ok(connector)) = (name, connector) else {
        let found = "not a name that certificates have";
        return vec![Finding::skipped(Check::Tls, &about, found)];
    };
    let done = connector.connect(name, stream).await;
    let Some((end_entity, trusted)) = seen.take() else {
        let why = done
            .err()
            .map_or_else(String::new, |error| error.to_string());
        return vec![
            Finding::failed(Check::Tls, &about, format!("no TLS there: {why}")).so(format!(
                "correct the port or the scheme in `{}`",
                server.setting
            )),
        ];
    };
    vec![judged(server, &about, (&end_entity, trusted), now)]
}

fn judged(
    server: &Server,
    about: &str,
    (end_entity, trusted): (&CertificateDer<'_>, Result<(), rustls::Error>),
    now: UnixTime,
) -> Finding {
    let until = match x509_cert::Certificate::from_der(end_entity) {
        Ok(read) => read.tbs_certificate.validity.not_after.to_unix_duration(),
        Err(error) => {
            let found = format!("the certificate cannot be read: {error}");
            return Finding::warning(Check::Tls, about, found);
        }
    };
    let left = until.checked_sub(Duration::from_secs(now.as_secs()));
    let renew = "renew the certificate, and see why it was not renewed by itself";
    let Some(left) = left else {
        let days = (now.as_secs() - until.as_secs()) / DAY;
        return Finding::failed(Check::Tls, about, format!("expired {days} days ago")).so(renew);
    };
    let days = left.as_secs() / DAY;
    if server.trust == Trust::Public
        && let Err(error) = trusted
    {
        return Finding::failed(Check::Tls, about, format!("not trusted: {error}")).so(
            "have the certificate issued for this name by an authority that this machine trusts, with the \
             whole chain",
        );
    }
    if left < RENEW {
        return Finding::warning(Check::Tls, about, format!("expires in {days} days")).so(renew);
    }
    Finding::ok(Check::Tls, about, format!("valid for {days} days"))
}

fn connector(seen: &Arc<ShownCertificate>) -> anyhow::Result<tokio_rustls::TlsConnector> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let roots = Arc::new(runtime::authorities());
    let judge = WebPkiServerVerifier::builder_with_provider(roots, provider.clone());
    let recorder = Recorder {
        judge: judge.build()?,
        seen: Arc::clone(seen),
    };
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(recorder))
        .with_no_client_auth();
    Ok(Arc::new(config).into())
}

type Shown = (CertificateDer<'static>, Result<(), rustls::Error>);

/// The certificate that a server showed, and whether it is trusted.
#[derive(Debug, Default)]
struct ShownCertificate(Mutex<Option<Shown>>);

impl ShownCertificate {
    fn take(&self) -> Option<Shown> {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.take()
    }
}

/// Notes what is to be said about a certificate, and lets every handshake go on: nothing is sent on these
/// connections.
#[derive(Debug)]
struct Recorder {
    judge: Arc<WebPkiServerVerifier>,
    seen: Arc<ShownCertificate>,
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let judged = self
            .judge
            .verify_server_cert(end_entity, intermediates, name, ocsp, now)
            .map(|_| ());
        let mut seen = self.seen.0.lock().unwrap_or_else(PoisonError::into_inner);
        *seen = Some((end_entity.clone().into_owned(), judged));
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.judge
            .verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.judge
            .verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.judge.supported_verify_schemes()
    }
}
