//! Ack: which acknowledgements a namespace still owes.

/// Room that is kept when nothing is owed: the usual client waits for one or two at a time.
const CAPACITY_KEPT: usize = 4;

/// The numbers under which acknowledgements were asked for and have not come.
///
/// Numbers come from one counter of the session and only rise, so the list is always sorted.
#[derive(Debug, Default)]
pub(in crate::protocol) struct PendingAcks {
    ids: Vec<u64>,
}

impl PendingAcks {
    /// How many are owed.
    pub(in crate::protocol) fn len(&self) -> usize {
        self.ids.len()
    }

    /// Notes that one is owed under `id`, which is larger than all before.
    pub(in crate::protocol) fn expect(&mut self, id: u64) {
        let last = self.ids.last();
        assert!(last.is_none_or(|&last| last < id), "ack id {id} after {last:?}");
        self.ids.push(id);
    }

    /// Strikes `id` off; whether it was owed.
    pub(in crate::protocol) fn settle(&mut self, id: u64) -> bool {
        let Ok(at) = self.ids.binary_search(&id) else { return false };
        self.ids.remove(at);
        if self.ids.is_empty() {
            self.ids.shrink_to(CAPACITY_KEPT);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_owed_once() {
        let mut acks = PendingAcks::default();
        for id in [3, 5, 9] {
            acks.expect(id);
        }
        assert!(!acks.settle(4), "never asked for");
        assert!(acks.settle(5));
        assert!(!acks.settle(5), "came already");
        assert_eq!(acks.len(), 2);
        assert!(acks.settle(9) && acks.settle(3));
        assert_eq!(acks.len(), 0);
    }

    #[test]
    fn a_crowd_leaves_no_room_behind() {
        let mut acks = PendingAcks::default();
        (0..1000).for_each(|id| acks.expect(id));
        for id in 0..1000 {
            assert!(acks.settle(id));
        }
        assert!(acks.ids.capacity() <= CAPACITY_KEPT, "{}", acks.ids.capacity());
    }
}
