//! Attachments: headers that announce what does not come, binaries that nobody announced, and
//! many at once (Socket.IO protocol v5, *Format*).

use serde_json::{Value, json};

use super::data::placeholder;
use super::offence::{Proof, Standing, all_close, offend, text};
use crate::conformance::chat::member::{Member, assemble};
use crate::conformance::check::{Check, Level, Need, Pace, Section};
use crate::conformance::finding::{Found, Stop, ensure, fine};
use crate::conformance::peer::{Event, Packet, told};
use crate::conformance::trial::Trial;

const FORMAT: Section = Section::SocketIo("Format");
const ATTACHED: &str =
    "<packet type>[<# of binary attachments>-] […] + binary attachments extracted";

/// Messages of each of two senders; each has an attachment.
const MESSAGES: usize = 200;
/// Messages that one sends before it is the other's turn; of twice as many packets in one body,
/// python-socketio drops those after the 16th.
const TURN: usize = 8;

pub(in crate::conformance) const CHECKS: &[Check] = &[
    Check {
        id: "SIO-BIN-04",
        title: "text where an attachment has to come closes the connection",
        requirement: ATTACHED,
        section: FORMAT,
        level: Level::Should,
        needs: &[],
        pace: Pace::Together,
        wire: "`451-[…]`, then `42[…]` → the end",
        why: "Taken for an attachment, one packet disappears inside another.",
        differs: "python-socketio takes the text for the attachment.",
        run: |trial| Box::pin(closes_upon_text(trial)),
    },
    Check {
        id: "SIO-BIN-05",
        title: "an attachment that nobody announced closes the connection",
        requirement: ATTACHED,
        section: FORMAT,
        level: Level::Should,
        needs: &[],
        pace: Pace::Together,
        wire: "binary 01 02 03 → the end",
        why: "The two sides no longer agree on where packets begin.",
        differs: "python-socketio and netty-socketio ignore it.",
        run: |trial| Box::pin(closes_upon_a_stray_binary(trial)),
    },
    Check {
        id: "SIO-BIN-05b",
        title: "an attachment that nobody announced harms nobody else",
        requirement: "What one client says must not end the server, nor another's connection",
        section: Section::Practice,
        level: Level::Must,
        needs: &[],
        pace: Pace::Alone,
        wire: "binary 01 02 03, three times → others are served on",
        why: "One client must not take the server down.",
        differs: "",
        run: |trial| Box::pin(survives_stray_binaries(trial)),
    },
    Check {
        id: "SIO-BIN-06",
        title: "a header with a number of attachments that is none closes the connection",
        requirement: ATTACHED,
        section: FORMAT,
        level: Level::Should,
        needs: &[],
        pace: Pace::Together,
        wire: "`45[…]`, `45-1-[…]`, `45x-[…]`, `4599999999999-[…]` → the end each",
        why: "Whoever waits for so many attachments keeps what has come in memory.",
        differs: "python-socketio and netty-socketio tolerate them.",
        run: |trial| Box::pin(closes_upon_odd_numbers(trial)),
    },
    Check {
        id: "SIO-BIN-06b",
        title: "a placeholder of an attachment that there is not closes the connection",
        requirement: ATTACHED,
        section: FORMAT,
        level: Level::Should,
        needs: &[],
        pace: Pace::Together,
        wire: "`451-[…{…\"num\":5}]` and a binary; -1, \"0\" and \"splice\" for 5 → the end each",
        why: "Looked up unchecked, it is another client's bytes or a method of the list.",
        differs: "socketioxide, python-socketio and netty-socketio ignore them or guess.",
        run: |trial| Box::pin(closes_upon_odd_placeholders(trial)),
    },
    Check {
        id: "SIO-BIN-06c",
        title: "a placeholder of an attachment that there is not stands for no other",
        requirement: ATTACHED,
        section: FORMAT,
        level: Level::Should,
        needs: &[Need::Echo],
        pace: Pace::Together,
        wire: "as SIO-BIN-06b → no event with an attachment comes back",
        why: "The application would see bytes where the sender put something else.",
        differs: "python-socketio counts -1 from the end; socketioxide takes any for the next.",
        run: |trial| Box::pin(guesses_no_attachment(trial)),
    },
    Check {
        id: "SIO-BIN-06d",
        title: "what becomes of attachments announced as 0, used never, or used twice",
        requirement: ATTACHED,
        section: FORMAT,
        level: Level::Info,
        needs: &[],
        pace: Pace::Together,
        wire: "`450-[…,1]`; `451-[…,1]` and a binary; `452-[…{…0},{…0}]` and two binaries",
        why: "Of these nothing is said; what a server does shows how it counts.",
        differs: "All measured ones take the second and the third for sound.",
        run: |trial| Box::pin(tells_of_odd_counts(trial)),
    },
    Check {
        id: "SIO-BIN-08",
        title: "each attachment follows its own event when two senders speak at once",
        requirement: ATTACHED,
        section: FORMAT,
        level: Level::Must,
        needs: &[Need::Chat, Need::Binary],
        pace: Pace::Together,
        wire: "a and b send 200 messages with an attachment each → c reads 400 sound pairs",
        why: "One packet between the two, and every file after it is another's.",
        differs: "netty-socketio loses them, or turns them into text.",
        run: |trial| Box::pin(keeps_pairs_together(trial)),
    },
];

