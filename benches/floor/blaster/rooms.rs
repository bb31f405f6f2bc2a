//! Rooms: who is in which room of the blaster.

use std::collections::HashMap;

#[derive(Default)]
pub(super) struct Rooms {
    numbers: HashMap<Vec<u8>, usize>,
    members: Vec<Vec<usize>>,
}

impl Rooms {
    /// The number of the room `name`, which is made if there is none.
    pub(super) fn number(&mut self, name: &[u8]) -> usize {
        match self.numbers.get(name) {
            Some(&room) => room,
            None => {
                self.numbers.insert(name.to_vec(), self.members.len());
                self.members.push(Vec::new());
                self.members.len() - 1
            }
        }
    }

    pub(super) fn members(&self, name: &[u8]) -> &[usize] {
        self.numbers.get(name).map_or(&[], |&room| &self.members[room])
    }

    pub(super) fn join(&mut self, room: usize, client: usize) {
        self.members[room].push(client);
    }

    pub(super) fn leave(&mut self, room: usize, client: usize) {
        self.members[room].retain(|&member| member != client);
    }
}
