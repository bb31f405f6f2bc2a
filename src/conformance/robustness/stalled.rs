//! Stalled: a member that does not read what it is sent.

use std::time::Duration;

use crate::conformance::chat::member::{Member, assemble};
use crate::conformance::finding::{Found, Stop, ensure};
use crate::conformance::peer::Via;
use crate::conformance::peer::socket::{Frame, Heard, Opening, SocketReader, SocketWriter};
use crate::conformance::trial::Trial;

const MESSAGES: usize = 200;
const MESSAGE_BYTES: usize = 50_000;
const TIME_MAX: Duration = Duration::from_secs(5);
const BETWEEN_MESSAGES: Duration = Duration::from_millis(5);
const PROBES_MAX: usize = 60;

pub(super) async fn keeps_nobody_waiting(trial: &Trial) -> Found {
    let room = trial.room("room");
    let mut members = assemble(trial, &room, &[Via::WebSocket, Via::WebSocket]).await?;
    let stalled = Stalled::join(trial, &room, &members[0]).await?;
    members[1].settle().await?;
    members[1].listen().await;
    let bytes_max = trial.survey().payload_bytes_max.unwrap_or(MESSAGE_BYTES as u64 + 1_000);
    let text_bytes = MESSAGE_BYTES.min((bytes_max as usize).saturating_sub(1_000));
    let filling = "s".repeat(text_bytes);
    let until = trial.clock().now() + TIME_MAX;
    let [speaker, listener] = members.as_mut_slice() else {
        return Err(Stop::unknown("there are not two members"));
    };
    // Both at once: a server may stop reading a sender while its receivers are slow.
    let say_all = async {
        for number in 0..MESSAGES {
            speaker.say(&room, &format!("{number:03} {filling}")).await?;
            // Whoever reads keeps up with that, and answers the pings in between.
            trial.pause(BETWEEN_MESSAGES).await;
        }
        Ok::<(), Stop>(())
    };
    let hear_all = async {
        let mut heard = 0;
        while heard < MESSAGES && trial.clock().now() < until {
            let left = until.since(trial.clock().now().min(until));
            let Ok((_, packet)) = listener.peer.next(left).await else { break };
            let text = listener.read(&packet).and_then(|message| message.text);
            heard += usize::from(text.is_some_and(|text| text.ends_with(&filling)));
        }
        heard
    };
    let saying = tokio::time::timeout(TIME_MAX, say_all);
    let (said, heard) = tokio::join!(saying, hear_all);
    drop(stalled);
    if let Ok(said) = said {
        said?;
    }
    ensure(heard == MESSAGES, "the member that reads hears all 200 within 5 s", || {
        let end = listener.peer.ended().map(|end| format!(", then {end}")).unwrap_or_default();
        format!("it heard {heard}{end}")
    })?;
    Ok(String::new())
}

/// A member by WebSocket that reads until it is in the room, and then no more.
struct Stalled {
    _reader: SocketReader,
    _writer: SocketWriter,
}

impl Stalled {
    /// Joins `room`, in which `speaker` is.
    async fn join(trial: &Trial, room: &str, speaker: &Member<'_>) -> Result<Stalled, Stop> {
        let request = trial.websocket_request(&trial.query("websocket"));
        let (mut reader, writer) = match trial.open(&request).await.0 {
            Opening::Open(reader, writer) => (reader, writer),
            Opening::Refused(response) => return Err(Stop::unknown(response.brief())),
            Opening::Broken(why) => return Err(Stop::unknown(why)),
        };
        let prefix = trial.prefix();
        let connect = format!("40{prefix}{}", trial.target().auth);
        send(&writer, &connect).await?;
        read_until(trial, (&mut reader, &writer), &format!("40{prefix}{{")).await?;
        let dialect = trial.dialect()?;
        let join = dialect.join.template.filled(room, "stalled", "");
        send(&writer, &format!("42{prefix}{join}")).await?;
        let message = format!("42{prefix}[\"{}\"", dialect.receive.event());
        for _ in 0..PROBES_MAX {
            speaker.say(room, "probe for the stalled").await?;
            let heard = read_until(trial, (&mut reader, &writer), &message);
            if let Ok(heard) = tokio::time::timeout(Duration::from_millis(200), heard).await {
                heard?;
                return Ok(Stalled { _reader: reader, _writer: writer });
            }
        }
        Err(Stop::unknown("the member that is to stall hears nothing in the room"))
    }
}

async fn send(writer: &SocketWriter, packet: &str) -> Result<(), Stop> {
    writer.send(&[Frame::text(packet)]).await.map_err(Stop::unknown)
}

/// Reads until a packet begins with `start`, and answers pings meanwhile.
async fn read_until(
    trial: &Trial,
    (reader, writer): (&mut SocketReader, &SocketWriter),
    start: &str,
) -> Result<(), Stop> {
    let reading = async {
        loop {
            match reader.next().await.map_err(Stop::unknown)? {
                Heard::Text(text) if text.starts_with(start) => return Ok(()),
                Heard::Text(text) if text == "2" => send(writer, "3").await?,
                _ => {}
            }
        }
    };
    let read = tokio::time::timeout(trial.patience().answer, reading).await;
    read.unwrap_or_else(|_| Err(Stop::unknown(format!("no packet that begins `{start}`"))))
}
