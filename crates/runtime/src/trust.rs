//! Whose certificates are believed where this process is the client.

use std::sync::Arc;

use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};

/// What the system trusts, where an organisation's own authorities are, and what Mozilla trusts, as browsers do:
/// a container may have no certificates of its own.
#[must_use]
pub fn authorities() -> RootCertStore {
    let mut store = RootCertStore::empty();
    // What cannot be read of the system's is not trusted.
    store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    store
}

/// TLS for a client that believes `authorities`.
///
/// # Panics
/// Never: the provider has a suite for the default versions.
#[must_use]
pub fn client_tls(authorities: RootCertStore) -> ClientConfig {
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the provider has a suite for the default versions")
        .with_root_certificates(authorities)
        .with_no_client_auth()
}
