//! Connection: one client's connection, as a script drives it.

use std::io::{self, Cursor, ErrorKind};
use std::time::Duration;

use rustix::net::sockopt::{set_socket_recv_buffer_size, set_socket_send_buffer_size};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::OpCode;

use super::frame::{CONNECTED, OPEN, TEXT, agreement, frame, text};

const SMALL_BUFFER_BYTES: usize = 1 << 14;

/// What a script ends with: an error that says the client did not do as expected, or that it is
/// gone, which is no complaint.
pub(crate) type Told = io::Result<()>;

/// One client, as its server sees it.
pub(crate) struct Connection {
    stream: Stream,
    inbox: Vec<u8>,
    written_bytes: u64,
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// What is to be complained of, if anything is.
pub(super) fn complaint_of(told: io::Error) -> Option<String> {
    (told.kind() == ErrorKind::InvalidData).then(|| told.to_string())
}

fn unexpected(wanted: &str, came: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, format!("expected {wanted}, but {came}"))
}

impl Connection {
    pub(super) async fn accept(tcp: TcpStream, tls: Option<TlsAcceptor>) -> io::Result<Connection> {
        tcp.set_nodelay(true)?;
        let stream = match tls {
            None => Stream::Plain(tcp),
            Some(tls) => Stream::Tls(Box::new(tls.accept(tcp).await?)),
        };
        Ok(Connection { stream, inbox: Vec::new(), written_bytes: 0 })
    }

    /// How many bytes the client's machine has taken.
    pub(super) fn written_bytes(&self) -> u64 {
        self.written_bytes
    }

    /// The head of the next HTTP request.
    pub(crate) async fn request(&mut self) -> io::Result<String> {
        loop {
            let end = self.inbox.windows(4).position(|window| window == b"\r\n\r\n");
            if let Some(end) = end {
                let head: Vec<u8> = self.inbox.drain(..end + 4).collect();
                return Ok(String::from_utf8_lossy(&head).into_owned());
            }
            self.read("a request").await?;
        }
    }

    /// The body of the request whose head this is.
    pub(crate) async fn body(&mut self, head: &str) -> io::Result<String> {
        let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
        let length: usize = length.and_then(|length| length.parse().ok()).unwrap_or(0);
        while self.inbox.len() < length {
            self.read("a body").await?;
        }
        let body: Vec<u8> = self.inbox.drain(..length).collect();
        Ok(String::from_utf8_lossy(&body).into_owned())
    }

    /// Answers a request with `body`, and keeps the connection.
    pub(crate) async fn answer(&mut self, status: &str, body: &[u8]) -> Told {
        let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", body.len());
        self.write(&[head.as_bytes(), body].concat()).await
    }

    /// Agrees to a WebSocket.
    pub(crate) async fn upgrade(&mut self) -> Told {
        let request = self.request().await?;
        self.write(&agreement(&request)).await
    }

    /// Agrees to a WebSocket and to a session of Engine.IO.
    pub(crate) async fn open(&mut self) -> Told {
        self.upgrade().await?;
        self.say(OPEN).await
    }

    /// Agrees to all of it: the client stands in the main namespace.
    pub(crate) async fn stand(&mut self) -> Told {
        self.open().await?;
        self.expect("40").await?;
        self.say(CONNECTED).await
    }

    /// Sends a text in a frame.
    pub(crate) async fn say(&mut self, said: &str) -> Told {
        self.write(&text(said)).await
    }

    /// Sends a frame of any kind.
    pub(crate) async fn send(&mut self, opcode: OpCode, payload: &[u8]) -> Told {
        self.write(&frame(opcode, payload)).await
    }

    /// Sends bytes as they are, in one segment where one holds them.
    pub(crate) async fn write(&mut self, bytes: &[u8]) -> Told {
        let mut rest = bytes;
        while !rest.is_empty() {
            let written = match &mut self.stream {
                Stream::Plain(tcp) => tcp.write(rest).await?,
                Stream::Tls(tls) => tls.write(rest).await?,
            };
            self.written_bytes += written as u64;
            rest = &rest[written..];
        }
        match &mut self.stream {
            Stream::Plain(_) => Ok(()),
            Stream::Tls(tls) => tls.flush().await,
        }
    }

    /// Sends bytes one by one, a millisecond apart.
    pub(crate) async fn trickle(&mut self, bytes: &[u8]) -> Told {
        let mut pace = tokio::time::interval(Duration::from_millis(1));
        for byte in bytes {
            pace.tick().await;
            self.write(&[*byte]).await?;
        }
        Ok(())
    }

