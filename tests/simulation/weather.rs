//! Weather: what befalls the network, the server and the load's own process.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use chatbench::clock::Clock;
use chatbench::time::Timestamp;
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::network::{Climate, Network};
use crate::server::Server;

/// The longest that the server is down, in milliseconds.
const DOWN_MS_MAX: u64 = 1_500;
/// The longest that the load's own process stands still, in milliseconds.
const STALL_MS_MAX: u64 = 200;

/// What befalls the network, the server and the load's own process until the load is over.
pub(crate) struct Weather {
    pub(crate) clock: Clock,
    pub(crate) network: Network,
    pub(crate) server: Rc<Server>,
    /// When it becomes calm for good.
    pub(crate) over: Cell<Timestamp>,
    pub(crate) stalls: Cell<u64>,
}

impl Weather {
    /// From now on it happens.
    pub(crate) fn begin(self: &Rc<Weather>, climate: Climate, rng: &mut Xoshiro256PlusPlus) {
        let mut next = || Xoshiro256PlusPlus::seed_from_u64(rng.random());
        let (cuts, restarts, stalls) = (next(), next(), next());
        if let Some(every) = climate.cut_every {
            tokio::task::spawn_local(Rc::clone(self).cut(every, cuts));
        }
        if let Some(every) = climate.restart_every {
            tokio::task::spawn_local(Rc::clone(self).restart(every, restarts));
        }
        if let Some(every) = climate.stall_every {
            tokio::task::spawn_local(Rc::clone(self).stall(every, stalls));
        }
    }

    /// Waits for about that long; whether it goes on.
    async fn lull(&self, mean: Duration, rng: &mut Xoshiro256PlusPlus) -> bool {
        self.clock.sleep_until(self.clock.now() + mean.mul_f64(rng.random_range(0.0..2.0))).await;
        self.clock.now() < self.over.get()
    }

    async fn cut(self: Rc<Weather>, every: Duration, mut rng: Xoshiro256PlusPlus) {
        while self.lull(every, &mut rng).await {
            self.network.cut_one();
        }
    }

    async fn restart(self: Rc<Weather>, every: Duration, mut rng: Xoshiro256PlusPlus) {
        while self.lull(every, &mut rng).await {
            self.server.kill(rng.random());
            let down = Duration::from_millis(rng.random_range(0..=DOWN_MS_MAX));
            self.clock.sleep_until(self.clock.now() + down).await;
            self.server.come_back();
        }
    }

    async fn stall(self: Rc<Weather>, every: Duration, mut rng: Xoshiro256PlusPlus) {
        while self.lull(every, &mut rng).await {
            self.stalls.set(self.stalls.get() + 1);
            let still = Duration::from_millis(rng.random_range(1..=STALL_MS_MAX));
            tokio::time::advance(still).await;
        }
    }
}
