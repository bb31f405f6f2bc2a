//! Trial: what a check is given to try a server with.

use std::cell::Cell;
use std::fmt::Write as _;
use std::rc::Rc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::OnceCell;

use super::chat::load::Loaded;
use super::finding::Stop;
use super::peer::socket::{self, Heard, Opening, SocketReader, SocketWriter};
use super::peer::{
    self, Dial, Packet, Peer, Polling, Request, Response, Scribe, Transcript, Via, packets,
};
use super::survey::Survey;
use super::target::{Patience, Target};
use crate::clock::Clock;
use crate::scenario::{Dialect, Hooks, SenderPolicy};

/// One check's view of the target: it makes connections, and writes down what they say.
pub struct Trial {
    target: Rc<Target>,
    survey: Rc<Survey>,
    dial: Dial,
    other: Option<Dial>,
    transcript: Transcript,
    /// What the names of this trial's rooms begin with.
    tag: String,
    barriers: Cell<u32>,
    load: Rc<OnceCell<Loaded>>,
}

impl Trial {
    pub(super) fn new(
        target: &Rc<Target>,
        survey: &Rc<Survey>,
        dials: (Dial, Option<Dial>),
        tag: String,
    ) -> Trial {
        // What one trial is sent is given back with it, whatever others keep.
        let (dial, other) = (dials.0.anew(), dials.1.map(|it| it.anew()));
        let transcript = Transcript::new(dial.clock());
        Trial {
            target: Rc::clone(target),
            survey: Rc::clone(survey),
            dial,
            other,
            transcript,
            tag,
            barriers: Cell::new(0),
            load: Rc::default(),
        }
    }

    /// The same trial, which shares what happens under load with others.
    pub(super) fn sharing(self, load: &Rc<OnceCell<Loaded>>) -> Trial {
        Trial { load: Rc::clone(load), ..self }
    }

    /// What happened under load, once it was tried.
    pub(super) fn load(&self) -> &OnceCell<Loaded> {
        &self.load
    }

    pub(super) fn transcript(&self) -> &Transcript {
        &self.transcript
    }

    /// The same trial, on the other node of the cluster.
    pub(super) fn on_other_node(&self) -> Option<Trial> {
        let other = self.other.clone()?;
        Some(Trial {
            target: Rc::clone(&self.target),
            survey: Rc::clone(&self.survey),
            dial: other,
            other: Some(self.dial.clone()),
            transcript: self.transcript.clone(),
            tag: self.tag.clone(),
            barriers: Cell::new(0),
            load: Rc::default(),
        })
    }

    pub(super) fn target(&self) -> &Target {
        &self.target
    }

    /// What the server says of itself.
    pub(super) fn survey(&self) -> &Survey {
        &self.survey
    }

    pub(super) fn patience(&self) -> Patience {
        self.target.patience
    }

    pub(super) fn clock(&self) -> Clock {
        self.dial.clock()
    }

    pub(super) fn dial(&self) -> &Dial {
        &self.dial
    }

    pub(super) fn scribe(&self) -> Scribe {
        self.transcript.scribe()
    }

    pub(super) fn hooks(&self) -> &Hooks {
        &self.target.hooks
    }

    /// How the server spells the chat.
    ///
    /// # Errors
    /// Not applicable, where there is none.
    pub(super) fn dialect(&self) -> Result<&Dialect, Stop> {
        let none = || Stop::NotApplicable("the target has no chat".into());
        self.target.dialect.as_ref().ok_or_else(none)
    }

    /// The name of a room that only this trial uses.
    pub(super) fn room(&self, name: &str) -> String {
        format!("{}{name}", self.tag)
    }

    /// A text that only this trial says.
    pub(super) fn text(&self, text: &str) -> String {
        format!("{}{text}", self.tag)
    }

    /// The second namespace.
    ///
    /// # Errors
    /// Not applicable, where there is none.
    pub(super) fn other_namespace(&self) -> Result<&str, Stop> {
        let none = || Stop::NotApplicable("the dialect names no `hooks.namespace`".into());
        self.hooks().namespace.as_deref().ok_or_else(none)
    }

    /// How a peer is connected where either way would do.
    pub(super) fn via(&self) -> Via {
        if self.survey.websocket { Via::WebSocket } else { Via::Polling }
    }

    /// Whether the dialect says that senders hear themselves.
    ///
    /// # Errors
    /// Not applicable, where there is no chat.
    pub(super) fn echoes(&self) -> Result<bool, Stop> {
        Ok(self.dialect()?.sender == SenderPolicy::Echoed)
    }

