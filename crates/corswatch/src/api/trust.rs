//! Whose certificates are believed.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, SignatureScheme};

use crate::config::Config;

/// A file with certificates is no larger.
const MAX_BYTES: u64 = 1 << 20;
/// The variable by which OpenSSL and its like are told the same.
const CA_VARIABLE: &str = "SSL_CERT_FILE";

/// Whose certificates are believed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Trust<'a> {
    /// The usual authorities, and those in a file: the one named here, or in `SSL_CERT_FILE`.
    Authorities(Option<&'a Path>),
    /// The certificate in this file alone, whatever name is asked for: it is the one of a process of this
    /// configuration, on this machine.
    Only(&'a Path),
}

impl<'a> Trust<'a> {
    /// For processes of this configuration, by addresses of this machine.
    pub(crate) fn of_own(config: &'a Config) -> Self {
        match config.dashboard.tls.is_on() {
            true => Self::Only(&config.dashboard.tls.certificate_file),
            false => Self::Authorities(None),
        }
    }

    /// A client that believes so.
    pub(crate) fn client(self, timeout: Duration) -> anyhow::Result<reqwest::ClientBuilder> {
        let builder = reqwest::Client::builder().timeout(timeout);
        let tls = match self {
            Self::Only(file) => only(file)?,
            Self::Authorities(file) => {
                let variable = std::env::var_os(CA_VARIABLE).filter(|file| !file.is_empty());
                let mut authorities = runtime::authorities();
                if let Some(file) = file.or(variable.as_deref().map(Path::new)) {
                    authorities.add_parsable_certificates(all(file)?);
                }
                runtime::client_tls(authorities)
            }
        };
        Ok(builder.tls_backend_preconfigured(tls))
    }
}

/// The certificates in a file; at least one.
fn all(file: &Path) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let text = text(file)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        _ => Err(no_certificate(file)),
    }
}

fn text(file: &Path) -> anyhow::Result<String> {
    let (text, _) = crate::file::text(file, MAX_BYTES)
        .map_err(|reason| anyhow!("{}: {reason}", file.display()))?;
    Ok(text)
}

fn no_certificate(file: &Path) -> anyhow::Error {
    anyhow!("{} holds no certificate as PEM", file.display())
}

fn only(file: &Path) -> anyhow::Result<ClientConfig> {
    let text = text(file)?;
    let expected =
        CertificateDer::from_pem_slice(text.as_bytes()).map_err(|_| no_certificate(file))?;
    let provider = Arc::new(ring::default_provider());
    let verifier = OneCertificate {
        expected,
        provider: Arc::clone(&provider),
    };
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .context("TLS")?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth())
}

/// Believes whoever shows one certificate and holds its key.
#[derive(Debug)]
struct OneCertificate {
    expected: CertificateDer<'static>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for OneCertificate {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        match *end_entity == self.expected {
            true => Ok(ServerCertVerified::assertion()),
            false => Err(CertificateError::ApplicationVerificationFailure.into()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
