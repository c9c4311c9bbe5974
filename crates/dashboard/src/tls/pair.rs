//! A certificate with its key, read from files.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use observation::UnixMillis;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use sha2::{Digest as _, Sha256};
use x509_cert::der::Decode as _;

use super::config::TlsConfig;

/// A chain of certificates, or a key, is no larger.
const MAX_BYTES: u64 = 1 << 20;

/// Why a certificate and its key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file is not there, or is not ours to read.
    #[error("{} cannot be read", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A directory, a device or a pipe, which may never end.
    #[error("{} is not a regular file", .0.display())]
    NotRegular(PathBuf),
    /// A file is too large to be what it should be.
    #[error("{} is larger than {MAX_BYTES} bytes", .0.display())]
    TooLarge(PathBuf),
    /// A file holds something else.
    #[error("{} holds no {what} as PEM", file.display())]
    Missing {
        /// The file.
        file: PathBuf,
        /// What it should hold.
        what: &'static str,
        /// What was found.
        source: pem::Error,
    },
    /// The certificate is not one.
    #[error("the certificate in {} cannot be read", file.display())]
    Certificate {
        /// The file.
        file: PathBuf,
        /// Why.
        source: x509_cert::der::Error,
    },
    /// The key is of a kind that is not supported, or belongs to another certificate.
    #[error("the key in {} is not one for the certificate in {}", key.display(), certificate.display())]
    Key {
        /// The file of the key.
        key: PathBuf,
        /// The file of the certificate.
        certificate: PathBuf,
        /// Why.
        source: rustls::Error,
    },
    /// Its time is over.
    #[error("the certificate has expired")]
    Expired,
    /// Its time has not begun.
    #[error("the certificate is not valid yet")]
    NotYetValid,
}

/// A certificate and its key, which belong together.
#[derive(Debug)]
pub struct Pair {
    pub(super) key: Arc<CertifiedKey>,
    pub(super) digest: [u8; 32],
    starts: UnixMillis,
    expires: UnixMillis,
}

impl Pair {
    /// Reads the files that `config` names.
    ///
    /// # Errors
    /// [`TlsError`]. A certificate that has expired, or is not valid yet, is read.
    pub fn read(config: &TlsConfig) -> Result<Self, TlsError> {
        let (certificate_file, key_file) = (&config.certificate_file, &config.key_file);
        let (chain_text, key_text) = (bounded(certificate_file)?, bounded(key_file)?);
        let missing = |file: &Path, what| {
            let file = file.to_owned();
            move |source| TlsError::Missing { file, what, source }
        };
        let no_certificate = missing(certificate_file, "certificate");
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&chain_text)
            .collect::<Result<_, _>>()
            .map_err(no_certificate)?;
        let Some(first) = chain.first() else {
            let nothing = pem::Error::NoItemsFound;
            return Err(missing(certificate_file, "certificate")(nothing));
        };
        let (starts, expires) = validity(first).map_err(|source| TlsError::Certificate {
            file: certificate_file.clone(),
            source,
        })?;
        let key =
            PrivateKeyDer::from_pem_slice(&key_text).map_err(missing(key_file, "private key"))?;
        let key = CertifiedKey::from_der(chain, key, &provider()).map_err(|source| {
            let (key, certificate) = (key_file.clone(), certificate_file.clone());
            TlsError::Key {
                key,
                certificate,
                source,
            }
        })?;
        let mut digest = Sha256::new();
        digest.update(&chain_text);
        digest.update(&key_text);
        Ok(Self {
            key: Arc::new(key),
            digest: digest.finalize().into(),
            starts,
            expires,
        })
    }

    /// Whether clients accept the certificate at this time.
    ///
    /// # Errors
    /// [`TlsError::Expired`], [`TlsError::NotYetValid`].
    pub const fn valid_at(&self, now: UnixMillis) -> Result<(), TlsError> {
        if self.expires.0 <= now.0 {
            return Err(TlsError::Expired);
        }
        if self.starts.0 > now.0 {
            return Err(TlsError::NotYetValid);
        }
        Ok(())
    }

    /// From when on clients refuse the certificate.
    #[must_use]
    pub const fn expires(&self) -> UnixMillis {
        self.expires
    }

    /// The certificate that a server with this pair shows, as DER.
    #[must_use]
    pub fn certificate(&self) -> Option<&[u8]> {
        self.key.cert.first().map(AsRef::as_ref)
    }
}

/// The cryptography of every TLS connection of the product.
pub(super) fn provider() -> CryptoProvider {
    ring::default_provider()
}

fn bounded(file: &Path) -> Result<Vec<u8>, TlsError> {
    let unreadable = |source| TlsError::Unreadable {
        file: file.to_owned(),
        source,
    };
    // Before it is opened: opening a pipe waits for someone who writes.
    if !std::fs::metadata(file).map_err(unreadable)?.is_file() {
        return Err(TlsError::NotRegular(file.to_owned()));
    }
    let mut bytes = Vec::new();
    let opened = File::open(file).map_err(unreadable)?;
    let mut most = opened.take(MAX_BYTES + 1);
    most.read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(TlsError::TooLarge(file.to_owned()));
    }
    Ok(bytes)
}

fn validity(
    certificate: &CertificateDer<'_>,
) -> Result<(UnixMillis, UnixMillis), x509_cert::der::Error> {
    let read = x509_cert::Certificate::from_der(certificate)?;
    let validity = read.tbs_certificate.validity;
    let time = |at: x509_cert::time::Time| {
        let millis = at.to_unix_duration().as_millis();
        UnixMillis(i64::try_from(millis).unwrap_or(i64::MAX))
    };
    Ok((time(validity.not_before), time(validity.not_after)))
}
