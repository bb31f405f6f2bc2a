//! Round trip: a text that one session says, and how it comes back to it or to another.
//!
//! By the echo, where the target has one, and else through a room of the chat to a second member.

use std::time::Duration;

use serde_json::Value;

use super::awake::Hook;
use super::chat::member::{Member, prove};
use super::finding::Stop;
use super::peer::{Event, Packet, Peer, Via};
use super::trial::Trial;

/// A session whose texts come back: to itself, or to another that listens.
pub(super) struct RoundTrip<'t> {
    trial: &'t Trial,
    way: Way<'t>,
}

enum Way<'t> {
    Echo { peer: Box<Peer>, event: &'t str, back: &'t str },
    Chat { speaker: Box<Member<'t>>, hearer: Box<Member<'t>>, room: String },
}

impl<'t> RoundTrip<'t> {
    /// Whoever speaks and whoever listens are connected by `via`.
    ///
    /// # Errors
    /// Not applicable, where there is neither an echo nor a chat; unknown, when they cannot be had.
    pub(super) async fn by(trial: &'t Trial, via: Via) -> Result<RoundTrip<'t>, Stop> {
        let peer = trial.connect(via).await?;
        RoundTrip::of(trial, peer, via).await
    }

    /// `peer`, which is in the target's namespace, speaks; another that has to listen is
    /// connected by `via`.
    ///
    /// # Errors
    /// As [`RoundTrip::by`].
    pub(super) async fn of(
        trial: &'t Trial,
        mut peer: Peer,
        via: Via,
    ) -> Result<RoundTrip<'t>, Stop> {
        let echo = trial.hooks().echo.as_ref().filter(|_| trial.has(Hook::Echo));
        if let Some((event, back)) = echo {
            trial.wake(&mut peer, &trial.target().namespace).await?;
            let peer = Box::new(peer);
            return Ok(RoundTrip { trial, way: Way::Echo { peer, event, back } });
        }
        let room = trial.room("round-trip");
        let speaker = Member::of(trial, peer, "a")?;
        let hearer = Member::connect(trial, via, "b").await?;
        let mut members = [speaker, hearer];
        for member in &mut members {
            member.join(&room).await?;
        }
        prove(trial, &room, &mut members).await?;
        let [speaker, hearer] = members.map(Box::new);
        Ok(RoundTrip { trial, way: Way::Chat { speaker, hearer, room } })
    }

    /// Has one text come back, for checks of what must not.
    ///
    /// # Errors
    /// Unknown, when it does not.
    pub(super) async fn works(&mut self) -> Result<(), Stop> {
        self.say("works").await?;
        match self.hear("works", "a text comes back").await {
            Err(Stop::Failed(failure)) => {
                let why = format!("a text that is said should come back: {}", failure.observed);
                Err(Stop::unknown(why))
            }
            heard => heard,
        }
    }

    /// The session that speaks.
    pub(super) fn speaker(&mut self) -> &mut Peer {
        match &mut self.way {
            Way::Echo { peer, .. } => peer,
            Way::Chat { speaker, .. } => &mut speaker.peer,
        }
    }

    /// The session that hears it: the same one, where there is an echo.
    pub(super) fn hearer(&mut self) -> &mut Peer {
        match &mut self.way {
            Way::Echo { peer, .. } => peer,
            Way::Chat { hearer, .. } => &mut hearer.peer,
        }
    }

    /// The packet that says `text`.
    pub(super) fn packet(&self, text: &str) -> String {
        format!("42{}{}", self.trial.prefix(), self.array(text))
    }

    /// The packet that says `value`, which is JSON, where a text would stand; `kind` is what it
    /// begins with instead of `42`. Nothing where a text is only part of a string.
    pub(super) fn packet_with(&self, kind: &str, value: &str) -> Option<String> {
        const PLACE: &str = "\"chatbench-place\"";
        let array = self.array(PLACE.trim_matches('"'));
        let (before, after) = array.split_once(PLACE)?;
        Some(format!("{kind}{}{before}{value}{after}", self.trial.prefix()))
    }

    fn array(&self, text: &str) -> String {
        match &self.way {
            Way::Echo { event, .. } => serde_json::json!([event, text]).to_string(),
            Way::Chat { speaker, room, .. } => speaker.message(room, text),
        }
    }

    /// Says `text`.
    ///
    /// # Errors
    /// Unknown, when the connection takes no more.
    pub(super) async fn say(&mut self, text: &str) -> Result<(), Stop> {
        self.say_all(&[text]).await
    }

    /// Says `texts` in one go: in one body, or frame after frame.
    ///
    /// # Errors
    /// Unknown, when the connection takes no more.
    pub(super) async fn say_all(&mut self, texts: &[&str]) -> Result<(), Stop> {
        let packets: Vec<Packet> =
            texts.iter().map(|text| Packet::Text(self.packet(text))).collect();
        self.speaker().send_all(&packets).await
    }

    /// Wants `text` to come back.
    ///
    /// # Errors
    /// Failed, with what came instead.
    pub(super) async fn hear(&mut self, text: &str, expected: &str) -> Result<(), Stop> {
        let within = self.trial.patience().answer;
        let text_of = self.reader();
        let is_it = |packet: &Packet| (text_of(packet)? == text).then_some(());
        let hearer = self.hearer();
        let heard = hearer.wait_for(within, is_it).await;
        heard.map_err(|missing| hearer.instead(expected, &missing))
    }

    /// What comes back until as many texts as `wanted` have come, and what comes after them while
    /// nothing is awaited any more; or what has come when time is over.
    pub(super) async fn hear_all(&mut self, wanted: usize) -> Vec<String> {
        let (within, quiet) = (self.trial.patience().answer, self.trial.patience().quiet);
        let clock = self.trial.clock();
        let until = clock.now() + within;
        let text_of = self.reader();
        let mut heard = Vec::new();
        while heard.len() < wanted {
            let left = until.since(clock.now());
            let Ok(text) = self.hearer().wait_for(left, &text_of).await else { break };
            heard.push(text);
        }
        let rest = self.hearer().collect(if heard.len() < wanted { Duration::ZERO } else { quiet });
        heard.extend(rest.await.iter().filter_map(text_of));
        heard
    }

    /// What reads the text that comes back by a packet, if it is such a packet.
    pub(super) fn reader(&self) -> impl Fn(&Packet) -> Option<String> + use<'t> {
        let trial = self.trial;
        let back = match &self.way {
            Way::Echo { back, .. } => Some(*back),
            Way::Chat { .. } => None,
        };
        move |packet: &Packet| {
            let event = Event::read(packet)?;
            if event.namespace != trial.target().namespace {
                return None;
            }
            if let Some(back) = back {
                let text = event.data.get(1).and_then(Value::as_str);
                return text.filter(|_| event.name() == Some(back)).map(str::to_owned);
            }
            let receive = &trial.target().dialect.as_ref()?.receive;
            let is_message = event.name() == Some(receive.event());
            let data = Value::Array(event.data);
            receive.text_of(&data).filter(|_| is_message).map(str::to_owned)
        }
    }
}
