//! What is written is read back the same, in few bytes; what nobody wrote is refused, not trusted.

use std::time::Duration;

use data_encoding::HEXLOWER;
use expect_test::expect;
use rand::{Rng, RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::bytes::{TEXT_BYTES_MAX, put_text};
use super::*;
use crate::chat::{Message, MessageId, RoomId, UserId};
use crate::history::{Awaited, Departure, Event, EventKind, Session};
use crate::time::Timestamp;

/// Calls `test` with some seeds, or only with that in `CHATBENCH_SEED`.
fn each_seed(test: impl Fn(u64, &mut Xoshiro256PlusPlus)) {
    let chosen = std::env::var("CHATBENCH_SEED").ok();
    let chosen = chosen.map(|seed| seed.parse().expect("CHATBENCH_SEED is a number"));
    for seed in chosen.map_or(0..50, |seed: u64| seed..seed + 1) {
        test(seed, &mut Xoshiro256PlusPlus::seed_from_u64(seed));
    }
}

/// Numbers near and far, and all the way out.
fn number(rng: &mut impl Rng) -> u64 {
    let bits = rng.random_range(0..=64_u32);
    rng.random::<u64>().checked_shr(bits).unwrap_or(0)
}

fn kind(rng: &mut impl Rng) -> EventKind {
    let room = RoomId(number(rng) as u32);
    let after = Duration::from_nanos(number(rng));
    let intended = Timestamp::from_nanos(number(rng));
    let sequence = number(rng) as u32;
    // Few senders of few rooms, so that some are met again.
    let sender = UserId(rng.random_range(0..4));
    let id = MessageId { room: RoomId(room.0 % 3), sender, sequence: sequence % 5 };
    let message = Message { id, intended, text_bytes: number(rng) as u32 };
    let text = || "né \u{1f680}\"\n".repeat(3).into();
    match rng.random_range(0..23) {
        0 => EventKind::Sent { message },
        1 => EventKind::Probed { message },
        2 => EventKind::Unsent { room, intended },
        3 => EventKind::Away { room, intended },
        4 => EventKind::Connected { after, session: Session::New },
        5 => EventKind::Connected { after, session: Session::Recovered },
        6 => EventKind::Connected { after, session: Session::Declined },
        7 => EventKind::ConnectFailed { why: text() },
        8 => EventKind::Disconnected { why: text(), resumable: rng.random() },
        9 => EventKind::Departed { how: Departure::Disconnect },
        10 => EventKind::Departed { how: Departure::Drop { resumable: rng.random() } },
        11 => EventKind::Closed,
        12 => EventKind::Alive,
        13 => EventKind::Joining { room },
        14 => EventKind::Joined { room, after },
        15 => {
            let awaited = match rng.random() {
                true => Awaited::Message,
                false => Awaited::Answer,
            };
            EventKind::JoinUnconfirmed { room, after, awaited }
        }
        16 => EventKind::FirstHeard { room, after },
        17 => EventKind::Resumed { after, deaf: rng.random::<bool>().then_some(after) },
        18 => EventKind::Leaving { room },
        19 => EventKind::Left { room },
        21 => EventKind::Rejoining { room },
        20 => EventKind::Unrecognised { text: text() },
        _ => {
            let intended = Timestamp::from_nanos(u64::from(id.sequence));
            EventKind::Received { id, intended, intact: rng.random() }
        }
    }
}

fn event(rng: &mut impl Rng) -> Event {
    let (at, user) = (Timestamp::from_nanos(number(rng)), UserId(number(rng) as u32));
    Event { at, user, kind: kind(rng) }
}

#[test]
fn whatever_happens_is_read_back_the_same() {
    each_seed(|seed, rng| {
        let events: Vec<Event> = (0..300).map(|_| event(rng)).collect();
        let (mut writer, mut reader, mut out) =
            (EventWriter::default(), EventReader::default(), Vec::new());
        for (number, event) in events.iter().enumerate() {
            writer.event(event, &mut out);
            if number % 50 == 0 {
                writer.mark(KINDS, number % 100 == 0, event.at, &mut out);
            }
        }
        let mut bytes = Bytes::new(&out);
        for (number, wanted) in events.iter().enumerate() {
            let read = reader.event(&mut bytes);
            assert_eq!(read.as_ref(), Ok(wanted), "event {number}, CHATBENCH_SEED={seed}");
            if number % 50 == 0 {
                let mark = reader.mark(&mut bytes);
                assert_eq!(mark, Ok((KINDS, number % 100 == 0, wanted.at)), "mark {number}");
            }
        }
        assert_eq!(bytes.left(), 0);
    });
}

/// What records consist of must never change: old ones could not be judged any more.
#[test]
fn each_kind_of_event_is_coded_as_docs_record_md_says() {
    let (room, after) = (RoomId(7), Duration::from_millis(300));
    let intended = Timestamp::from_nanos(5_000);
    let id = MessageId { room, sender: UserId(2), sequence: 9 };
    let message = Message { id, intended, text_bytes: 96 };
    let why = || "reset".into();
    let kinds = [
        EventKind::Sent { message },
        EventKind::Received { id, intended, intact: true },
        EventKind::Received { id, intended, intact: false },
        EventKind::Probed { message: Message { id: MessageId { sequence: 10, ..id }, ..message } },
        EventKind::Unsent { room, intended },
        EventKind::Away { room, intended },
        EventKind::Connected { after, session: Session::New },
        EventKind::Connected { after, session: Session::Recovered },
        EventKind::Connected { after, session: Session::Declined },
        EventKind::ConnectFailed { why: why() },
        EventKind::Disconnected { why: why(), resumable: false },
        EventKind::Disconnected { why: why(), resumable: true },
        EventKind::Departed { how: Departure::Disconnect },
        EventKind::Departed { how: Departure::Drop { resumable: false } },
        EventKind::Departed { how: Departure::Drop { resumable: true } },
        EventKind::Closed,
        EventKind::Alive,
        EventKind::Joining { room },
        EventKind::Joined { room, after },
        EventKind::JoinUnconfirmed { room, after, awaited: Awaited::Message },
        EventKind::JoinUnconfirmed { room, after, awaited: Awaited::Answer },
        EventKind::FirstHeard { room, after },
        EventKind::Resumed { after, deaf: None },
        EventKind::Resumed { after, deaf: Some(after) },
        EventKind::Leaving { room },
        EventKind::Left { room },
        EventKind::Rejoining { room },
        EventKind::Unrecognised { text: why() },
    ];
    let (mut writer, mut coded) = (EventWriter::default(), String::new());
    for (kind, at) in kinds.into_iter().zip(1..) {
        let event = Event { at: Timestamp::from_nanos(at * 1_000), user: UserId(3), kind };
        let mut bytes = Vec::new();
        writer.event(&event, &mut bytes);
        let kind = format!("{:?}", event.kind);
        let name = kind.split(' ').next().expect("a name comes first");
        coded.push_str(&format!("{name:<16} {}\n", HEXLOWER.encode(&bytes)));
    }
    expect![[r#"
        Sent             01d00f060e0109c03e60
        Received         60d00f005c
        Received         40d00f005c
        Probed           02d00f0000010ad00f60
        Unsent           03d00f000000
        Away             04d00f0000cf0f
        Connected        05d00f0080c6868f0100
        Connected        05d00f0080c6868f0101
        Connected        05d00f0080c6868f0102
        ConnectFailed    06d00f00057265736574
        Disconnected     07d00f00057265736574
        Disconnected     27d00f00057265736574
        Departed         08d00f00
        Departed         09d00f00
        Departed         29d00f00
        Closed           0ad00f00
        Alive            0bd00f00
        Joining          0cd00f0000
        Joined           0dd00f000080c6868f01
        JoinUnconfirmed  2ed00f000080c6868f01
        JoinUnconfirmed  0ed00f000080c6868f01
        FirstHeard       0fd00f000080c6868f01
        Resumed          10d00f0080c6868f01
        Resumed          30d00f0080c6868f0180c6868f01
        Leaving          11d00f0000
        Left             12d00f0000
        Rejoining        14d00f0000
        Unrecognised     13d00f00057265736574
    "#]]
    .assert_eq(&coded);
}

#[test]
fn bytes_that_nobody_wrote_are_refused_or_read_as_something() {
    each_seed(|_, rng| {
        let mut bytes = vec![0; 4096];
        rng.fill_bytes(&mut bytes);
        for from in 0..bytes.len() {
            let (mut left, mut reader) = (Bytes::new(&bytes[from..]), EventReader::default());
            while reader.event(&mut left).is_ok() {}
        }
    });
}

/// A message to a room of ten among 300 users, heard some hundred microseconds later.
#[test]
fn a_delivery_takes_eight_bytes() {
    let (mut writer, mut out) = (EventWriter::default(), Vec::new());
    let mut at = Timestamp::from_nanos(5_000_000_000);
    let (mut heard, mut heard_bytes) = (0, 0);
    for turn in 0..1_000_u32 {
        at = at + Duration::from_micros(4_800);
        let room = turn * 7 % 30;
        let sender = UserId(room * 10 + turn % 10);
        let id = MessageId { room: RoomId(room), sender, sequence: turn / 30 };
        let intended = at - Duration::from_micros(70);
        let message = Message { id, intended, text_bytes: 96 };
        writer.event(&Event { at, user: sender, kind: EventKind::Sent { message } }, &mut out);
        at = at + Duration::from_micros(230);
        for user in (room * 10..room * 10 + 10).filter(|user| *user != sender.0) {
            at = at + Duration::from_micros(12);
            let kind = EventKind::Received { id, intended, intact: true };
            let before = out.len();
            writer.event(&Event { at, user: UserId(user), kind }, &mut out);
            (heard, heard_bytes) = (heard + 1, heard_bytes + out.len() - before);
        }
    }
    let each = heard_bytes as f64 / f64::from(heard);
    assert!(each < 8.0, "{each} bytes for each delivery");
    let all = out.len() as f64 / f64::from(heard);
    assert!(all < 12.0, "{all} bytes for each delivery, with what was sent");
}

#[test]
fn a_text_that_is_too_long_is_cut_between_two_letters() {
    let why: Box<str> = "é".repeat(TEXT_BYTES_MAX).into();
    let mut out = vec![];
    put_text(&format!("a{why}"), &mut out);
    let read = Bytes::new(&out).text().expect("a text");
    assert_eq!((read.len(), &read[..3]), (TEXT_BYTES_MAX - 1, "aé"));
    let mut long = Vec::new();
    put_varint(TEXT_BYTES_MAX as u64 + 1, &mut long);
    assert_eq!(Bytes::new(&long).text(), Err(CodeError::Long(TEXT_BYTES_MAX as u64 + 1)));
}

#[test]
fn a_head_is_read_back_and_no_bit_of_it_can_be_flipped() {
    let head = Head::of(3, 17, b"what happened");
    let bytes = head.to_bytes();
    assert_eq!(Head::from_bytes(&bytes), Some(head));
    assert!(head.fits(b"what happened") && !head.fits(b"what happenee"));
    for bit in 0..Head::BYTES * 8 {
        let mut bytes = bytes;
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(Head::from_bytes(&bytes), None, "bit {bit}");
    }
}
