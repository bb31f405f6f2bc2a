//! History: the last messages of each room, kept for the fault that tells them to joiners.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::payload::Payload;

/// How many messages a joiner is told.
const HISTORY_LEN_MAX: usize = 10;

/// Of how many rooms they are kept: a client may make up any number of names.
const ROOMS_MAX: usize = 65_536;

/// The last messages of each room, the oldest first, whoever is still there.
#[derive(Default)]
pub(super) struct Histories(BTreeMap<String, VecDeque<Arc<Payload<'static>>>>);

impl Histories {
    /// Keeps a message. Of a room beyond [`ROOMS_MAX`] nothing is kept.
    pub(super) fn record(&mut self, room: &str, payload: Arc<Payload<'static>>) {
        if !self.0.contains_key(room) && self.0.len() >= ROOMS_MAX {
            return;
        }
        let history = self.0.entry(room.to_owned()).or_default();
        if history.len() == HISTORY_LEN_MAX {
            history.pop_front();
        }
        history.push_back(payload);
    }

    pub(super) fn of(&self, room: &str) -> impl Iterator<Item = &Arc<Payload<'static>>> {
        self.0.get(room).into_iter().flatten()
    }
}
