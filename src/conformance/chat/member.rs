//! Member: a peer in rooms, which speaks and hears as the dialect spells it.

use serde_json::Value;

use crate::conformance::finding::Stop;
use crate::conformance::peer::{Event, Missing, Packet, Peer, Via, shortened, told};
use crate::conformance::trial::{Trial, prefix_of};
use crate::scenario::{Confirm, Dialect, Fields, Offset, Template};
use crate::time::Timestamp;

pub(in crate::conformance) use super::gathering::{
    ANY, are_as_wanted, assemble, counts, heard, prove, prove_speakers,
};

/// What the texts begin with that only try who hears; whoever listens does not hear them.
pub(super) const PROBE: &str = "chatbench probe ";

/// There are servers that drop all of a body of more than 16 packets.
const PACKETS_PER_POST: usize = 10;

/// The acknowledgement that [`Member::join`] waits for.
const JOIN_ID: u64 = 7;
/// That of joins which nobody waits for: come late, it must not be taken for the other one.
const UNAWAITED_ID: u64 = 8;

/// A peer that is, or may be, in rooms.
pub(in crate::conformance) struct Member<'t> {
    pub(in crate::conformance) peer: Peer,
    pub(in crate::conformance) author: String,
    namespace: String,
    trial: &'t Trial,
    dialect: &'t Dialect,
}

/// A chat message as it was heard.
#[derive(Clone, Debug)]
pub(in crate::conformance) struct Message {
    /// The text, where it stands in its place.
    pub(in crate::conformance) text: Option<String>,
    /// The whole array: the event's name, then its arguments.
    pub(in crate::conformance) data: Value,
}

