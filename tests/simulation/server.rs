//! Server: takes connections in, and can be taken down and brought up again.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use chatbench::clock::Clock;
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use crate::fault::Saboteur;
use crate::hub::{Hub, Manners};
use crate::network::{Network, ServerEnd};
use crate::session::serve;

/// A model of a chat server, on a network in memory.
pub(crate) struct Server {
    clock: Clock,
    network: Network,
    manners: Manners,
    rng: RefCell<Xoshiro256PlusPlus>,
    hub: RefCell<Rc<RefCell<Hub>>>,
    sessions: Rc<RefCell<Vec<AbortHandle>>>,
    pub(crate) restarts: Cell<u64>,
}

impl Server {
    /// A server that is up.
    pub(crate) fn start(
        clock: Clock,
        network: Network,
        manners: Manners,
        saboteur: Saboteur,
        seed: u64,
    ) -> Rc<Server> {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let hub = Hub::new(manners.clone(), saboteur, clock, split(&mut rng));
        let server = Rc::new(Server {
            clock,
            network,
            manners,
            rng: RefCell::new(rng),
            hub: RefCell::new(hub),
            sessions: Rc::default(),
            restarts: Cell::new(0),
        });
        server.open();
        server
    }

    /// From now on, faults of messages may happen.
    pub(crate) fn arm(&self) {
        self.hub.borrow().borrow_mut().saboteur.armed = true;
    }

    /// How often the planted fault had an effect.
    pub(crate) fn happened(&self) -> u64 {
        self.hub.borrow().borrow().saboteur.happened()
    }

    /// Ends the process, or with it the machine and every connection, without a word.
    pub(crate) fn kill(&self, with_its_machine: bool) {
        self.network.refuse();
        if with_its_machine {
            self.network.go_dark();
        }
        let saboteur = self.hub.borrow().borrow_mut().take_down();
        for session in self.sessions.borrow_mut().drain(..) {
            session.abort();
        }
        let rng = split(&mut self.rng.borrow_mut());
        let hub = Hub::new(self.manners.clone(), saboteur, self.clock, rng);
        self.hub.replace(hub);
    }

    /// It is up again, and knows nobody.
    pub(crate) fn come_back(&self) {
        self.restarts.set(self.restarts.get() + 1);
        self.open();
    }

    fn open(&self) {
        let hub = Rc::clone(&self.hub.borrow());
        let doors = accept(self.network.listen(), hub, Rc::clone(&self.sessions), self.clock);
        tokio::task::spawn_local(doors);
    }
}

fn split(rng: &mut Xoshiro256PlusPlus) -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::seed_from_u64(rng.random())
}

async fn accept(
    mut ends: mpsc::UnboundedReceiver<ServerEnd>,
    hub: Rc<RefCell<Hub>>,
    sessions: Rc<RefCell<Vec<AbortHandle>>>,
    clock: Clock,
) {
    while let Some(end) = ends.recv().await {
        if hub.borrow().down {
            return;
        }
        let session = tokio::task::spawn_local(serve(end, Rc::clone(&hub), clock));
        sessions.borrow_mut().push(session.abort_handle());
    }
}
