//! Event: what happened, coded as its distance from what happened before it on the same shard.

use std::time::Duration;

use super::bytes::{Bytes, CodeError, put_signed, put_text, put_varint};
use crate::chat::{Message, MessageId, RoomId, UserId};
use crate::history::{Awaited, Departure, Event, EventKind, Session};
use crate::time::Timestamp;

/// Numbers below this are kinds of events; those from here to 31 are free for whatever else a
/// shard's stream consists of.
pub const KINDS: u8 = 24;
/// The bits of a first byte that say what follows.
const KIND_BITS: u8 = 0x1f;
/// What the kind says of it is so: intact, resumable, there is more.
const YES: u8 = 0x20;
/// The message stands in the table of those met last.
const NEAR: u8 = 0x40;

const RECEIVED: u8 = 0;
const SENT: u8 = 1;
const PROBED: u8 = 2;
const UNSENT: u8 = 3;
const AWAY: u8 = 4;
const CONNECTED: u8 = 5;
const CONNECT_FAILED: u8 = 6;
const DISCONNECTED: u8 = 7;
const DEPARTED: u8 = 8;
const DROPPED: u8 = 9;
const CLOSED: u8 = 10;
const ALIVE: u8 = 11;
const JOINING: u8 = 12;
const JOINED: u8 = 13;
const JOIN_UNCONFIRMED: u8 = 14;
const FIRST_HEARD: u8 = 15;
const RESUMED: u8 = 16;
const LEAVING: u8 = 17;
const LEFT: u8 = 18;
const UNRECOGNISED: u8 = 19;
const REJOINING: u8 = 20;

/// Messages met last that are told by the number of their place: one byte of it.
const PLACES: usize = 1 << 8;

/// A message, as far as a receiver tells of it.
type Heard = (MessageId, Timestamp);

/// What both sides know of a shard's events so far.
#[derive(Debug)]
struct Before {
    at: Timestamp,
    user: UserId,
    room: RoomId,
    /// Each message has one place; the last that came to it is in it.
    near: Box<[Heard; PLACES]>,
}

impl Default for Before {
    fn default() -> Before {
        let nobody = MessageId { room: RoomId(0), sender: UserId(0), sequence: u32::MAX };
        let near = Box::new([(nobody, Timestamp::NEVER); PLACES]);
        Before { at: Timestamp::ZERO, user: UserId(0), room: RoomId(0), near }
    }
}

/// The place of a message: its sender's messages stand one after the other.
fn place(id: MessageId) -> usize {
    let key = id.room.0.wrapping_mul(0x9e37_79b9) ^ id.sender.0.wrapping_mul(0x85eb_ca6b);
    ((key >> 16).wrapping_add(id.sequence)) as usize % PLACES
}

fn distance(from: u32, to: u32) -> i64 {
    i64::from(to) - i64::from(from)
}

/// Wraps, so that any two times have a distance.
fn time_between(from: Timestamp, to: Timestamp) -> i64 {
    to.as_nanos().wrapping_sub(from.as_nanos()) as i64
}

fn put_duration(duration: Duration, out: &mut Vec<u8>) {
    put_varint(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX), out);
}

fn flag(is: bool) -> u8 {
    if is { YES } else { 0 }
}

/// Writes the events of one shard.
#[derive(Debug, Default)]
pub struct EventWriter(Before);

impl EventWriter {
    /// Appends `event` to `out`.
    pub fn event(&mut self, event: &Event, out: &mut Vec<u8>) {
        let Event { at, user, kind } = event;
        let mut head = |first: u8, out: &mut Vec<u8>| self.head(first, *at, *user, out);
        match kind {
            EventKind::Received { id, intended, intact } => {
                self.received(event, (*id, *intended), *intact, out);
            }
            EventKind::Sent { message } => self.sent(SENT, event, message, out),
            EventKind::Probed { message } => self.sent(PROBED, event, message, out),
            EventKind::Unsent { room, intended } => self.due(UNSENT, event, *room, *intended, out),
            EventKind::Away { room, intended } => self.due(AWAY, event, *room, *intended, out),
            EventKind::Connected { after, session } => {
                head(CONNECTED, out);
                put_duration(*after, out);
                out.push(*session as u8);
            }
            EventKind::ConnectFailed { why } => {
                head(CONNECT_FAILED, out);
                put_text(why, out);
            }
            EventKind::Disconnected { why, resumable } => {
                head(DISCONNECTED | flag(*resumable), out);
                put_text(why, out);
            }
            EventKind::Departed { how: Departure::Disconnect } => head(DEPARTED, out),
            EventKind::Departed { how: Departure::Drop { resumable } } => {
                head(DROPPED | flag(*resumable), out);
            }
            EventKind::Closed => head(CLOSED, out),
            EventKind::Alive => head(ALIVE, out),
            EventKind::Joining { room } => self.in_room(JOINING, event, *room, out),
            EventKind::Rejoining { room } => self.in_room(REJOINING, event, *room, out),
            EventKind::Leaving { room } => self.in_room(LEAVING, event, *room, out),
            EventKind::Left { room } => self.in_room(LEFT, event, *room, out),
            EventKind::Joined { room, after } => self.lasting(JOINED, event, (*room, *after), out),
            EventKind::JoinUnconfirmed { room, after, awaited } => {
                let first = JOIN_UNCONFIRMED | flag(*awaited == Awaited::Message);
                self.lasting(first, event, (*room, *after), out);
            }
            EventKind::FirstHeard { room, after } => {
                self.lasting(FIRST_HEARD, event, (*room, *after), out);
            }
            EventKind::Resumed { after, deaf } => {
                head(RESUMED | flag(deaf.is_some()), out);
                put_duration(*after, out);
                deaf.iter().for_each(|deaf| put_duration(*deaf, out));
            }
            EventKind::Unrecognised { text } => {
                head(UNRECOGNISED, out);
                put_text(text, out);
            }
        }
    }

