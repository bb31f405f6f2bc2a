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
    let time_max = time_max(control);
    let heard = stream(trial, &room, (&mut members, MESSAGES, &filling), time_max).await;
    drop(stalled);
    heard.said.map_err(|stop| Stop::failed("whoever speaks may go on", stop.why()))?;
    verdict(heard.took.ok_or_else(|| heard.numbers.told_missing(&members[1])), control)
}

/// For how long it is listened with one that stalls, where all was heard within `control` without.
fn time_max(control: Duration) -> Duration {
    TIME_MAX.max(control * SLOWER_MAX)
}

/// What it means that all was heard within `took` with one that stalls, or what was not heard at
/// all, where it took `control` without.
fn verdict(took: Result<Duration, String>, control: Duration) -> Found {
    const EXPECTED: &str = "the member that reads hears all 200 within 5 s";
    let told = |time: Duration| {
        humantime::format_duration(Duration::from_millis(time.as_millis() as u64)).to_string()
    };
    let without = format!("without one that stalls it took {}", told(control));
    match took {
        Ok(took) if took <= TIME_MAX => fine(),
        Ok(took) if control * SLOWER_MAX > TIME_MAX => {
            Err(Stop::unknown(format!("it took {}, and {without} already", told(took))))
        }
        Ok(took) => Err(Stop::failed(EXPECTED, format!("it took {}; {without}", told(took)))),
        Err(missing) => {
            let within = told(time_max(control));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_slow_already_cannot_tell_and_who_is_not_has_five_seconds() {
        let millis = |millis| Duration::from_millis(millis);
        for (took, control, wanted) in [
            (Ok(1_100), 1_000, "pass"),
            (Ok(5_000), 4_900, "pass"),
            (Ok(5_001), 1_600, "fail"),
            (Ok(5_001), 1_700, "unknown"),
            (Ok(11_900), 4_000, "unknown"),
            (Err("1 of 200 did not come: 7"), 1_000, "fail"),
            (Err("1 of 200 did not come: 7"), 4_000, "fail"),
        ] {
            let found = verdict(took.map(millis).map_err(str::to_owned), millis(control));
            let is = match &found {
                Ok(_) => "pass",
                Err(Stop::Failed(_)) => "fail",
                Err(_) => "unknown",
            };
            assert_eq!(is, wanted, "{took:?}, and {control} ms without: {found:?}");
        }
        assert_eq!([1_000, 4_000].map(|it| time_max(millis(it))), [5_000, 12_000].map(millis));
    }
}
