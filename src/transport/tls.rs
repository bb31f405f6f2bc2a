//! Tls: how certificates are judged, decided once for all connections.

use std::sync::Arc;

use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::crypto::{CryptoProvider, ring, verify_tls12_signature};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};

/// A TLS configuration that every connection of a run shares.
#[derive(Clone)]
pub struct Tls {
    config: Arc<ClientConfig>,
    insecure: bool,
}

/// Why TLS cannot be spoken at all on this machine.
#[derive(Debug, thiserror::Error)]
#[error("no TLS: {0}")]
pub struct TlsError(String);

impl Tls {
    /// Trusts what this machine trusts.
    ///
    /// # Errors
    /// When the machine has no certificate store that can be read.
    pub fn platform() -> Result<Tls, TlsError> {
        let found = rustls_native_certs::load_native_certs();
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(found.certs);
        if roots.is_empty() {
            let why = found.errors.first().map(|why| format!(": {why}")).unwrap_or_default();
            return Err(TlsError(format!("no root certificate was found{why}")));
        }
        let config = builder()?.with_root_certificates(roots).with_no_client_auth();
        Ok(Tls { config: Arc::new(config), insecure: false })
    }

    /// Trusts any certificate: for test servers that sign their own.
    ///
    /// # Errors
    /// When no TLS version can be offered.
    pub fn insecure() -> Result<Tls, TlsError> {
        let trusting = Arc::new(Trusting(Arc::new(ring::default_provider())));
        let dangerous = builder()?.dangerous();
        let config = dangerous.with_custom_certificate_verifier(trusting).with_no_client_auth();
        Ok(Tls { config: Arc::new(config), insecure: true })
    }

    /// Whether any certificate is trusted.
    pub fn is_insecure(&self) -> bool {
        self.insecure
    }

    pub(super) fn connector(&self) -> TlsConnector {
        TlsConnector::from(Arc::clone(&self.config))
    }
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tls")
    }
}

fn builder() -> Result<
    tokio_rustls::rustls::ConfigBuilder<ClientConfig, tokio_rustls::rustls::WantsVerifier>,
    TlsError,
> {
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|err| TlsError(err.to_string()))
}

/// Believes every certificate, yet still checks that the server holds the key to it.
#[derive(Debug)]
struct Trusting(Arc<CryptoProvider>);

impl ServerCertVerifier for Trusting {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        tokio_rustls::rustls::crypto::verify_tls13_signature(
            message,
            cert,
            signed,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
