//! Tls: a server that vouches for itself alone is trusted only by who asks for that.

use std::rc::Rc;
use std::sync::Arc;

use crate::support::ear::{self, Ear, on_one_thread};
use crate::support::scripted::frame::CONNECTED;
use crate::support::scripted::{Connection, Scripted, Told};
use chatbench::client::{Driver, Tls};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;

/// A configuration with a certificate for this machine, made and signed by nobody but itself.
fn self_signed() -> TlsAcceptor {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".into()]).expect("it can be made");
    let key = made.signing_key.serialize_der().try_into().expect("it is a key");
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("its provider has them")
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key);
    TlsAcceptor::from(Arc::new(config.expect("the key is the certificate's")))
}

async fn script(c: &mut Connection) -> Told {
    c.open().await?;
    talk(c).await
}

/// The driver of the second opinion begins with a pong that nobody asked for.
async fn script_for_rust_socketio(c: &mut Connection) -> Told {
    c.open().await?;
    c.expect("3").await?;
    talk(c).await
}

async fn talk(c: &mut Connection) -> Told {
    c.expect("40").await?;
    c.say(CONNECTED).await?;
    c.say(r#"42["a",1]"#).await?;
    c.expect(r#"42["b"]"#).await?;
    c.say(&format!("42[\"c\",\"{}\"]", "x".repeat(100_000))).await?;
    c.gone().await
}

/// What a client that speaks like `driver` and trusts like `tls` comes to know of `server`.
fn lines(driver: Driver, tls: Tls, url: &str, count: usize) -> Vec<String> {
    on_one_thread(async {
        let ear = Rc::new(Ear::default());
        let mut client = ear.connect(ear::options(driver, tls), url).await;
        if let Some(client) = &mut client {
            client.emit(r#"["b"]"#).expect("a client that stands can speak");
        }
        ear.lines(count).await
    })
}

fn url(scheme: &str, server: &Scripted) -> String {
    format!("{scheme}://127.0.0.1:{}", server.port())
}

#[test]
fn insecure_trusts_it() {
    let server = Scripted::start_tls(self_signed(), script);
    let heard = lines(Driver::Native, ear::insecure(), &url("wss", &server), 3);
    assert_eq!(heard, ["connected", r#"["a",1]"#, "100008 bytes"]);
    server.finish().expect("the client does what the script expects");
}

/// Not even TLS says goodbye.
#[test]
fn who_is_cut_resets_the_connection_below() {
    let server = Scripted::start_tls(self_signed(), async |c| {
        c.stand().await?;
        c.expect_reset().await
    });
    let url = url("wss", &server);
    on_one_thread(async {
        let ear = Rc::new(Ear::default());
        let client = ear.connect(ear::options(Driver::Native, ear::insecure()), &url).await;
        let mut client = client.expect("it is trusted");
        client.cut();
        // Before it is dropped, which says goodbye to nobody either.
        let finished = tokio::task::spawn_blocking(|| server.finish()).await;
        finished.expect("it does not panic").expect("the connection is reset");
        assert_eq!(ear.noted(), ["connected"]);
    });
}

#[test]
fn insecure_rust_socketio_trusts_it() {
    let server = Scripted::start_tls(self_signed(), script_for_rust_socketio);
    let heard = lines(Driver::RustSocketio, ear::insecure(), &url("wss", &server), 3);
    // It cannot tell whether recovery is offered.
    assert_eq!(heard, ["connected", r#"["a",1], recoverable"#, "100008 bytes"]);
    server.finish().expect("the client does what the script expects");
}

#[test]
fn the_platform_does_not() {
    let tls = match Tls::platform() {
        Ok(tls) => tls,
        // A machine without certificates can judge none, and is told so.
        Err(err) => return assert!(err.to_string().contains("--insecure"), "{err}"),
    };
    let server = Scripted::start_tls(self_signed(), script);
    let heard = lines(Driver::Native, tls, &url("https", &server), 1);
    assert_eq!(heard, ["refused: TLS: invalid peer certificate: UnknownIssuer"]);
}

#[test]
fn tls_where_there_is_none_is_refused_and_so_is_none_where_there_is() {
    let plain = Scripted::start(async |c| {
        c.write(b"HTTP/1.1 400 Bad Request\r\n\r\n").await?;
        c.gone().await
    });
    let heard = lines(Driver::Native, ear::insecure(), &url("wss", &plain), 1);
    assert_eq!(heard, ["refused: TLS: received corrupt message of type InvalidContentType"]);

    let tls = Scripted::start_tls(self_signed(), script);
    let heard = lines(Driver::Native, ear::insecure(), &url("http", &tls), 1);
    // It begins with an alert of TLS.
    let begins = r#"refused: the answer is not HTTP: it begins "\u{15}"#;
    assert!(heard[0].starts_with(begins), "{heard:?}");
}