impl<'t> Member<'t> {
    /// A peer in the target's namespace and in no room.
    ///
    /// # Errors
    /// Unknown, when it cannot be had.
    pub(in crate::conformance) async fn connect(
        trial: &'t Trial,
        via: Via,
        author: &str,
    ) -> Result<Member<'t>, Stop> {
        let peer = trial.connect(via).await?;
        Member::of(trial, peer, author)
    }

    /// A peer in `namespace`, which has the same events, and in no room.
    ///
    /// # Errors
    /// Unknown, when it cannot be had.
    pub(in crate::conformance) async fn connect_in(
        trial: &'t Trial,
        namespace: &str,
        author: &str,
    ) -> Result<Member<'t>, Stop> {
        let mut peer = trial.session(trial.via()).await?;
        trial.enter_namespace(&mut peer, namespace).await?;
        let namespace = namespace.into();
        Ok(Member { namespace, ..Member::of(trial, peer, author)? })
    }

    /// What `peer`, which is in the target's namespace, speaks and hears.
    ///
    /// # Errors
    /// Not applicable, where there is no chat.
    pub(in crate::conformance) fn of(
        trial: &'t Trial,
        peer: Peer,
        author: &str,
    ) -> Result<Member<'t>, Stop> {
        let namespace = trial.target().namespace.clone();
        Ok(Member { peer, author: author.into(), namespace, trial, dialect: trial.dialect()? })
    }

    /// Asks to be let into `room`, and waits for what the dialect takes for evidence, save that
    /// of others: see [`prove`].
    ///
    /// # Errors
    /// Unknown, when that does not come.
    pub(in crate::conformance) async fn join(&mut self, room: &str) -> Result<(), Stop> {
        let data = self.dialect.join.template.filled(room, &self.author, "");
        let missing = |what: &str, missing: &Missing| {
            Stop::unknown(format!("joining {room:?}: {what} was awaited, and there was {missing}"))
        };
        match &self.dialect.join.confirm {
            Confirm::Ack => {
                let prefix = prefix_of(&self.namespace);
                let asking = format!("42{prefix}{JOIN_ID}{data}");
                let is_ack = |packet: &Packet| {
                    Event::read(packet).filter(|event| event.is_ack && event.id == Some(JOIN_ID))
                };
                let acked = self.ask_until(&asking, is_ack).await?;
                acked.map_err(|it| missing("an acknowledgement", &it))?;
            }
            Confirm::Event { name, .. } => {
                let asking = format!("42{}{data}", prefix_of(&self.namespace));
                let is_it = |packet: &Packet| {
                    Event::read(packet).filter(|event| event.name() == Some(name))
                };
                let confirmed = self.ask_until(&asking, is_it).await?;
                confirmed.map_err(|it| missing("its event", &it))?;
            }
            Confirm::Settle(period) => {
                self.emit(&data).await?;
                self.trial.pause(*period).await;
            }
            Confirm::Probe => self.emit(&data).await?,
        }
        self.settle().await
    }

    /// Sends `asking` until what `is_wanted` comes, and twice at most: what comes right behind
    /// CONNECT may be lost.
    ///
    /// # Errors
    /// Unknown, when the connection takes no more; the inner one says what came instead.
    async fn ask_until(
        &mut self,
        asking: &str,
        is_wanted: impl Fn(&Packet) -> Option<Event>,
    ) -> Result<Result<Event, Missing>, Stop> {
        self.peer.send(asking).await?;
        match self.peer.wait_for(self.trial.patience().answer, &is_wanted).await {
            Err(Missing::Silence) => {
                self.peer.scribe().note("it may have been lost: the client joins again");
                self.peer.send(asking).await?;
                Ok(self.peer.wait_for(self.trial.patience().answer, &is_wanted).await)
            }
            answer => Ok(answer),
        }
    }

    /// Asks to be let into `room`, and does not wait.
    ///
    /// # Errors
    /// Unknown, when the connection takes no more.
    pub(in crate::conformance) async fn ask(&self, room: &str) -> Result<(), Stop> {
        self.ask_by(&self.dialect.join.template.filled(room, &self.author, "")).await
    }

    /// The same by `data`, a whole array.
    ///
    /// # Errors
    /// Unknown, when the connection takes no more.
    pub(in crate::conformance) async fn ask_by(&self, data: &str) -> Result<(), Stop> {
        self.peer.send(join_by(self.dialect, &self.namespace, data)).await
    }

    /// Asks to be let out of `room`, and waits until the server has taken that in.
    ///
    /// # Errors
    /// Not applicable, where there is no leaving.
    pub(in crate::conformance) async fn leave(&mut self, room: &str) -> Result<(), Stop> {
        let none = || Stop::NotApplicable("the dialect has no `leave`".into());
        let leave: &Template = self.dialect.leave.as_ref().ok_or_else(none)?;
        self.emit(&leave.filled(room, &self.author, "")).await?;
        self.settle().await
    }

    /// Waits until the server has taken in what it was sent.
    ///
    /// # Errors
    /// Unknown, when it does not answer.
    pub(in crate::conformance) async fn settle(&mut self) -> Result<(), Stop> {
        let settled = self.peer.round_trip().await;
        settled.map_err(|it| Stop::unknown(format!("no answer to an unknown namespace: {it}")))
    }

    /// Says `text` in `room`.
    ///
    /// # Errors
    /// Unknown, when the connection takes no more.
    pub(in crate::conformance) async fn say(&self, room: &str, text: &str) -> Result<(), Stop> {
        self.emit(&self.message(room, text)).await
    }

    /// Says texts, each in its room, in one go: frame after frame, or a few in each body.
    ///
    /// # Errors
    /// Unknown, when the connection takes no more.
    pub(in crate::conformance) async fn say_each(&self, said: &[(&str, &str)]) -> Result<(), Stop> {
        let prefix = prefix_of(&self.namespace);
        let packet = |(room, text): &(&str, &str)| {
            Packet::Text(format!("42{prefix}{}", self.message(room, text)))
        };
        let packets: Vec<Packet> = said.iter().map(packet).collect();
        let polls = self.peer.socket().is_none();
        let at_once = if polls { PACKETS_PER_POST } else { packets.len().max(1) };
        for packets in packets.chunks(at_once) {
            self.peer.send_all(packets).await?;
        }
        Ok(())
    }

    /// Says `text` in `room`, with `bytes` in one more field of the message, which must be a JSON
    /// object.
    ///
    /// # Errors
    /// Unknown, when the connection takes no more.
    pub(in crate::conformance) async fn say_binary(
        &self,
        room: &str,
        text: &str,
        bytes: &[u8],
    ) -> Result<(), Stop> {
        let message = self.message(room, text);
        let Some(message) = message.strip_suffix("}]") else {
            return Err(Stop::NotApplicable("messages of this dialect are no JSON objects".into()));
        };
        let data = format!("{message},\"bytes\":{{\"_placeholder\":true,\"num\":0}}}}]");
        let event = Packet::Text(format!("451-{}{data}", prefix_of(&self.namespace)));
        self.peer.send_all(&[event, Packet::Binary(bytes.into())]).await
    }

    /// What it sends to say `text` in `room`: the whole array, as JSON.
    pub(in crate::conformance) fn message(&self, room: &str, text: &str) -> String {
        self.dialect.send.filled(room, &self.author, text)
    }

    /// Emits `data`, a whole array, in its namespace.
    ///
    /// # Errors
    /// Unknown, when the connection takes no more.
    pub(in crate::conformance) async fn emit(&self, data: &str) -> Result<(), Stop> {
        self.peer.send(format!("42{}{data}", prefix_of(&self.namespace))).await
    }

    /// The message in `packet`, if it is one, and no probe.
    pub(in crate::conformance) fn read(&self, packet: &Packet) -> Option<Message> {
        let message = Message::read(packet, self.dialect, &self.namespace)?;
        let is_probe = message.text.as_ref().is_some_and(|text| text.starts_with(PROBE));
        (!is_probe).then_some(message)
    }

    /// Waits until it hears a message whose text is `text`; what else it hears stays unread.
    ///
    /// # Errors
    /// Says what came instead; no verdict.
    pub(super) async fn hears_text(&mut self, text: &str, until: Timestamp) -> Result<(), Missing> {
        let within = until.since(self.trial.clock().now());
        let (dialect, namespace) = (self.dialect, &self.namespace);
        let said = |packet: &Packet| {
            let message = Message::read(packet, dialect, namespace)?;
            (message.text.as_deref() == Some(text)).then_some(())
        };
        self.peer.wait_for(within, said).await
    }

    /// Drops the probes that came.
    pub(super) fn forget_probes(&mut self) {
        let (dialect, namespace) = (self.dialect, &self.namespace);
        self.peer.retain(|packet| {
            let message = Message::read(packet, dialect, namespace);
            let text = message.and_then(|message| message.text);
            !text.is_some_and(|text| text.starts_with(PROBE))
        });
    }

    /// The messages that have come so far.
    pub(in crate::conformance) fn heard_so_far(&mut self) -> Vec<Message> {
        let come = self.peer.come();
        come.iter().filter_map(|packet| self.read(packet)).collect()
    }

    /// Whether `message` is what was said: `text`, by `author` in `room`.
    pub(in crate::conformance) fn is_as_said(
        &self,
        message: &Message,
        (room, author, text): (&str, &str, &str),
    ) -> bool {
        let room_json = Value::from(room).to_string();
        let fields = Fields { room, room_json: &room_json[1..room_json.len() - 1], author };
        self.dialect.receive.matches(&fields, text, &message.data, Offset::Allowed)
    }

    /// Wants to hear `text`, said by `author` in `room`, just so.
    ///
    /// # Errors
    /// Failed, when it does not come, or not as it was sent.
    pub(in crate::conformance) async fn hear(
        &mut self,
        room: &str,
        author: &str,
        text: &str,
    ) -> Result<(), Stop> {
        let expected = format!("`{}` is heard by {}", shortened(text), self.author);
        let message = self.hear_text(text, &expected).await?;
        if self.is_as_said(&message, (room, author, text)) {
            return Ok(());
        }
        let observed = format!("`{}`", shortened(&message.data.to_string()));
        Err(Stop::failed(format!("{expected} as it was sent"), observed))
    }

    /// Wants to hear a message whose text is `text`.
    ///
    /// # Errors
    /// Failed, when none comes.
    pub(in crate::conformance) async fn hear_text(
        &mut self,
        text: &str,
        expected: &str,
    ) -> Result<Message, Stop> {
        let within = self.trial.patience().answer;
        let (dialect, namespace) = (self.dialect, &self.namespace);
        let wanted = |packet: &Packet| {
            Message::read(packet, dialect, namespace)
                .filter(|message| message.text.as_deref() == Some(text))
        };
        self.peer.wait_for(within, wanted).await.map_err(|it| self.peer.instead(expected, &it))
    }

    /// All messages that have come and still come while nothing is awaited.
    pub(in crate::conformance) async fn listen(&mut self) -> Vec<Message> {
        let heard = self.peer.collect(self.trial.patience().quiet).await;
        heard.iter().filter_map(|packet| self.read(packet)).collect()
    }

    /// Wants to hear no message but those whose text is among `allowed`.
    ///
    /// # Errors
    /// Failed, with what was heard.
    pub(in crate::conformance) async fn hear_nothing(
        &mut self,
        expected: &str,
        allowed: &[&str],
    ) -> Result<(), Stop> {
        let heard = self.listen().await;
        let other = |message: &&Message| {
            !message.text.as_deref().is_some_and(|text| allowed.contains(&text))
        };
        let heard: Vec<Packet> = heard
            .iter()
            .filter(other)
            .map(|message| Packet::Text(message.data.to_string()))
            .collect();
        if heard.is_empty() {
            return Ok(());
        }
        let observed = format!("{} heard {}", self.author, told(heard.iter()));
        Err(Stop::failed(expected, observed))
    }

    /// How often each of `texts` has come by the time that nothing more comes.
    pub(in crate::conformance) async fn count(&mut self, texts: &[&str]) -> Vec<usize> {
        let heard = self.listen().await;
        let said = |text: &&str| heard.iter().filter(|it| it.text.as_deref() == Some(text)).count();
        texts.iter().map(said).collect()
    }
}

