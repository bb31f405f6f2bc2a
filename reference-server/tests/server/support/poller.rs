//! A user on long polling, who asks when told to.

use std::collections::VecDeque;
use std::net::SocketAddr;

use super::client::heard;
use super::http::request;

const PATH: &str = "/socket.io/?EIO=4&transport=polling";
/// Between the packets of one answer.
const SEPARATOR: char = '\u{1e}';

/// A connected user.
pub(crate) struct Poller {
    server: SocketAddr,
    session: String,
    /// Packets that have come and were not asked for.
    packets: VecDeque<String>,
}

impl Poller {
    /// Connects to the main namespace.
    pub(crate) fn connect(server: SocketAddr) -> Self {
        let opened = request(server, &format!("GET {PATH} HTTP/1.1"), "");
        let (_, sid) = opened.split_once(r#""sid":""#).expect("a handshake");
        let session = format!("&sid={}", sid.split('"').next().expect("an id"));
        let mut poller = Self { server, session, packets: VecDeque::new() };
        poller.post("40");
        assert!(poller.packet().starts_with("40{"));
        poller
    }

    /// Connects and joins a room.
    pub(crate) fn member(server: SocketAddr, room: &str) -> Self {
        let mut poller = Self::connect(server);
        poller.post(&format!(r#"42["join-room","{room}"]"#));
        // A post is answered once what it says is done.
        poller
    }

    /// Sends packets as they are.
    pub(crate) fn post(&mut self, packets: &str) {
        let answer = self.try_post(packets);
        assert!(answer.ends_with("ok"), "{packets}: {answer}");
    }

    /// The answer to packets as they are.
    pub(crate) fn try_post(&mut self, packets: &str) -> String {
        let head = format!("POST {PATH}{} HTTP/1.1", self.session);
        request(self.server, &head, packets)
    }

    /// The payload heard next.
    pub(crate) fn hear(&mut self) -> String {
        let packet = self.packet();
        heard(&packet).unwrap_or_else(|| panic!("instead of a message: {packet}"))
    }

    /// Whether the session is over: it is told so, or not known any more.
    pub(crate) fn is_closed_by_server(&self) -> bool {
        let answer = self.poll();
        answer.starts_with("HTTP/1.1 400") || answer.ends_with("\r\n\r\n1")
    }

    fn poll(&self) -> String {
        request(self.server, &format!("GET {PATH}{} HTTP/1.1", self.session), "")
    }

    fn packet(&mut self) -> String {
        loop {
            if let Some(packet) = self.packets.pop_front() {
                return packet;
            }
            let answer = self.poll();
            assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
            let (_, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
            let packets = body.split(SEPARATOR).filter(|packet| *packet != "2");
            self.packets.extend(packets.map(str::to_owned));
        }
    }
}
