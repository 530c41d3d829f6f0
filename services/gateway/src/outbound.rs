//! Requests that go out over HTTP: with TLS by rustls and *ring*, as everything here that has TLS.
//!
//! Certificates are those the system trusts; `SSL_CERT_FILE` and `SSL_CERT_DIR` name others, such as
//! an authority of one's own. A system that trusts none can still speak to itself without TLS.

use std::sync::Arc;

use reqwest::{ClientBuilder, redirect::Policy};
use rustls::{ClientConfig, RootCertStore, crypto::ring};

/// A client that follows no redirect, since a token must not travel where nobody sent it.
pub fn client() -> ClientBuilder {
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!(%error, "some of the system's certificates cannot be used");
    }
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    client_trusting(roots)
}

fn client_trusting(roots: RootCertStore) -> ClientBuilder {
    let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring has the ciphers of TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth();
    reqwest::Client::builder()
        .user_agent(concat!("samvirke/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
        .tls_backend_preconfigured(tls)
}

#[cfg(test)]
mod tests;