    /// Says nothing for a while, as a server may.
    pub(crate) async fn be_silent(&mut self, duration: Duration) {
        // Whatever the client says meanwhile waits for its turn.
        let _ = tokio::time::timeout(duration, std::future::pending::<()>()).await;
    }

    /// What the client says next.
    pub(crate) async fn text(&mut self) -> io::Result<String> {
        let (_, text) = self.frame("a frame").await?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    /// Leaves as little as possible to the machine's buffers, of which it has some all the same.
    pub(crate) fn keep_buffers_small(&mut self) -> Told {
        let tcp = match &self.stream {
            Stream::Plain(tcp) => tcp,
            Stream::Tls(tls) => tls.get_ref().0,
        };
        set_socket_recv_buffer_size(tcp, SMALL_BUFFER_BYTES)?;
        set_socket_send_buffer_size(tcp, SMALL_BUFFER_BYTES)?;
        Ok(())
    }

    /// The next frame must be this text.
    pub(crate) async fn expect(&mut self, said: &str) -> Told {
        self.expect_frame(TEXT, said.as_bytes()).await
    }

    /// The next frame must be this one, and masked.
    pub(crate) async fn expect_frame(&mut self, opcode: OpCode, payload: &[u8]) -> Told {
        let wanted = format!("{opcode} {:?}", String::from_utf8_lossy(payload));
        let (came_as, came) = self.frame(&wanted).await?;
        if came_as == opcode && came == payload {
            return Ok(());
        }
        let came = format!("{came_as} {:?} came", String::from_utf8_lossy(&came));
        Err(unexpected(&wanted, &came))
    }

    async fn frame(&mut self, wanted: &str) -> io::Result<(OpCode, Vec<u8>)> {
        loop {
            let mut cursor = Cursor::new(&self.inbox[..]);
            let malformed = |err| unexpected(wanted, &format!("a malformed frame came: {err}"));
            let parsed = FrameHeader::parse(&mut cursor).map_err(malformed)?;
            let begin = cursor.position() as usize;
            if let Some((header, len)) = parsed
                && self.inbox.len() >= begin + len as usize
            {
                let mask = header.mask.ok_or_else(|| unexpected(wanted, "it is not masked"))?;
                let frame: Vec<u8> = self.inbox.drain(..begin + len as usize).collect();
                let masked = frame[begin..].iter().enumerate();
                let payload = masked.map(|(at, byte)| byte ^ mask[at % 4]).collect();
                return Ok((header.opcode, payload));
            }
            self.read(wanted).await?;
        }
    }

    /// The client must say no more, and reset the connection.
    pub(crate) async fn expect_reset(&mut self) -> Told {
        let read = if self.inbox.is_empty() { self.read_some().await } else { Ok(1) };
        match read {
            Err(err) if err.kind() == ErrorKind::ConnectionReset => Ok(()),
            Err(err) => Err(unexpected("a reset", &format!("the connection broke: {err}"))),
            Ok(0) => Err(unexpected("a reset", "the client hung up")),
            Ok(_) => {
                let came = String::from_utf8_lossy(&self.inbox);
                Err(unexpected("a reset", &format!("{came:?} came")))
            }
        }
    }

    async fn read_some(&mut self) -> io::Result<usize> {
        match &mut self.stream {
            Stream::Plain(tcp) => tcp.read_buf(&mut self.inbox).await,
            Stream::Tls(tls) => tls.read_buf(&mut self.inbox).await,
        }
    }

    async fn read(&mut self, wanted: &str) -> Told {
        match self.read_some().await {
            Ok(0) => Err(unexpected(wanted, "the client hung up")),
            Ok(_) => Ok(()),
            Err(err) => Err(unexpected(wanted, &format!("the connection broke: {err}"))),
        }
    }

    /// Waits until the client has hung up, whatever it still says.
    pub(crate) async fn gone(&mut self) -> Told {
        while self.read("nothing").await.is_ok() {
            self.inbox.clear();
        }
        Ok(())
    }

    /// Ends the server's half of the connection.
    pub(crate) async fn half_close(&mut self) -> Told {
        match &mut self.stream {
            Stream::Plain(tcp) => tcp.shutdown().await,
            Stream::Tls(tls) => tls.shutdown().await,
        }
    }

    /// Lets the connection end in a reset, which the end of the script brings about.
    pub(crate) fn reset_at_end(&mut self) -> Told {
        match &self.stream {
            Stream::Plain(tcp) => tcp.set_zero_linger(),
            Stream::Tls(tls) => tls.get_ref().0.set_zero_linger(),
        }
    }
}