    /// Waits; for what nothing tells of.
    pub(super) async fn pause(&self, period: Duration) {
        let clock = self.clock();
        clock.sleep_until(clock.now() + period).await;
    }

    /// The query of a handshake by `transport`.
    pub(super) fn query(&self, transport: &str) -> String {
        format!("EIO=4&transport={transport}{}", self.dial.query())
    }

    /// A request by GET with `query`, as it stands.
    pub(super) fn get(&self, query: &str) -> Request {
        self.request("GET", query)
    }

    /// A request with the headers that the target is always given.
    pub(super) fn request(&self, method: &'static str, query: &str) -> Request {
        let request = Request::new(method, query, self.patience().answer);
        self.dial.with_headers(request)
    }

    /// Makes a request on a connection of its own.
    ///
    /// # Errors
    /// Says why there was no answer; no verdict.
    pub(super) async fn make(&self, request: &Request) -> Result<Response, String> {
        self.dial.exchange(request, &self.scribe()).await
    }

    /// Makes a request that a server has to answer, whatever the answer.
    ///
    /// # Errors
    /// Failed: `expected`, and there was no answer.
    pub(super) async fn answer(&self, request: &Request, expected: &str) -> Result<Response, Stop> {
        self.make(request).await.map_err(|why| Stop::failed(expected, why))
    }

    /// The request for a WebSocket with `query`, as it stands.
    pub(super) fn websocket_request(&self, query: &str) -> Request {
        self.dial.with_headers(socket::request(query, self.patience().answer))
    }

    /// Asks for a WebSocket, however that goes.
    pub(super) async fn open(&self, request: &Request) -> (Opening, Scribe) {
        let scribe = self.scribe();
        let opening = match self.dial.connect().await {
            Ok(stream) => socket::open(stream, self.dial.endpoint(), request, &scribe).await,
            Err(why) => Opening::Broken(why),
        };
        (opening, scribe)
    }

    /// Opens a WebSocket: its two halves.
    ///
    /// # Errors
    /// Unknown, when there is none to be had.
    pub(super) async fn halves(
        &self,
        request: &Request,
    ) -> Result<(SocketReader, SocketWriter, Scribe), Stop> {
        let no = |why: String| Stop::unknown(format!("no session by WebSocket: {why}"));
        match self.open(request).await {
            (Opening::Open(reader, writer), scribe) => Ok((reader, writer, scribe)),
            (Opening::Refused(response), _) => Err(no(response.brief())),
            (Opening::Broken(why), _) => Err(no(why)),
        }
    }

    /// Opens a session by HTTP long-polling, to be polled by hand.
    ///
    /// # Errors
    /// Unknown, when there is none to be had.
    pub(super) async fn polling(&self) -> Result<Polling, Stop> {
        let scribe = self.scribe();
        let request = self.get(&self.query("polling"));
        let opened = async {
            let response = self.dial.exchange(&request, &scribe).await?;
            if response.status != 200 {
                return Err(response.brief());
            }
            let mut packets = packets(&response.body)?.into_iter();
            let (handshake, sid) = match packets.next() {
                Some(Packet::Text(text)) => open_packet(&text)?,
                _ => return Err("a body that holds no handshake".into()),
            };
            let dial = self.dial.clone();
            Ok(Polling { dial, sid, handshake, early: packets.collect(), scribe: scribe.clone() })
        };
        opened.await.map_err(|why: String| Stop::unknown(format!("no session by polling: {why}")))
    }

    /// Opens an Engine.IO session, in no namespace.
    ///
    /// # Errors
    /// Unknown, when there is none to be had.
    pub(super) async fn session(&self, via: Via) -> Result<Peer, Stop> {
        match via {
            Via::Polling => Ok(Peer::on_polling(self.polling().await?, &self.dial)),
            Via::WebSocket => {
                self.session_on(&self.websocket_request(&self.query("websocket"))).await
            }
        }
    }

    /// Opens an Engine.IO session on a WebSocket with this request.
    ///
    /// # Errors
    /// Unknown, when there is none to be had.
    pub(super) async fn session_on(&self, request: &Request) -> Result<Peer, Stop> {
        let no = |why: String| Stop::unknown(format!("no session by WebSocket: {why}"));
        let (mut reader, writer, scribe) = self.halves(request).await?;
        let first = tokio::time::timeout(self.patience().answer, reader.next()).await;
        let first = match first.unwrap_or_else(|_| Err("no handshake in time".into())) {
            Ok(Heard::Text(text)) => text,
            Ok(other) => return Err(no(format!("{other:?} where the handshake should be"))),
            Err(why) => return Err(no(why)),
        };
        scribe.received(&first);
        let (handshake, sid) = open_packet(&first).map_err(no)?;
        Ok(Peer::on_websocket(handshake, sid, reader, writer, &self.dial, scribe))
    }