    /// Appends something else that belongs among the events, at a moment: its number, which is no
    /// kind of event, and whether what it says is so.
    pub fn mark(&mut self, number: u8, is: bool, at: Timestamp, out: &mut Vec<u8>) {
        assert!((KINDS..=KIND_BITS).contains(&number), "{number} is not free");
        out.push(number | flag(is));
        self.moment(at, out);
    }

    fn moment(&mut self, at: Timestamp, out: &mut Vec<u8>) {
        put_signed(time_between(self.0.at, at), out);
        self.0.at = at;
    }

    fn head(&mut self, first: u8, at: Timestamp, user: UserId, out: &mut Vec<u8>) {
        out.push(first);
        self.moment(at, out);
        put_signed(distance(self.0.user.0, user.0), out);
        self.0.user = user;
    }

    fn room(&mut self, room: RoomId, out: &mut Vec<u8>) {
        put_signed(distance(self.0.room.0, room.0), out);
        self.0.room = room;
    }

    fn in_room(&mut self, first: u8, event: &Event, room: RoomId, out: &mut Vec<u8>) {
        self.head(first, event.at, event.user, out);
        self.room(room, out);
    }

    fn lasting(
        &mut self,
        first: u8,
        event: &Event,
        (room, after): (RoomId, Duration),
        out: &mut Vec<u8>,
    ) {
        self.in_room(first, event, room, out);
        put_duration(after, out);
    }

    fn due(&mut self, first: u8, event: &Event, room: RoomId, due: Timestamp, out: &mut Vec<u8>) {
        self.in_room(first, event, room, out);
        put_signed(time_between(event.at, due), out);
    }

    fn sent(&mut self, first: u8, event: &Event, message: &Message, out: &mut Vec<u8>) {
        self.head(first, event.at, event.user, out);
        self.message(message.id, message.intended, out);
        put_varint(message.text_bytes.into(), out);
    }

    fn received(&mut self, event: &Event, heard: Heard, intact: bool, out: &mut Vec<u8>) {
        let place = place(heard.0);
        let first = RECEIVED | flag(intact);
        if self.0.near[place] == heard {
            self.head(first | NEAR, event.at, event.user, out);
            out.push(place as u8);
        } else {
            self.head(first, event.at, event.user, out);
            self.message(heard.0, heard.1, out);
        }
    }

    fn message(&mut self, id: MessageId, intended: Timestamp, out: &mut Vec<u8>) {
        self.room(id.room, out);
        put_signed(distance(self.0.user.0, id.sender.0), out);
        put_varint(id.sequence.into(), out);
        put_signed(time_between(self.0.at, intended), out);
        self.0.near[place(id)] = (id, intended);
    }
}

/// Reads the events of one shard.
#[derive(Debug, Default)]
pub struct EventReader(Before);

impl EventReader {
    /// The next event, which `bytes` begin with.
    ///
    /// # Errors
    /// When they do not begin with one. What is read after that has no meaning.
    pub fn event(&mut self, bytes: &mut Bytes<'_>) -> Result<Event, CodeError> {
        let first = bytes.byte()?;
        if first & KIND_BITS >= KINDS {
            return Err(CodeError::Kind(first));
        }
        let at = self.moment(bytes)?;
        self.0.user = UserId(moved(self.0.user.0, bytes)?);
        let user = self.0.user;
        Ok(Event { at, user, kind: self.kind(first, bytes)? })
    }

    /// What [`EventWriter::mark`] appended.
    ///
    /// # Errors
    /// When there is no such thing.
    pub fn mark(&mut self, bytes: &mut Bytes<'_>) -> Result<(u8, bool, Timestamp), CodeError> {
        let first = bytes.byte()?;
        let (number, is) = (first & KIND_BITS, first & YES != 0);
        if number < KINDS || first & NEAR != 0 {
            return Err(CodeError::Kind(first));
        }
        Ok((number, is, self.moment(bytes)?))
    }

