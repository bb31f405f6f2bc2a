//! Status: tells clients that ask for it what goes on, over their sockets.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use socketioxide::extract::SocketRef;
use tokio::time::MissedTickBehavior;
use tracing::debug;

use crate::stats::Stats;

/// The event that asks for it. It is no part of the contract: a server that does not know it does
/// nothing.
pub(crate) const WATCH: &str = "watch-status";
/// The event that tells.
const TELL: &str = "status";
/// Between two looks at what goes on.
const PERIOD: Duration = Duration::from_secs(1);
/// Whoever asks after that many is told nothing.
const WATCHERS_MAX: usize = 100;

/// Those who asked for it.
pub(crate) struct Watchers {
    stats: Arc<Stats>,
    sockets: Mutex<Vec<SocketRef>>,
}

impl Watchers {
    /// Nobody yet.
    pub(crate) fn new(stats: Arc<Stats>) -> Arc<Watchers> {
        Arc::new(Watchers { stats, sockets: Mutex::default() })
    }

    /// Tells `socket` what goes on, now and from now on.
    pub(crate) fn watch(&self, socket: SocketRef) {
        let mut sockets = self.sockets();
        let known = sockets.iter().any(|watcher| watcher.id == socket.id);
        if known || sockets.len() >= WATCHERS_MAX {
            return debug!("{WATCH} of {} ignored", socket.id);
        }
        self.tell(&socket);
        sockets.push(socket);
    }

    /// Tells all of them what goes on, for ever.
    pub(crate) async fn keep_told(&self) {
        let mut ticks = tokio::time::interval(PERIOD);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let mut sockets = self.sockets();
            sockets.retain(|socket| socket.connected());
            sockets.iter().for_each(|socket| self.tell(socket));
        }
    }

    fn tell(&self, socket: &SocketRef) {
        if let Err(error) = socket.emit(TELL, &self.stats.status()) {
            debug!("{} is not told: {error}", socket.id);
        }
    }

    fn sockets(&self) -> MutexGuard<'_, Vec<SocketRef>> {
        self.sockets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
