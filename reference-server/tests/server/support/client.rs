//! A blocking Socket.IO client: just enough of the protocol, and none of chatbench's code.

use std::io::{self, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};
use tungstenite::{Message, WebSocket};

/// Far longer than anything takes: a test that waits this long has failed.
const PATIENCE: Duration = Duration::from_secs(10);

/// A connected user.
pub(crate) struct Client {
    socket: WebSocket<TcpStream>,
    pub(crate) id: String,
}

impl Client {
    /// Connects over WebSocket, to the main namespace.
    pub(crate) fn connect(server: SocketAddr) -> Self {
        let stream = TcpStream::connect(server).expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a read timeout");
        stream.set_nodelay(true).expect("no delay");
        let url = format!("ws://{server}/socket.io/?EIO=4&transport=websocket");
        let (socket, _) = tungstenite::client(url, stream).expect("a WebSocket");
        let mut client = Self { socket, id: String::new() };
        assert!(client.frame().starts_with("0{"), "no handshake");
        client.enter_namespace();
        client
    }

    /// Connects and joins a room.
    pub(crate) fn member(server: SocketAddr, room: &str) -> Self {
        let mut client = Self::connect(server);
        client.join(room);
        client
    }

    pub(crate) fn enter_namespace(&mut self) {
        self.write("40");
        let answer = self.frame();
        let answer = answer.strip_prefix("40").expect("CONNECT answered");
        let answer: serde_json::Value = serde_json::from_str(answer).expect("JSON");
        self.id = answer["sid"].as_str().expect("an id").to_owned();
    }

    /// Joins a room, for certain.
    pub(crate) fn join(&mut self, room: &str) {
        self.write(&format!("42{}", json!(["join-room", room])));
        assert_eq!(self.drain(), [""; 0], "something came before the join was done");
    }

    /// Sends a message of the contract, not waiting for anything.
    pub(crate) fn say(&mut self, room: &str, text: &str) {
        self.send(&payload(room, text));
    }

    /// Sends a payload as the text it is.
    pub(crate) fn send(&mut self, payload: &str) {
        self.write(&format!(r#"42["send-msg",{payload}]"#));
    }

    /// Sends a frame as it is.
    pub(crate) fn write(&mut self, frame: &str) {
        self.socket.send(Message::text(frame)).expect("sent");
    }

    /// Sends a payload to somebody who may have closed.
    pub(crate) fn try_send(&mut self, payload: &str) -> Result<(), tungstenite::Error> {
        self.socket.send(Message::text(format!(r#"42["send-msg",{payload}]"#)))
    }

    /// The next event, or nothing once the server has closed as it should.
    pub(crate) fn event_or_end(&mut self) -> Option<Value> {
        let frame = self.frame();
        if frame == "1" {
            assert!(matches!(self.message(), Message::Close(_)), "no WebSocket close");
            return None;
        }
        let event = frame.strip_prefix("42").unwrap_or_else(|| panic!("no event: {frame}"));
        Some(serde_json::from_str(event).expect("JSON"))
    }

    /// Says something to nobody each time it is called, beside whoever reads.
    pub(crate) fn talk(&self) -> impl FnMut() -> io::Result<()> + Send + use<> {
        let mut stream = self.socket.get_ref().try_clone().expect("another handle");
        let frame = r#"42["send-msg",{"room":"nobody is here"}]"#.as_bytes();
        // Masked by zeros.
        let frame = [&[0x81, 0x80 | frame.len() as u8, 0, 0, 0, 0][..], frame].concat();
        move || stream.write_all(&frame)
    }

    /// Sends bytes as they are, whatever they mean.
    pub(crate) fn write_raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.socket.get_mut().write_all(bytes)
    }

    /// Sends a frame of bytes.
    pub(crate) fn write_binary(&mut self, frame: &[u8]) {
        self.socket.send(Message::binary(frame.to_vec())).expect("sent");
    }

    /// Sends many payloads in as few writes as possible.
    pub(crate) fn pipeline(&mut self, payloads: impl IntoIterator<Item = String>) {
        for payload in payloads {
            let frame = format!(r#"42["send-msg",{payload}]"#);
            self.socket.write(Message::text(frame)).expect("written");
        }
        self.socket.flush().expect("flushed");
    }

    /// The payload heard next.
    pub(crate) fn hear(&mut self) -> String {
        let frame = self.frame();
        heard(&frame).unwrap_or_else(|| panic!("instead of a message: {frame}"))
    }

    /// All payloads that the server had sent to this user when it was asked.
    ///
    /// Whatever this user sent before has been handled when this returns: the server answers a
    /// CONNECT to an unknown namespace in line with everything else.
    pub(crate) fn drain(&mut self) -> Vec<String> {
        let frames = self.frames_before_barrier();
        frames
            .iter()
            .map(|frame| heard(frame).unwrap_or_else(|| panic!("instead of a message: {frame}")))
            .collect()
    }

    /// All frames but pings that the server had sent to this user when it was asked.
    pub(crate) fn frames_before_barrier(&mut self) -> Vec<String> {
        self.write("40/barrier,");
        let mut frames = Vec::new();
        loop {
            let frame = self.frame();
            if frame.starts_with("44/barrier,") {
                return frames;
            }
            frames.push(frame);
        }
    }

    /// The next text frame but pings, which are answered.
    pub(crate) fn frame(&mut self) -> String {
        loop {
            match self.message() {
                Message::Text(text) if text == "2" => self.write("3"),
                Message::Text(text) => return text.to_string(),
                other => panic!("instead of text: {other:?}"),
            }
        }
    }

    /// The next binary frame.
    pub(crate) fn binary(&mut self) -> Vec<u8> {
        match self.message() {
            Message::Binary(bytes) => bytes.to_vec(),
            other => panic!("instead of bytes: {other:?}"),
        }
    }

    fn message(&mut self) -> Message {
        self.socket.read().expect("a frame in time")
    }

    /// Whether the server closes the connection, whatever it says before.
    pub(crate) fn is_closed_by_server(&mut self) -> bool {
        use std::io::ErrorKind::{TimedOut, WouldBlock};
        loop {
            match self.socket.read() {
                Ok(Message::Close(_)) => return true,
                Ok(_) => {}
                Err(tungstenite::Error::Io(error)) => {
                    return !matches!(error.kind(), TimedOut | WouldBlock);
                }
                Err(_) => return true,
            }
        }
    }
}

/// A message of the contract.
pub(crate) fn payload(room: &str, text: &str) -> String {
    json!({ "room": room, "author": "ann", "message": text }).to_string()
}

/// The payload of a message, if it is one.
pub(super) fn heard(frame: &str) -> Option<String> {
    Some(frame.strip_prefix(r#"42["onreceive-msg","#)?.strip_suffix(']')?.to_owned())
}
