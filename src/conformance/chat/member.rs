//! Member: a peer in rooms, which speaks and hears as the dialect spells it.

use std::time::Duration;

use serde_json::Value;

use crate::conformance::finding::Stop;
use crate::conformance::peer::{Event, Missing, Packet, Peer, Via, shortened, told};
use crate::conformance::trial::Trial;
use crate::scenario::{Confirm, Dialect, Fields, Offset};

/// Rounds of probes until everybody was heard to hear.
const PROBES_MAX: u32 = 60;
const BETWEEN_PROBES: Duration = Duration::from_millis(50);

/// A peer that is, or may be, in rooms.
pub(in crate::conformance) struct Member<'t> {
    pub(in crate::conformance) peer: Peer,
    pub(in crate::conformance) author: String,
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

    /// What `peer`, which is in the target's namespace, speaks and hears.
    ///
    /// # Errors
    /// Not applicable, where there is no chat.
    pub(in crate::conformance) fn of(
        trial: &'t Trial,
        peer: Peer,
        author: &str,
    ) -> Result<Member<'t>, Stop> {
        Ok(Member { peer, author: author.into(), trial, dialect: trial.dialect()? })
    }

    /// Asks to be let into `room`, and waits for what the dialect takes for evidence, save that
    /// of others: see [`assemble`].
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
                let prefix = self.trial.prefix();
                self.peer.send(format!("42{prefix}7{data}")).await?;
                let is_ack = |packet: &Packet| {
                    Event::read(packet).filter(|event| event.is_ack && event.id == Some(7))
                };
                let acked = self.peer.wait_for(self.trial.patience().answer, is_ack).await;
                acked.map_err(|it| missing("an acknowledgement", &it))?;
            }
            Confirm::Event { name, .. } => {
                self.emit(&data).await?;
                let is_it = |packet: &Packet| {
                    Event::read(packet).filter(|event| event.name() == Some(name))
                };
                let confirmed = self.peer.wait_for(self.trial.patience().answer, is_it).await;
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

    /// What it sends to say `text` in `room`: the whole array, as JSON.
    pub(in crate::conformance) fn message(&self, room: &str, text: &str) -> String {
        self.dialect.send.filled(room, &self.author, text)
    }

    /// Emits `data`, a whole array, in the target's namespace.
    ///
    /// # Errors
    /// Unknown, when the connection takes no more.
    pub(in crate::conformance) async fn emit(&self, data: &str) -> Result<(), Stop> {
        self.peer.send(format!("42{}{data}", self.trial.prefix())).await
    }

    /// The message in `packet`, if it is one.
    pub(in crate::conformance) fn read(&self, packet: &Packet) -> Option<Message> {
        let event = Event::read(packet)?;
        if event.namespace != self.trial.target().namespace {
            return None;
        }
        if event.name() != Some(self.dialect.receive.event()) {
            return None;
        }
        let data = Value::Array(event.data);
        let text = self.dialect.receive.text_of(&data).map(str::to_owned);
        Some(Message { text, data })
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
        let room_json = Value::from(room).to_string();
        let fields = Fields { room, room_json: &room_json[1..room_json.len() - 1], author };
        if self.dialect.receive.matches(&fields, text, &message.data, Offset::Allowed) {
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
        let dialect = self.dialect;
        let namespace = &self.trial.target().namespace;
        let wanted = |packet: &Packet| {
            let event = Event::read(packet)?;
            let is_message = event.name() == Some(dialect.receive.event());
            let data = Value::Array(event.data);
            let said = dialect.receive.text_of(&data)?.to_owned();
            (is_message && event.namespace == *namespace && said == text)
                .then_some(Message { text: Some(said), data })
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

/// Members of one room, `a`, `b` and so on, each of which was heard to hear.
///
/// # Errors
/// Unknown, when one of them stays deaf.
pub(in crate::conformance) async fn assemble<'t>(
    trial: &'t Trial,
    room: &str,
    ways: &[Via],
) -> Result<Vec<Member<'t>>, Stop> {
    let mut members = Vec::new();
    for (at, via) in ways.iter().enumerate() {
        let author = char::from(b'a' + (at % 26) as u8).to_string();
        let mut member = Member::connect(trial, *via, &author).await?;
        member.join(room).await?;
        members.push(member);
    }
    prove(trial, room, &mut members).await?;
    Ok(members)
}

/// Has members of `room` speak until each was heard to hear somebody else. Servers that let in
/// those who ask a while later are waited for.
///
/// # Errors
/// Unknown, when one of them stays deaf.
pub(in crate::conformance) async fn prove(
    trial: &Trial,
    room: &str,
    members: &mut [Member<'_>],
) -> Result<(), Stop> {
    if members.len() < 2 {
        return Ok(());
    }
    let mut deaf: Vec<usize> = (0..members.len()).collect();
    for probe in 0..PROBES_MAX {
        // Two speakers, for nobody hears itself.
        let text = format!("probe {probe}");
        members[0].say(room, &text).await?;
        members[1].say(room, &text).await?;
        trial.pause(BETWEEN_PROBES).await;
        let mut still_deaf = Vec::new();
        for at in deaf {
            let heard = members[at].peer.collect(Duration::ZERO).await;
            if !heard.iter().any(|packet| members[at].read(packet).is_some()) {
                still_deaf.push(at);
            }
        }
        deaf = still_deaf;
        if deaf.is_empty() {
            return forget_probes(members).await;
        }
    }
    let deaf: Vec<&str> = deaf.iter().map(|at| members[*at].author.as_str()).collect();
    Err(Stop::unknown(format!("in the room {room:?} nothing is heard by {}", deaf.join(", "))))
}

/// Lets what is still under way of the probes come in, and drops it.
async fn forget_probes(members: &mut [Member<'_>]) -> Result<(), Stop> {
    for member in members.iter_mut() {
        member.settle().await?;
    }
    for member in members {
        member.listen().await;
    }
    Ok(())
}