    fn kind(&mut self, first: u8, bytes: &mut Bytes<'_>) -> Result<EventKind, CodeError> {
        let yes = first & YES != 0;
        Ok(match first & KIND_BITS {
            RECEIVED => {
                let (id, intended) = self.heard(first & NEAR != 0, bytes)?;
                EventKind::Received { id, intended, intact: yes }
            }
            SENT => EventKind::Sent { message: self.whole_message(bytes)? },
            PROBED => EventKind::Probed { message: self.whole_message(bytes)? },
            UNSENT => EventKind::Unsent { room: self.room(bytes)?, intended: self.due(bytes)? },
            AWAY => EventKind::Away { room: self.room(bytes)?, intended: self.due(bytes)? },
            CONNECTED => EventKind::Connected { after: duration(bytes)?, session: session(bytes)? },
            CONNECT_FAILED => EventKind::ConnectFailed { why: bytes.text()?.into() },
            DISCONNECTED => EventKind::Disconnected { why: bytes.text()?.into(), resumable: yes },
            DEPARTED => EventKind::Departed { how: Departure::Disconnect },
            DROPPED => EventKind::Departed { how: Departure::Drop { resumable: yes } },
            CLOSED => EventKind::Closed,
            ALIVE => EventKind::Alive,
            JOINING => EventKind::Joining { room: self.room(bytes)? },
            REJOINING => EventKind::Rejoining { room: self.room(bytes)? },
            LEAVING => EventKind::Leaving { room: self.room(bytes)? },
            LEFT => EventKind::Left { room: self.room(bytes)? },
            JOINED => EventKind::Joined { room: self.room(bytes)?, after: duration(bytes)? },
            JOIN_UNCONFIRMED => {
                let (room, after) = (self.room(bytes)?, duration(bytes)?);
                let awaited = match yes {
                    true => Awaited::Message,
                    false => Awaited::Answer,
                };
                EventKind::JoinUnconfirmed { room, after, awaited }
            }
            FIRST_HEARD => {
                EventKind::FirstHeard { room: self.room(bytes)?, after: duration(bytes)? }
            }
            RESUMED => {
                let after = duration(bytes)?;
                let deaf = if yes { Some(duration(bytes)?) } else { None };
                EventKind::Resumed { after, deaf }
            }
            UNRECOGNISED => EventKind::Unrecognised { text: bytes.text()?.into() },
            other => return Err(CodeError::Kind(other)),
        })
    }

    fn moment(&mut self, bytes: &mut Bytes<'_>) -> Result<Timestamp, CodeError> {
        self.0.at = time_from(self.0.at, bytes.signed()?);
        Ok(self.0.at)
    }

    fn room(&mut self, bytes: &mut Bytes<'_>) -> Result<RoomId, CodeError> {
        self.0.room = RoomId(moved(self.0.room.0, bytes)?);
        Ok(self.0.room)
    }

    fn due(&self, bytes: &mut Bytes<'_>) -> Result<Timestamp, CodeError> {
        Ok(time_from(self.0.at, bytes.signed()?))
    }

    fn whole_message(&mut self, bytes: &mut Bytes<'_>) -> Result<Message, CodeError> {
        let (id, intended) = self.message(bytes)?;
        Ok(Message { id, intended, text_bytes: bytes.narrow()? })
    }

    fn heard(&mut self, near: bool, bytes: &mut Bytes<'_>) -> Result<Heard, CodeError> {
        if near { Ok(self.0.near[bytes.byte()? as usize]) } else { self.message(bytes) }
    }

    fn message(&mut self, bytes: &mut Bytes<'_>) -> Result<Heard, CodeError> {
        let room = self.room(bytes)?;
        let sender = UserId(moved(self.0.user.0, bytes)?);
        let id = MessageId { room, sender, sequence: bytes.narrow()? };
        let intended = self.due(bytes)?;
        self.0.near[place(id)] = (id, intended);
        Ok((id, intended))
    }
}

/// The number that stands at the next distance from `from`.
fn moved(from: u32, bytes: &mut Bytes<'_>) -> Result<u32, CodeError> {
    let to = i64::from(from).checked_add(bytes.signed()?).ok_or(CodeError::Range)?;
    to.try_into().map_err(|_| CodeError::Range)
}

fn time_from(from: Timestamp, distance: i64) -> Timestamp {
    Timestamp::from_nanos(from.as_nanos().wrapping_add(distance as u64))
}

fn duration(bytes: &mut Bytes<'_>) -> Result<Duration, CodeError> {
    bytes.varint().map(Duration::from_nanos)
}

fn session(bytes: &mut Bytes<'_>) -> Result<Session, CodeError> {
    const ALL: [Session; 3] = [Session::New, Session::Recovered, Session::Declined];
    let number = bytes.byte()?;
    ALL.into_iter().find(|session| *session as u8 == number).ok_or(CodeError::Range)
}