/// An event's name that is echoed where there is an echo.
fn name(trial: &Trial) -> &str {
    trial.hooks().echo.as_ref().map_or("chatbench", |(event, _)| event)
}

/// A packet with `header` before an event that carries `arguments`, and `binaries` after it.
fn packets(trial: &Trial, header: &str, arguments: &[Value], binaries: usize) -> Vec<Packet> {
    let mut data = vec![json!(name(trial))];
    data.extend_from_slice(arguments);
    let mut packets = text(format!("{header}{}{}", trial.prefix(), Value::Array(data)));
    packets.extend((0..binaries).map(|_| Packet::Binary(vec![1, 2, 3])));
    packets
}

async fn closes_upon_text(trial: &Trial) -> Found {
    let mut offence = packets(trial, "451-", &[placeholder(0)], 0);
    offence.extend(packets(trial, "42", &[json!("text")], 0));
    all_close(trial, Standing::Connected, Proof::Time, &[offence]).await
}

async fn closes_upon_a_stray_binary(trial: &Trial) -> Found {
    let stray = vec![Packet::Binary(vec![1, 2, 3])];
    all_close(trial, Standing::Connected, Proof::Answer, &[stray]).await
}

async fn survives_stray_binaries(trial: &Trial) -> Found {
    const EXPECTED: &str = "other connections are served on";
    let stray: Vec<_> = (0..3).map(|_| vec![Packet::Binary(vec![1, 2, 3])]).collect();
    let aftermaths = offend(trial, Standing::Connected, Proof::Answer, &stray).await?;
    aftermaths.twin.map_err(|missing| {
        Stop::failed(EXPECTED, format!("a connection that did nothing wrong heard {missing}"))
    })?;
    fine()
}

async fn closes_upon_odd_numbers(trial: &Trial) -> Found {
    let headers = ["45", "45-1-", "45x-", "4599999999999-"];
    let offences = headers.map(|header| packets(trial, header, &[json!(1)], 0));
    // What were sent afterwards might be an offence itself, where an attachment is awaited.
    all_close(trial, Standing::Connected, Proof::Time, &offences).await
}

fn odd_placeholders(trial: &Trial) -> Vec<Vec<Packet>> {
    let numbers = [json!(5), json!(-1), json!("0"), json!("splice")];
    let odd = |number: &Value| json!({ "_placeholder": true, "num": number });
    numbers.iter().map(|number| packets(trial, "451-", &[odd(number)], 1)).collect()
}

async fn closes_upon_odd_placeholders(trial: &Trial) -> Found {
    all_close(trial, Standing::Connected, Proof::Answer, &odd_placeholders(trial)).await
}

async fn guesses_no_attachment(trial: &Trial) -> Found {
    const EXPECTED: &str = "no event with an attachment comes back";
    let offences = odd_placeholders(trial);
    let aftermaths = offend(trial, Standing::Connected, Proof::Answer, &offences).await?;
    aftermaths.sound()?;
    let mut guesses = Vec::new();
    for (offence, aftermath) in offences.iter().zip(&aftermaths.each) {
        let has_attachment = |packet: &Packet| matches!(packet, Packet::Binary(_));
        if aftermath.heard.iter().any(has_attachment) {
            guesses.push(format!("{} after {}", aftermath.words(), told(offence.iter())));
        }
    }
    ensure(guesses.is_empty(), EXPECTED, || guesses.join("; "))?;
    fine()
}