/// The packet by which `author` asks to be let into `room`, in the target's namespace; nobody
/// waits for its acknowledgement.
///
/// # Errors
/// Not applicable, where there is no chat.
pub(in crate::conformance) fn join_packet(
    trial: &Trial,
    room: &str,
    author: &str,
) -> Result<String, Stop> {
    let dialect = trial.dialect()?;
    let data = dialect.join.template.filled(room, author, "");
    Ok(join_by(dialect, &trial.target().namespace, &data))
}

/// The packet of a join by `data`. Where joins are acknowledged it asks for that: a handler may
/// fall over one that it cannot acknowledge.
fn join_by(dialect: &Dialect, namespace: &str, data: &str) -> String {
    let prefix = prefix_of(namespace);
    match dialect.join.confirm {
        Confirm::Ack => format!("42{prefix}{UNAWAITED_ID}{data}"),
        Confirm::Probe | Confirm::Event { .. } | Confirm::Settle(_) => format!("42{prefix}{data}"),
    }
}

impl Message {
    /// Whether it says a text of `trial`'s.
    pub(super) fn is_of(&self, trial: &Trial) -> bool {
        self.text.as_ref().is_some_and(|text| text.starts_with(&trial.text("")))
    }

    /// The message in `packet`, if it is one of `namespace`, probes included.
    pub(super) fn read(packet: &Packet, dialect: &Dialect, namespace: &str) -> Option<Message> {
        let event = Event::read(packet)?;
        if event.namespace != namespace || event.name() != Some(dialect.receive.event()) {
            return None;
        }
        let data = Value::Array(event.data);
        let text = dialect.receive.text_of(&data).map(str::to_owned);
        Some(Message { text, data })
    }
}
