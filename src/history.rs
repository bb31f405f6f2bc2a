//! History: what happened, event by event, in the order in which it happened on its shard.

pub mod record;

use std::time::Duration;

use crate::chat::{Message, MessageId, RoomId, UserId};
use crate::time::Timestamp;

/// Something that happened to a user, and when.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// When it happened, on the run's one clock.
    pub at: Timestamp,
    /// To whom.
    pub user: UserId,
    /// What.
    pub kind: EventKind,
}

/// What can happen to a user.
#[derive(Clone, Debug, PartialEq)]
pub enum EventKind {
    /// The user stands in its namespace, `after` it began to connect.
    Connected {
        /// From the first step of this attempt to the namespace's CONNECT.
        after: Duration,
        /// What it is to the server.
        session: Session,
    },
    /// An attempt to connect came to nothing; the user will try again.
    ConnectFailed {
        /// What went wrong, for a person to read.
        why: Box<str>,
    },
    /// The connection was lost, and nobody here wanted that; the user reconnects.
    Disconnected {
        /// What ended it, for a person to read.
        why: Box<str>,
        /// Whether the server may take up the session where it was lost.
        resumable: bool,
    },
    /// The user ended its connection on purpose, and comes back later.
    Departed {
        /// How it went.
        how: Departure,
    },
    /// The user left on purpose: the run is over.
    Closed,
    /// The server showed that the connection stands, by something that is no event.
    Alive,
    /// The join of a room is on its way to the server.
    Joining {
        /// The room.
        room: RoomId,
    },
    /// The user asks once more to be let into a room that it is in: that should change nothing.
    Rejoining {
        /// The room.
        room: RoomId,
    },
    /// There is evidence that the server has the user in the room.
    Joined {
        /// The room.
        room: RoomId,
        /// From the join to its evidence.
        after: Duration,
    },
    /// There was no evidence of it in time.
    JoinUnconfirmed {
        /// The room.
        room: RoomId,
        /// How long it was waited for.
        after: Duration,
        /// What would have been the evidence.
        awaited: Awaited,
    },
    /// The user hears something in the room for the first time since it joined.
    FirstHeard {
        /// The room.
        room: RoomId,
        /// From the join.
        after: Duration,
    },
    /// The user hears something for the first time since it was without a connection.
    Resumed {
        /// From the moment it wanted to be back: its first attempt to reconnect was due.
        after: Duration,
        /// From the loss of its connection, if nobody here wanted that.
        deaf: Option<Duration>,
    },
    /// The user tells the server that it leaves the room.
    Leaving {
        /// The room.
        room: RoomId,
    },
    /// The server has had its time to take the user out of the room.
    Left {
        /// The room.
        room: RoomId,
    },
    /// The user handed a message of the load to its connection.
    Sent {
        /// The message, with the time at which it was due.
        message: Message,
    },
    /// The user handed a message to its connection that is no part of the load: it is there for
    /// somebody who is joining to hear it.
    Probed {
        /// The message, due when it was sent.
        message: Message,
    },
    /// A message was due, and its user had no connection to send it on.
    Unsent {
        /// The room it was meant for.
        room: RoomId,
        /// When it was due.
        intended: Timestamp,
    },
    /// A message was due, and its user was away on purpose.
    Away {
        /// The room it was meant for.
        room: RoomId,
        /// When it was due.
        intended: Timestamp,
    },
    /// The user heard a message of this run.
    Received {
        /// Which message.
        id: MessageId,
        /// When that message was due to be sent.
        intended: Timestamp,
        /// Whether it is, to the letter or to the value, what its sender said.
        intact: bool,
    },
    /// The user heard something on the chat's event that is no readable message of this run.
    Unrecognised {
        /// The text it carries where a text should stand, or else the whole of it, cut short.
        text: Box<str>,
    },
}

/// What a new connection is to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Session {
    /// Somebody new, who is in no room.
    New,
    /// The one who was there before, still in its rooms (connection state recovery).
    Recovered,
    /// Somebody new, although it asked to be taken for the one who was there before.
    Declined,
}

/// What is waited for to see that a join had its effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Awaited {
    /// An acknowledgement, or the confirming event.
    Answer,
    /// A message that somebody says in the room.
    Message,
}

/// How a user ends its connection on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Departure {
    /// It leaves the namespace by a closing packet.
    Disconnect,
    /// The connection is cut without a word.
    Drop {
        /// Whether the server may take up the session where it was lost.
        resumable: bool,
    },
}

/// Learns of events a batch at a time.
pub trait Listener {
    /// The next events of one shard, oldest first.
    fn observe(&mut self, events: &[Event]);

    /// Time has passed, whether or not anything happened.
    fn tick(&mut self, now: Timestamp);

    /// How many messages somebody still has to hear.
    fn unsettled(&self) -> usize;
}

/// The events of one shard, kept only until its listener has had them.
pub struct History {
    events: Vec<Event>,
    listener: Box<dyn Listener>,
}

impl History {
    /// Events held back at most before the listener gets them.
    pub const EVENTS_MAX: usize = 64;

    /// An empty history that `listener` follows.
    pub fn new(listener: Box<dyn Listener>) -> History {
        History { events: Vec::with_capacity(History::EVENTS_MAX), listener }
    }

    /// Appends an event.
    pub fn push(&mut self, event: Event) {
        self.events.push(event);
        if self.events.len() == History::EVENTS_MAX {
            self.flush();
        }
    }

    /// Hands over what has been held back.
    pub fn flush(&mut self) {
        self.listener.observe(&self.events);
        self.events.clear();
    }

    /// Hands over what has been held back, and says what time it is.
    pub fn tick(&mut self, now: Timestamp) {
        self.flush();
        self.listener.tick(now);
    }

    /// How many messages somebody still has to hear, as of now.
    pub fn unsettled(&mut self) -> usize {
        self.flush();
        self.listener.unsettled()
    }
}
