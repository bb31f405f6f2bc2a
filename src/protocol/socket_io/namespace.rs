//! Namespace: where a session stands in each of its namespaces.

use serde::Deserialize;

use super::PendingAcks;

/// The namespace that is left out of the packets that belong to it.
pub const MAIN_NAMESPACE: &str = "/";

/// Whether `name` can be a namespace: it begins with a slash, and has no comma, which would end
/// it in a packet (Socket.IO v5, *Format*).
pub fn is_namespace(name: &str) -> bool {
    name.starts_with('/') && !name.contains(',')
}

/// How far a session has come with a namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::protocol) enum Standing {
    /// CONNECT was sent and not answered.
    Joining,
    /// The server granted it.
    Connected,
}

/// A session's seat in a namespace.
#[derive(Debug)]
pub(in crate::protocol) struct Seat {
    pub(in crate::protocol) standing: Standing,
    pub(in crate::protocol) acks: PendingAcks,
}

/// The seats of a session: one in its own namespace, which needs no memory beyond the session's,
/// and a few elsewhere.
#[derive(Debug, Default)]
pub(in crate::protocol) struct Namespaces {
    own: Option<Seat>,
    others: Vec<(Box<str>, Seat)>,
}

/// A namespace as [`Namespaces`] finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::protocol) enum Place<'a> {
    /// The session's own.
    Own,
    /// Another, by its name.
    Other(&'a str),
}

impl Namespaces {
    /// How many seats there are.
    pub(in crate::protocol) fn len(&self) -> usize {
        usize::from(self.own.is_some()) + self.others.len()
    }

    /// The seat at `place`.
    pub(in crate::protocol) fn seat_mut(&mut self, place: Place<'_>) -> Option<&mut Seat> {
        match place {
            Place::Own => self.own.as_mut(),
            Place::Other(name) => {
                self.others.iter_mut().find(|(other, _)| **other == *name).map(|(_, seat)| seat)
            }
        }
    }

    /// Takes the seat at `place`, which is free, for a CONNECT that is sent.
    pub(in crate::protocol) fn join(&mut self, place: Place<'_>) {
        let seat = Seat { standing: Standing::Joining, acks: PendingAcks::default() };
        match place {
            Place::Own => self.own = Some(seat),
            Place::Other(name) => self.others.push((name.into(), seat)),
        }
    }

    /// Gives up the seat at `place`; whether there was one.
    pub(in crate::protocol) fn leave(&mut self, place: Place<'_>) -> bool {
        match place {
            Place::Own => self.own.take().is_some(),
            Place::Other(name) => {
                let at = self.others.iter().position(|(other, _)| **other == *name);
                at.map(|at| self.others.swap_remove(at)).is_some()
            }
        }
    }
}

/// What a server says when it grants a namespace (Socket.IO v5, *Connection to a namespace*).
///
/// `pid` is there where the server offers connection state recovery; other keys are ignored.
#[derive(Debug, Deserialize, PartialEq, Eq)]
pub(in crate::protocol) struct ConnectReply {
    pub(in crate::protocol) sid: Box<str>,
    pub(in crate::protocol) pid: Option<Box<str>>,
}
