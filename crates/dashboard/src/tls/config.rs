//! Settings of TLS.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use settings::{Problems, Span};

/// TLS of the admin server, and of the health of roles. Without it both speak HTTP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TlsConfig {
    /// File with the certificate, then the chain that leads to its authority, as PEM. Empty: plain HTTP.
    pub certificate_file: PathBuf,
    /// File with its private key, as PEM (PKCS #8, PKCS #1 or SEC 1).
    pub key_file: PathBuf,
    /// How often both files are read again. A changed pair is used for new connections without a restart; one that
    /// cannot be used is reported, and the pair before it stays. Permitted: 1s to 1day.
    pub check_every: Span,
}

impl Default for TlsConfig {
    fn default() -> Self {
        Self {
            certificate_file: PathBuf::new(),
            key_file: PathBuf::new(),
            check_every: Span::secs(60),
        }
    }
}

impl TlsConfig {
    /// Whether connections are encrypted.
    #[must_use]
    pub fn is_on(&self) -> bool {
        !self.certificate_file.as_os_str().is_empty() || !self.key_file.as_os_str().is_empty()
    }

    /// Reports everything that is wrong with these settings; the files are not read.
    pub(crate) fn problems(&self, mut problems: Problems<'_>) {
        let files = [
            ("certificate_file", &self.certificate_file, "key_file"),
            ("key_file", &self.key_file, "certificate_file"),
        ];
        for (field, file, other) in files {
            if self.is_on() && file.as_os_str().is_empty() {
                let reason = format!("name a file: `{other}` is set, and TLS needs both");
                problems.report(field, "\"\"", reason);
            }
        }
        let permitted = Span::secs(1)..=Span::secs(86_400);
        problems.range("check_every", self.check_every, permitted);
    }
}
