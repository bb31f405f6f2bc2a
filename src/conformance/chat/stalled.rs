//! Stalled: a member that was heard to hear, and from then on reads nothing.

use super::member::{Member, PROBE};
use crate::conformance::finding::Stop;
use crate::conformance::peer::socket::{Frame, Heard, Opening, SocketReader, SocketWriter};
use crate::conformance::trial::Trial;

/// Probes are said so often until one is heard.
const PROBES_MAX: u32 = 30;
const BETWEEN_PROBES: std::time::Duration = std::time::Duration::from_millis(100);

/// A member that reads no more; dropped, it is gone.
pub(super) struct Stalled {
    reader: SocketReader,
    writer: SocketWriter,
}

impl Stalled {
    /// Joins `room`, in which `speaker` is, hears it once, and then stops to read.
    ///
    /// # Errors
    /// Unknown, when that does not work.
    pub(super) async fn join(
        trial: &Trial,
        room: &str,
        speaker: &Member<'_>,
    ) -> Result<Stalled, Stop> {
        let request = trial.websocket_request(&trial.query("websocket"));
        let (opening, _) = trial.open(&request).await;
        let Opening::Open(reader, writer) = opening else {
            return Err(Stop::unknown("no session by WebSocket"));
        };
        let mut stalled = Stalled { reader, writer };
        let prefix = trial.prefix();
        stalled.say(&format!("40{prefix}{}", trial.target().auth)).await?;
        stalled.hear(trial, &format!("40{prefix}{{")).await?;
        let join = trial.dialect()?.join.template.filled(room, "stalled", "");
        stalled.say(&format!("42{prefix}{join}")).await?;
        let probe = format!("{PROBE}for one that will read no more");
        for probes in 0..PROBES_MAX {
            if probes == PROBES_MAX / 2 {
                // What comes right behind CONNECT may be lost.
                stalled.say(&format!("42{prefix}{join}")).await?;
            }
            speaker.say(room, &probe).await?;
            // Not heard yet is not heard at all only in the end.
            if let Ok(heard) =
                tokio::time::timeout(BETWEEN_PROBES, stalled.hear(trial, &probe)).await
            {
                return heard.map(|()| stalled);
            }
        }
        Err(Stop::unknown(format!("in the room {room:?} the fourth member hears nothing")))
    }

    async fn say(&self, packet: &str) -> Result<(), Stop> {
        let sent = self.writer.send(&[Frame::text(packet)]).await;
        sent.map_err(|why| Stop::unknown(format!("the server takes nothing more: {why}")))
    }

    /// Reads until `text` stands in a packet.
    async fn hear(&mut self, trial: &Trial, text: &str) -> Result<(), Stop> {
        let hear = async {
            loop {
                match self.reader.next().await {
                    Ok(Heard::Text(packet)) if packet == "2" => self.say("3").await?,
                    Ok(Heard::Text(packet)) if packet.contains(text) => return Ok(()),
                    Ok(Heard::Close(..)) => return Err(Stop::unknown("the server closed it")),
                    Ok(_) => {}
                    Err(why) => return Err(Stop::unknown(why)),
                }
            }
        };
        let heard = tokio::time::timeout(trial.patience().answer, hear).await;
        heard.unwrap_or_else(|_| Err(Stop::unknown(format!("`{text}` did not come"))))
    }
}
