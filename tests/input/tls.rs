//! Tls: ports that speak it where it is not expected, or not in a way that can be trusted.

use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;

use super::row::{GOOD, Row, hold};
use crate::support::scripted::{Connection, Scripted, Told};

#[test]
fn where_one_side_speaks_it() {
    hold(vec![
        Row::useless_tls("TLS, spoken to in plain", "http", self_signed(), async |c| {
            c.gone().await
        })
        .says("the answer is not HTTP: it begins \"\\u{15}\\u{3}", "write its URL with `https://`"),
        over_tls("plain, spoken to in TLS", async |c| {
            c.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").await?;
            c.gone().await
        })
        .with(&["--insecure"])
        .says("TLS: received corrupt message", "write its URL with `http://`"),
        over_tls("silence, spoken to in TLS", async |c| c.gone().await)
            .with(&["--insecure"])
            .impatient()
            .says("no answer", "gives it longer"),
        over_tls("a hang-up, spoken to in TLS", async |_| Ok(()))
            .with(&["--insecure"])
            .says("TLS: ", "write its URL with `http://`"),
    ]);
}

/// A run that speaks TLS to a server that does not.
fn over_tls<S>(what: &'static str, script: S) -> Row
where
    S: AsyncFn(&mut Connection) -> Told + Send + 'static,
{
    let server = Scripted::start(script);
    let url = format!("https://localhost:{}", server.port());
    Row::impossible(what, &["run", GOOD, "--target", &url]).holding(server)
}

#[test]
fn where_nobody_vouches_for_the_server() {
    let folder = tempfile::tempdir().expect("a folder");
    let empty = folder.path().to_str().expect("UTF-8").to_owned();
    let somebody = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(&somebody, root_of_somebody_else()).expect("written");
    let somebody = somebody.path().to_str().expect("UTF-8");
    let signed = |what, roots: &str| {
        Row::useless_tls(what, "https", self_signed(), async |c| c.gone().await)
            .env("SSL_CERT_FILE", roots)
            .env("SSL_CERT_DIR", &empty)
    };
    hold(vec![
        signed("a certificate of its own", somebody)
            .says("TLS: invalid peer certificate: UnknownIssuer", "--insecure accepts any"),
        signed("a machine that trusts nobody", "nowhere.pem").says(
            "no root certificate was found",
            "install the system's CA certificates, or pass --insecure",
        ),
    ]);
}

fn root_of_somebody_else() -> String {
    let mut root = rcgen::CertificateParams::default();
    root.distinguished_name.push(rcgen::DnType::CommonName, "somebody else");
    let key = rcgen::KeyPair::generate().expect("a key");
    root.self_signed(&key).expect("it can be made").pem()
}

/// A configuration with a certificate for localhost, made and signed by nobody but itself.
fn self_signed() -> TlsAcceptor {
    let made = rcgen::generate_simple_self_signed(["localhost".into()]).expect("it can be made");
    let key = made.signing_key.serialize_der().try_into().expect("it is a key");
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("its provider has them")
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key);
    TlsAcceptor::from(Arc::new(config.expect("the key is the certificate's")))
}