async fn tells_of_odd_counts(trial: &Trial) -> Found {
    let twice = [placeholder(0), placeholder(0)];
    let offences = [
        ("announced as 0", packets(trial, "450-", &[json!(1)], 0)),
        ("never used", packets(trial, "451-", &[json!(1)], 1)),
        ("used twice", packets(trial, "452-", &twice, 2)),
    ];
    super::offence::told_of_each(trial, Standing::Connected, &offences).await
}

async fn keeps_pairs_together(trial: &Trial) -> Found {
    let room = trial.room("room");
    let mut members = assemble(trial, &room, &[trial.via(); 3]).await?;
    let prefix = trial.prefix();
    for first in (0..MESSAGES).step_by(TURN) {
        for sender in &members[..2] {
            let messages: Option<Vec<_>> = (first..first + TURN)
                .map(|number| message(&prefix, sender, &room, number))
                .collect();
            let messages = messages.ok_or_else(|| {
                Stop::NotApplicable("messages of this dialect carry texts inside of texts".into())
            })?;
            sender.peer.send_all(&messages.concat()).await?;
        }
    }
    hear_pairs(trial, &mut members[2]).await
}

/// The packets that say message `number` of `sender`: its name, and an attachment made of that.
fn message(prefix: &str, sender: &Member<'_>, room: &str, number: usize) -> Option<Vec<Packet>> {
    let name = format!("{}-{number}", sender.author);
    let value = json!({ "of": name, "is": placeholder(0) }).to_string();
    let header = sender.message(room, "chatbench-place");
    let (before, after) = header.split_once("\"chatbench-place\"")?;
    let header = format!("451-{prefix}{before}{value}{after}");
    Some(vec![Packet::Text(header), Packet::Binary(attachment_of(&name))])
}

/// Bytes that only the message called `name` has, of a length of its own.
fn attachment_of(name: &str) -> Vec<u8> {
    let length = 1 + name.bytes().map(usize::from).sum::<usize>() * 7 % 400;
    name.bytes().cycle().take(name.len() + length).collect()
}

async fn hear_pairs(trial: &Trial, hearer: &mut Member<'_>) -> Found {
    const EXPECTED: &str = "400 events, each with its own attachment right behind it";
    let (clock, patience) = (trial.clock(), trial.patience().answer);
    let receive = trial.dialect()?.receive.event();
    let (mut heard, mut until) = (0, clock.now() + patience);
    while heard < 2 * MESSAGES {
        let next = hearer.peer.next(until.since(clock.now())).await;
        let (_, packet) = next.map_err(|missing| {
            Stop::failed(EXPECTED, format!("{missing} after {heard} of them"))
        })?;
        let event = Event::read(&packet);
        let is_another = |it: &Event| it.attachments == 0 && it.name() != Some(receive);
        if event.as_ref().is_some_and(is_another) {
            // What else the server tells its members is not in question.
            continue;
        }
        let Some(name) = event.and_then(|event| name_in(&event)) else {
            let observed = format!("after {heard} of them, {}", told([packet].iter()));
            return Err(Stop::failed(EXPECTED, observed));
        };
        let next = hearer.peer.next(trial.patience().answer).await;
        let (_, attachment) = next.map_err(|missing| {
            Stop::failed(EXPECTED, format!("{missing} behind the event of {name}"))
        })?;
        let is_own = attachment == Packet::Binary(attachment_of(&name));
        ensure(is_own, EXPECTED, || {
            format!("behind the event of {name}, {}", told([attachment.clone()].iter()))
        })?;
        heard += 1;
        until = clock.now() + patience;
    }
    fine()
}

/// The name of the message in `event`, which has one attachment.
fn name_in(event: &Event) -> Option<String> {
    if event.attachments != 1 {
        return None;
    }
    event.data.iter().find_map(name_within)
}

fn name_within(value: &Value) -> Option<String> {
    match value {
        Value::Object(entries) => match entries.get("of").and_then(Value::as_str) {
            Some(name) => Some(name.to_owned()),
            None => entries.values().find_map(name_within),
        },
        Value::Array(values) => values.iter().find_map(name_within),
        _ => None,
    }
}
