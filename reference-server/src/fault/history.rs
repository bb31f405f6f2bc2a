//! History: the last messages of a room, kept for the fault that tells them to joiners.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::payload::Payload;

/// How many messages a joiner is told.
const HISTORY_LEN_MAX: usize = 10;

/// The last messages of a room, the oldest first.
#[derive(Default)]
pub(super) struct History(VecDeque<Arc<Payload<'static>>>);

impl History {
    pub(super) fn record(&mut self, payload: Arc<Payload<'static>>) {
        if self.0.len() == HISTORY_LEN_MAX {
            self.0.pop_front();
        }
        self.0.push_back(payload);
    }

    pub(super) fn messages(&self) -> impl Iterator<Item = &Arc<Payload<'static>>> {
        self.0.iter()
    }
}
