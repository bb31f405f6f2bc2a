//! Backlog: a member that polls by hand, and so may leave for later what the server has for it.

use super::member::{Member, Message, PROBE, join_packet};
use super::numbered::Numbers;
use crate::conformance::finding::Stop;
use crate::conformance::peer::{Packet, Polling, answers};
use crate::conformance::trial::Trial;

/// Probes are said so often until one is heard.
const PROBES_MAX: u32 = 30;
const BETWEEN_PROBES: std::time::Duration = std::time::Duration::from_millis(100);

/// A member that polls only when it is told to.
pub(super) struct Backlog<'t> {
    trial: &'t Trial,
    polling: Polling,
}

impl<'t> Backlog<'t> {
    /// Joins `room`, in which `speaker` is, and hears it once.
    ///
    /// # Errors
    /// Unknown, when that does not work.
    pub(super) async fn join(
        trial: &'t Trial,
        room: &str,
        speaker: &Member<'_>,
    ) -> Result<Backlog<'t>, Stop> {
        let mut backlog = Backlog { trial, polling: trial.polling().await? };
        let prefix = trial.prefix();
        backlog.post(&format!("40{prefix}{}", trial.target().auth)).await?;
        let granted = format!("40{prefix}{{");
        while !backlog.poll().await?.iter().any(|packet| begins(packet, &granted)) {}
        let join = join_packet(trial, room, "b")?;
        backlog.post(&join).await?;
        let probe = format!("{PROBE}for one that polls by hand");
        // No poll may be given up: the one that hears it ends the waiting.
        for probes in 0..PROBES_MAX {
            if probes == PROBES_MAX / 2 {
                // What comes right behind CONNECT may be lost.
                backlog.post(&join).await?;
            }
            speaker.say(room, &probe).await?;
            trial.pause(BETWEEN_PROBES).await;
            let barrier = trial.unknown_namespace();
            backlog.post(&format!("40{barrier},")).await?;
            let mut is_member = false;
            loop {
                let packets = backlog.poll().await?;
                is_member |= packets.iter().any(|packet| says(packet, &probe));
                if packets.iter().any(|packet| answers(packet, &barrier)) {
                    break;
                }
            }
            if is_member {
                return Ok(backlog);
            }
        }
        Err(Stop::unknown(format!("in the room {room:?} one that polls hears nothing")))
    }

    /// Polls until all of `numbers` came, or no new one does; why the session is over, if it is.
    ///
    /// # Errors
    /// Not applicable, where there is no chat.
    pub(super) async fn hear_all(&mut self, numbers: &mut Numbers) -> Result<Option<Stop>, Stop> {
        let dialect = self.trial.dialect()?;
        let namespace = &self.trial.target().namespace;
        let clock = self.trial.clock();
        let patience = self.trial.patience().answer;
        let mut until = clock.now() + patience;
        while !numbers.are_all() && clock.now() < until {
            let within = until.since(clock.now());
            let packets = match tokio::time::timeout(within, self.poll()).await {
                Ok(Ok(packets)) => packets,
                Ok(Err(why)) => {
                    // Where pings have to be answered soon, a busy machine may have been too late.
                    self.polling.scribe.end();
                    return Ok(Some(why));
                }
                Err(_) => break,
            };
            let messages = packets.iter().filter_map(|it| Message::read(it, dialect, namespace));
            let mut is_any_new = false;
            for message in messages {
                is_any_new |= numbers.take(self.trial, &message);
            }
            if is_any_new {
                until = clock.now() + patience;
            }
        }
        Ok(None)
    }

    async fn post(&self, packet: &str) -> Result<(), Stop> {
        let posted = self.polling.make(&self.polling.post(packet)).await;
        match posted {
            Ok(response) if response.status == 200 => Ok(()),
            Ok(response) => Err(Stop::unknown(response.brief())),
            Err(why) => Err(Stop::unknown(why)),
        }
    }

    /// Polls once, and answers a ping.
    async fn poll(&mut self) -> Result<Vec<Packet>, Stop> {
        let mut packets = std::mem::take(&mut self.polling.early);
        if packets.is_empty() {
            packets = self.polling.poll().await.map_err(Stop::unknown)?;
        }
        if packets.contains(&Packet::Text("2".into())) {
            self.post("3").await?;
        }
        Ok(packets)
    }
}

fn begins(packet: &Packet, with: &str) -> bool {
    matches!(packet, Packet::Text(text) if text.starts_with(with))
}

fn says(packet: &Packet, what: &str) -> bool {
    matches!(packet, Packet::Text(text) if text.contains(what))
}
