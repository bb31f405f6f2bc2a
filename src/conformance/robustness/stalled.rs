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
/// Messages that are said one by one beforehand, and how much longer they may take with one that
/// stalls; it is not waited for longer than that.
const CONTROLS: u32 = 20;
const SLOWER_MAX: u32 = 3;
const STREAM_TIME_MAX: Duration = Duration::from_secs(40);
const BETWEEN_MESSAGES: Duration = Duration::from_millis(5);
const PROBES_MAX: usize = 20;

pub(super) async fn keeps_nobody_waiting(trial: &Trial) -> Found {
    let room = trial.room("room");
    let mut members = assemble(trial, &room, &[Via::WebSocket, Via::WebSocket]).await?;
    // A machine that has too much to do needs longer: how much is seen beforehand.
    let took = time_of_one(trial, &room, &mut members).await? * MESSAGES as u32;
    let stalled = Stalled::join(trial, &room, &members[0]).await?;
    members[1].settle().await?;
    members[1].listen().await;
    let time_max = TIME_MAX.max(took * SLOWER_MAX).min(STREAM_TIME_MAX);
    let heard = stream(trial, &room, &mut members, time_max).await?;
    drop(stalled);
    ensure(heard == MESSAGES, "the member that reads hears all 200 as without one", || {
        let end = members[1].peer.ended().map(|end| format!(", then {end}")).unwrap_or_default();
        let [time_max, took] =
            [time_max, took].map(|it| Duration::from_millis(it.as_millis() as u64));
        let [time_max, took] = [time_max, took].map(humantime::format_duration);
        format!("it heard {heard} within {time_max}{end}; without one it took {took}")
    })?;
    Ok(String::new())
}

/// How long one long message takes to the second of `members`, where nobody stalls.
async fn time_of_one(
    trial: &Trial,
    room: &str,
    members: &mut [Member<'_>],
) -> Result<Duration, Stop> {
    let text = format!("{} {}", trial.text("beforehand"), filling(trial));
    let began = trial.clock().now();
    for _ in 0..CONTROLS {
        members[0].say(room, &text).await?;
        let heard = members[1].hear_text(&text, "").await;
        heard.map_err(|_| Stop::unknown("a long message is not heard even without one"))?;
    }
    Ok(trial.clock().now().since(began) / CONTROLS)
}

/// What makes a message long.
fn filling(trial: &Trial) -> String {
    let bytes_max = trial.survey().payload_bytes_max.unwrap_or(MESSAGE_BYTES as u64 + 1_000);
    "s".repeat(MESSAGE_BYTES.min((bytes_max as usize).saturating_sub(1_000)))
}

/// How many of the long messages that the first of `members` says the second hears within that
/// time.
async fn stream(
    trial: &Trial,
    room: &str,
    members: &mut [Member<'_>],
    time_max: Duration,
) -> Result<usize, Stop> {
    let filling = filling(trial);
    let until = trial.clock().now() + time_max;
    let [speaker, listener] = members else {
        return Err(Stop::unknown("there are not two members"));
    };
    // Both at once: a server may stop reading a sender while its receivers are slow.
    let say_all = async {
        for number in 0..MESSAGES {
            speaker.say(room, &format!("{number:03} {filling}")).await?;
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
    let saying = tokio::time::timeout(time_max, say_all);
    let (said, heard) = tokio::join!(saying, hear_all);
    if let Ok(said) = said {
        said?;
    }
    Ok(heard)
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
        let join = format!("42{prefix}{join}");
        send(&writer, &join).await?;
        let message = format!("42{prefix}[\"{}\"", dialect.receive.event());
        for probes in 0..PROBES_MAX {
            if probes == PROBES_MAX / 2 {
                // What comes right behind CONNECT may be lost.
                send(&writer, &join).await?;
            }
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
