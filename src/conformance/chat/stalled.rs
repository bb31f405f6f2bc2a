//! Stalled: a member that was heard to hear, and from then on reads nothing.

use std::time::Duration;

use tokio::task::AbortHandle;

use super::member::{Member, PROBE, join_packet};
use crate::conformance::finding::Stop;
use crate::conformance::peer::socket::{Frame, Heard, SocketReader, SocketWriter};
use crate::conformance::trial::Trial;

/// Probes are said so often until one is heard.
const PROBES_MAX: u32 = 30;
const BETWEEN_PROBES: Duration = Duration::from_millis(100);
/// Whatever the server says of its heartbeat, pongs are no flood.
const BETWEEN_PONGS_MIN: Duration = Duration::from_millis(50);
/// More than what the kernels at both ends hold for a reader that does not read.
const BYTES_MIN: usize = 8_000_000;

/// A member that reads no more, and yet lives on: it answers pings before they come, for nobody
/// may wait for the heartbeat to rid them of it. Dropped, it is gone.
pub(in crate::conformance) struct Stalled {
    reader: SocketReader,
    writer: SocketWriter,
    ponging: Option<AbortHandle>,
}

impl Drop for Stalled {
    fn drop(&mut self) {
        if let Some(ponging) = &self.ponging {
            ponging.abort();
        }
    }
}

/// Wants so many messages of so many bytes to be more than who stalls is sent unread.
///
/// # Errors
/// Not applicable, where they are not.
pub(in crate::conformance) fn is_much(messages: usize, message_bytes: usize) -> Result<(), Stop> {
    if messages * message_bytes >= BYTES_MIN {
        return Ok(());
    }
    let why = format!(
        "{messages} messages of {message_bytes} bytes, as long as the server takes them, need \
         nobody who reads them"
    );
    Err(Stop::NotApplicable(why))
}

impl Stalled {
    /// Joins `room`, in which `speaker` is, hears it once, and then stops to read.
    ///
    /// # Errors
    /// Unknown, when that does not work.
    pub(in crate::conformance) async fn join(
        trial: &Trial,
        room: &str,
        speaker: &Member<'_>,
    ) -> Result<Stalled, Stop> {
        let request = trial.websocket_request(&trial.query("websocket"));
        let (reader, writer, _) = trial.halves(&request).await?;
        let mut stalled = Stalled { reader, writer, ponging: None };
        let prefix = trial.prefix();
        stalled.say(&format!("40{prefix}{}", trial.target().auth)).await?;
        stalled.hear(trial, &format!("40{prefix}{{")).await?;
        let join = join_packet(trial, room, "stalled")?;
        stalled.say(&join).await?;
        let probe = format!("{PROBE}for one that will read no more");
        for probes in 0..PROBES_MAX {
            if probes == PROBES_MAX / 2 {
                // What comes right behind CONNECT may be lost.
                stalled.say(&join).await?;
            }
            speaker.say(room, &probe).await?;
            // Not heard yet is not heard at all only in the end.
            if let Ok(heard) =
                tokio::time::timeout(BETWEEN_PROBES, stalled.hear(trial, &probe)).await
            {
                heard?;
                stalled.ponging = stalled.pong(trial);
                return Ok(stalled);
            }
        }
        Err(Stop::unknown(format!("in the room {room:?} the fourth member hears nothing")))
    }

    /// From now on answers pings without reading them: in time for each, for a pong that nobody
    /// asked for does no harm (EIO-HB-05).
    fn pong(&self, trial: &Trial) -> Option<AbortHandle> {
        let survey = trial.survey();
        let between = between_pongs([survey.ping_interval, survey.ping_timeout])?;
        let (writer, clock) = (self.writer.clone(), trial.clock());
        let pong = async move {
            loop {
                clock.sleep_until(clock.now() + between).await;
                // Whoever was let go for its slowness needs no more.
                if writer.send(&[Frame::text("3")]).await.is_err() {
                    return;
                }
            }
        };
        Some(tokio::task::spawn_local(pong).abort_handle())
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

/// Half of the shortest of `periods`, for a ping comes and is waited for within them; one that is
/// nothing says nothing.
fn between_pongs(periods: [Option<Duration>; 2]) -> Option<Duration> {
    let shortest = periods.into_iter().flatten().filter(|period| !period.is_zero()).min()?;
    Some((shortest / 2).max(BETWEEN_PONGS_MIN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pongs_are_in_time_and_no_flood() {
        let between = |periods: [Option<u64>; 2]| {
            between_pongs(periods.map(|period| period.map(Duration::from_millis)))
        };
        let wanted = |millis| Some(Duration::from_millis(millis));
        assert_eq!(between([Some(25_000), Some(20_000)]), wanted(10_000));
        assert_eq!(between([Some(0), Some(20_000)]), wanted(10_000));
        assert_eq!(between([Some(25_000), None]), wanted(12_500));
        assert_eq!(between([Some(1), Some(20_000)]), Some(BETWEEN_PONGS_MIN));
        assert_eq!((between([Some(0), Some(0)]), between([None, Some(0)])), (None, None));
    }

    #[test]
    fn what_kernels_hold_for_a_reader_needs_none() {
        assert_eq!(is_much(200, 40_000), Ok(()));
        let Err(Stop::NotApplicable(why)) = is_much(1_000, 100) else { panic!("it is little") };
        assert!(why.starts_with("1000 messages of 100 bytes"), "{why}");
    }
}
