//! Stream: a TCP connection, with TLS on it or without, or what stands in for one.

use std::cell::Cell;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;

use super::network::{ByteStream, Network};
use super::{ConnectError, Endpoint, OpeningStep, TransportOptions};

/// A byte stream to a server.
#[derive(Debug)]
pub enum Stream {
    /// As it is.
    Plain(TcpStream),
    /// Through TLS; boxed, for its state is a hundred times a socket's.
    Tls(Box<TlsStream<TcpStream>>),
    /// It was cut, and is no more.
    Cut,
    /// Of another network than the system's.
    Other(Box<dyn ByteStream>),
}

impl Stream {
    /// Connects to `endpoint`, for whoever puts its own bytes on the wire; the `turn`-th connection
    /// takes the `turn`-th of the addresses.
    ///
    /// # Errors
    /// When there is no connection, or none within the time allowed.
    pub async fn connect(
        endpoint: &Endpoint,
        options: &TransportOptions,
        turn: usize,
    ) -> Result<Stream, ConnectError> {
        let step = Cell::new(OpeningStep::Connection);
        let opening = Stream::open(endpoint, options, turn, &step);
        tokio::time::timeout(options.open_timeout, opening).await.unwrap_or_else(|_| {
            Err(ConnectError::Timeout { step: step.get(), within: options.open_timeout })
        })
    }

    /// Connects to `endpoint`; the `turn`-th connection takes the `turn`-th of the addresses. Sets
    /// `step` to what is waited for.
    pub(super) async fn open(
        endpoint: &Endpoint,
        options: &TransportOptions,
        turn: usize,
        step: &Cell<OpeningStep>,
    ) -> Result<Stream, ConnectError> {
        let source = options.source_ips.get(turn % options.source_ips.len().max(1)).copied();
        let patience = options.open_timeout / endpoint.addresses.len() as u32;
        let undialled = |error: io::Error| match error.kind() {
            io::ErrorKind::TimedOut => {
                ConnectError::Timeout { step: step.get(), within: options.open_timeout }
            }
            _ => ConnectError::Dial(error),
        };
        let addresses = &endpoint.addresses;
        if let Network::Other(network) = &options.network {
            // Boxed, lest every other connection be given the room that this takes.
            let dialled = dial_any(addresses, turn, patience, |to| network.dial(to, source));
            return Box::pin(dialled).await.map(Stream::Other).map_err(undialled);
        }
        let dialled = dial_any(addresses, turn, patience, |to| dial(to, source)).await;
        let tcp = dialled.map_err(undialled)?;
        if !endpoint.tls {
            return Ok(Stream::Plain(tcp));
        }
        step.set(OpeningStep::Tls);
        let name = ServerName::try_from(endpoint.host.clone())
            .map_err(|err| ConnectError::Tls(io::Error::other(err)))?;
        // Boxed, lest every plain connection be given the room that a TLS handshake takes.
        let tls = Box::pin(options.tls.connector().connect(name, tcp)).await;
        Ok(Stream::Tls(Box::new(tls.map_err(refused_tls)?)))
    }

    /// Ends the TCP connection with a reset: nothing that waits is sent, and no farewell of TLS.
    pub(super) fn cut(&mut self) {
        let tcp = match self {
            Stream::Plain(tcp) => Some(&*tcp),
            Stream::Tls(tls) => Some(tls.get_ref().0),
            // One that is dropped is over, whatever it still held.
            Stream::Other(_) | Stream::Cut => None,
        };
        if let Some(tcp) = tcp {
            // A socket that refuses is one that is broken already.
            let _ = tcp.set_zero_linger();
        }
        *self = Stream::Cut;
    }
}

fn refused_tls(error: io::Error) -> ConnectError {
    match error.get_ref().and_then(|cause| cause.downcast_ref()) {
        Some(tokio_rustls::rustls::Error::InvalidCertificate(_)) => ConnectError::Untrusted(error),
        _ => ConnectError::Tls(error),
    }
}

/// Dials the `turn`-th address, and if it does not answer, the others: a name such as `localhost`
/// may stand for addresses that nobody listens on.
async fn dial_any<S>(
    addresses: &[SocketAddr],
    turn: usize,
    patience: Duration,
    dial: impl AsyncFn(SocketAddr) -> io::Result<S>,
) -> io::Result<S> {
    let mut refused = None;
    for step in 0..addresses.len() {
        let address = addresses[(turn + step) % addresses.len()];
        match tokio::time::timeout(patience, dial(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => refused = refused.or(Some(error)),
            Err(_) => refused = refused.or(Some(io::ErrorKind::TimedOut.into())),
        }
    }
    Err(refused.unwrap_or_else(|| io::ErrorKind::AddrNotAvailable.into()))
}

async fn dial(address: SocketAddr, source: Option<IpAddr>) -> io::Result<TcpStream> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A message must leave when it is due, not when the last one has been acknowledged.
    socket.set_nodelay(true)?;
    if let Some(source) = source {
        bind(&socket, source)?;
    }
    socket.connect(address).await
}

/// Lets `socket` connect from `source`, by a port that is chosen once it connects: one that is
/// chosen now would be kept from all other servers, and could not be one in TIME_WAIT.
fn bind(socket: &TcpSocket, source: IpAddr) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        use nix::sys::socket::{setsockopt, sockopt::IpBindAddressNoPort};
        // Where the system does not know it, ports are good for fewer connections, no more.
        let _ = setsockopt(socket, IpBindAddressNoPort, &true);
    }
    socket.bind(SocketAddr::new(source, 0))
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(tcp) => Pin::new(tcp).poll_read(cx, buf),
            Stream::Tls(tls) => Pin::new(tls).poll_read(cx, buf),
            Stream::Cut => Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into())),
            Stream::Other(other) => Pin::new(other).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Stream::Plain(tcp) => Pin::new(tcp).poll_write(cx, buf),
            Stream::Tls(tls) => Pin::new(tls).poll_write(cx, buf),
            Stream::Cut => Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into())),
            Stream::Other(other) => Pin::new(other).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(tcp) => Pin::new(tcp).poll_flush(cx),
            Stream::Tls(tls) => Pin::new(tls).poll_flush(cx),
            Stream::Cut => Poll::Ready(Ok(())),
            Stream::Other(other) => Pin::new(other).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Stream::Tls(tls) => Pin::new(tls).poll_shutdown(cx),
            Stream::Cut => Poll::Ready(Ok(())),
            Stream::Other(other) => Pin::new(other).poll_shutdown(cx),
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_port_is_chosen_for_one_server_once_it_is_connected_to() {
        let sources =
            [("127.0.0.2", "127.0.0.1:0"), ("127.0.0.1", "127.0.0.3:0"), ("::1", "[::1]:0")];
        for (source, at) in sources {
            // A machine may be without IPv6.
            let Ok(listener) = tokio::net::TcpListener::bind(at).await else { continue };
            let to = listener.local_addr().expect("it is bound");
            let source: IpAddr = source.parse().expect("an address");
            let socket = if to.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() };
            let socket = socket.expect("a socket");
            bind(&socket, source).expect("an address of this machine");
            let bound = socket.local_addr().expect("it is bound");
            assert_eq!((bound.ip(), bound.port()), (source, 0), "no port yet");
            let stream = dial(to, Some(source)).await.expect("somebody listens");
            let from = stream.local_addr().expect("it is connected");
            assert_eq!((from.ip(), from.port() > 0), (source, true));
        }
    }
}