    /// Opens a session and enters the target's namespace.
    ///
    /// # Errors
    /// Unknown, when that does not work.
    pub(super) async fn connect(&self, via: Via) -> Result<Peer, Stop> {
        let mut peer = self.session(via).await?;
        self.enter(&mut peer).await?;
        Ok(peer)
    }

    /// Enters the target's namespace.
    ///
    /// # Errors
    /// Unknown, when the server does not let it in.
    pub(super) async fn enter(&self, peer: &mut Peer) -> Result<(), Stop> {
        let connected = self.enter_namespace(peer, &self.target.namespace).await?;
        peer.connected = Some(connected);
        Ok(())
    }

    /// Enters `namespace`; what the server says to that.
    ///
    /// # Errors
    /// Unknown, when the server does not let it in.
    pub(super) async fn enter_namespace(
        &self,
        peer: &mut Peer,
        namespace: &str,
    ) -> Result<Value, Stop> {
        let prefix = prefix_of(namespace);
        peer.send(format!("40{prefix}{}", self.target.auth)).await?;
        let connected =
            peer.wait_for(self.patience().answer, |packet| granted(packet, &prefix)).await;
        connected.map_err(|missing| Stop::unknown(format!("no CONNECT to {namespace}: {missing}")))
    }

    /// What stands before the data of packets in the target's namespace.
    pub(super) fn prefix(&self) -> String {
        prefix_of(&self.target.namespace)
    }

    /// A name that no server has a namespace for.
    pub(super) fn unknown_namespace(&self) -> String {
        self.barriers.set(self.barriers.get() + 1);
        let mut name = String::from("/chatbench-none-");
        // Writing into a string cannot fail.
        let _ = write!(name, "{}", self.barriers.get());
        name
    }

    /// Wants the server to close the connection because of what `offend` sends, and not for
    /// another reason: a twin, which sends nothing wrong, must stay.
    ///
    /// # Errors
    /// Failed, when it stays; unknown, when the twin is closed as well.
    pub(super) async fn closes(
        &self,
        mut peer: Peer,
        mut twin: Peer,
        expected: &str,
        offend: impl AsyncFnOnce(&Peer) -> Result<(), String>,
    ) -> Result<peer::End, Stop> {
        // What cannot be sent any more was refused already: how it ended says the rest.
        if let Err(why) = offend(&peer).await {
            peer.scribe().note(why);
        }
        let _ = peer.end(self.patience().answer).await;
        let twin_stays = twin.round_trip().await;
        twin_stays.map_err(|missing| {
            Stop::unknown(format!("a connection that did nothing wrong heard {missing}"))
        })?;
        // A server that stood still has gone on by now.
        match peer.end(self.patience().quiet).await {
            Ok(end) => Ok(end),
            Err(_) => {
                let heard = peer.collect(Duration::ZERO).await;
                let heard = peer::told(heard.iter());
                Err(Stop::failed(expected, format!("the connection stays; it heard {heard}")))
            }
        }
    }
}

/// What stands before the data of packets in `namespace`.
pub(super) fn prefix_of(namespace: &str) -> String {
    match namespace {
        "/" => String::new(),
        namespace => format!("{namespace},"),
    }
}

/// What CONNECT is granted with, if that is what `packet` does; `prefix` is that of the namespace.
pub(super) fn granted(packet: &Packet, prefix: &str) -> Option<Value> {
    let Packet::Text(text) = packet else { return None };
    let data = text.strip_prefix("40")?.strip_prefix(prefix)?;
    serde_json::from_str::<Value>(data).ok().filter(|data| data["sid"].is_string())
}

/// The handshake in an open packet, and the id in that.
fn open_packet(text: &str) -> Result<(Value, String), String> {
    let said = || format!("`{}` is no handshake", peer::shortened(text));
    let data = text.strip_prefix('0').ok_or_else(said)?;
    let handshake: Value = serde_json::from_str(data).map_err(|_| said())?;
    let sid = handshake["sid"].as_str().ok_or_else(said)?.to_owned();
    Ok((handshake, sid))
}
