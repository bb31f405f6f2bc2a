//! Stalled: a member that does not read what it is sent.

use std::time::Duration;

use crate::conformance::chat::member::{Member, assemble};
use crate::conformance::chat::numbered::{Numbers, text};
use crate::conformance::chat::stalled::{Stalled, is_much};
use crate::conformance::finding::{Found, Stop, fine};
use crate::conformance::peer::Via;
use crate::conformance::trial::Trial;

const MESSAGES: usize = 200;
const MESSAGE_BYTES: usize = 50_000;
/// Whoever reads keeps up with that, and answers the pings in between.
const BETWEEN_MESSAGES: Duration = Duration::from_millis(5);
/// Within this time they are heard.
const TIME_MAX: Duration = Duration::from_secs(5);
/// A machine that takes so long for the same where everybody reads cannot tell.
const CONTROL_TIME_MAX: Duration = Duration::from_secs(12);
/// So many times as long cannot come from the machine.
const SLOWER_MAX: u32 = 3;

pub(super) async fn keeps_nobody_waiting(trial: &Trial) -> Found {
    let filling = filling(trial);
    is_much(MESSAGES, filling.len())?;
    let room = trial.room("room");
    let mut members = assemble(trial, &room, &[Via::WebSocket; 3]).await?;
    let control = stream(trial, &room, (&mut members, 0, &filling), CONTROL_TIME_MAX).await;
    control.said?;
    let Some(control) = control.took else {
        let why = format!("where everybody reads, {}", control.numbers.told_missing(&members[1]));
        return Err(Stop::unknown(why));
    };
    if let Some(reader) = members.pop() {
        reader.peer.cut().await;
    }
    let stalled = Stalled::join(trial, &room, &members[0]).await?;
    members[1].settle().await?;
    members[1].listen().await;
    let time_max = TIME_MAX.max(control * SLOWER_MAX);
    let heard = stream(trial, &room, (&mut members, MESSAGES, &filling), time_max).await;
    drop(stalled);
    verdict(&heard, &members[1], control, time_max)
}

/// What it means that `listener` heard that much with one that stalls, where it had heard all of as
/// much within `control` without one.
fn verdict(
    heard: &Streamed,
    listener: &Member<'_>,
    control: Duration,
    time_max: Duration,
) -> Found {
    const EXPECTED: &str = "the member that reads hears all 200 within 5 s";
    if let Err(stop) = &heard.said {
        return Err(Stop::failed("whoever speaks may go on", stop.why()));
    }
    let told = |time: Duration| {
        humantime::format_duration(Duration::from_millis(time.as_millis() as u64)).to_string()
    };
    let without = format!("without one that stalls it took {}", told(control));
    match heard.took {
        Some(took) if took <= TIME_MAX => fine(),
        Some(took) if control * SLOWER_MAX > TIME_MAX => {
            Err(Stop::unknown(format!("it took {}, and {without} already", told(took))))
        }
        Some(took) => Err(Stop::failed(EXPECTED, format!("it took {}; {without}", told(took)))),
        None => {
            let missing = heard.numbers.told_missing(listener);
            let within = told(time_max);
            Err(Stop::failed(EXPECTED, format!("within {within} {missing}; {without}")))
        }
    }
}

/// What makes a message long.
fn filling(trial: &Trial) -> String {
    let bytes_max = trial.survey().payload_bytes_max.unwrap_or(MESSAGE_BYTES as u64 + 1_000);
    "s".repeat(MESSAGE_BYTES.min((bytes_max as usize).saturating_sub(1_000)))
}

/// What became of long messages.
struct Streamed {
    /// Whether the first member could say all that it was given time for.
    said: Result<(), Stop>,
    /// Which of them the second heard.
    numbers: Numbers,
    /// How long it was until it had heard all, if it did.
    took: Option<Duration>,
}

/// The first of `members` says long messages, whose numbers begin with the one given, and the
/// second hears them within that time.
async fn stream(
    trial: &Trial,
    room: &str,
    (members, first, filling): (&mut [Member<'_>], usize, &str),
    time_max: Duration,
) -> Streamed {
    let clock = trial.clock();
    let began = clock.now();
    let until = began + time_max;
    let (speakers, listeners) = members.split_at_mut(1);
    let (speaker, listener) = (&speakers[0], &mut listeners[0]);
    let range = first..first + MESSAGES;
    // Both at once: a server may stop reading a sender while its receivers are slow.
    let say_all = async {
        for number in range.clone() {
            speaker.say(room, &format!("{} {filling}", text(trial, number))).await?;
            trial.pause(BETWEEN_MESSAGES).await;
        }
        Ok::<(), Stop>(())
    };
    let mut numbers = Numbers::of(range.clone());
    let hear_all = async {
        while !numbers.are_all() && clock.now() < until {
            let Ok((_, packet)) = listener.peer.next(until.since(clock.now())).await else { break };
            if let Some(message) = listener.read(&packet) {
                numbers.take(trial, &message);
            }
        }
        numbers.are_all().then(|| clock.now().since(began))
    };
    // What is not said by then is not heard either.
    let saying = tokio::time::timeout(time_max, say_all);
    let (said, took) = tokio::join!(saying, hear_all);
    Streamed { said: said.unwrap_or(Ok(())), numbers, took }
}
