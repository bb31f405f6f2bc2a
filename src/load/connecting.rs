//! Connecting: users come, a bounded number at a time, and come back when they are lost.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_xoshiro::SplitMix64;

use super::Command;
use super::agenda::Task;
use super::crowd::{Ear, Shared};
use crate::client::{self, Call, Client, ConnectError, Listener};
use crate::history::EventKind;
use crate::time::Timestamp;

const BACK_OFF_MIN: Duration = Duration::from_millis(100);
const BACK_OFF_MAX: Duration = Duration::from_secs(5);
/// Attempts after which the assembly no longer waits for a user.
const ATTEMPTS_AWAITED: u32 = 3;

/// A user begins to connect, or waits for its turn to.
pub(super) fn connect(shared: &Shared, user: u32) {
    let mut crowd = shared.borrow_mut();
    if crowd.dismissed || matches!(crowd.command, Command::Finish | Command::Abort) {
        return;
    }
    if crowd.connecting >= crowd.brief.scenario.limits.connecting_users_max as usize {
        crowd.waiting.push_back(user);
        return;
    }
    crowd.connecting += 1;
    crowd.users[user as usize].attempts += 1;
    tokio::task::spawn_local(attempt(Rc::clone(shared), user));
}

async fn attempt(shared: Shared, user: u32) {
    let (brief, options, id, attempt) = {
        let crowd = shared.borrow();
        let state = &crowd.users[user as usize];
        (Arc::clone(&crowd.brief), Rc::clone(&crowd.options), state.id, state.attempts)
    };
    let endpoint = &brief.endpoints[brief.plan.users[id.index()].target];
    let ear: Rc<dyn Listener> = Rc::new(Ear { crowd: Rc::clone(&shared), user, attempt });
    let began = brief.clock.now();
    let result = client::connect(&options, Call::new(endpoint, id.index()), ear).await;
    conclude(&shared, user, began, result);
}

fn conclude(
    shared: &Shared,
    user: u32,
    began: Timestamp,
    result: Result<Box<dyn Client>, ConnectError>,
) {
    let mut crowd = shared.borrow_mut();
    crowd.connecting -= 1;
    if crowd.dismissed {
        return;
    }
    let at = crowd.now();
    let state = &mut crowd.users[user as usize];
    let id = state.id;
    match result {
        Ok(client) => {
            state.client = Some(client);
            crowd.note(at, id, EventKind::Connected { after: at.since(began) });
            crowd.join_rooms(user);
        }
        Err(error) => {
            state.failures += 1;
            let failures = state.failures;
            crowd.note(at, id, EventKind::ConnectFailed { why: error.to_string().into() });
            crowd.come_back(user, failures, at);
            if failures >= ATTEMPTS_AWAITED {
                crowd.stay_away(user);
            }
        }
    }
    let next = crowd.waiting.pop_front();
    drop(crowd);
    if let Some(next) = next {
        connect(shared, next);
    }
}

/// Takes down the connections that were lost, and gets their users up again.
pub(super) fn recover(shared: &Shared) {
    loop {
        let mut crowd = shared.borrow_mut();
        let Some(user) = crowd.lost.pop_front() else { return };
        let at = crowd.now();
        let state = &mut crowd.users[user as usize];
        state.failures += 1;
        let failures = state.failures;
        crowd.come_back(user, failures, at);
        if failures >= ATTEMPTS_AWAITED {
            crowd.stay_away(user);
        }
        let gone = crowd.users[user as usize].client.take();
        drop(crowd);
        // Outside of the crowd, for a connection that is dropped looks for its driver.
        drop(gone);
    }
}

impl super::crowd::Crowd {
    /// Puts the user's next attempt on the agenda: later after each failure, and not at the same
    /// time as everybody else's.
    fn come_back(&mut self, user: u32, failures: u32, now: Timestamp) {
        let state = &self.users[user as usize];
        let seed = self.brief.plan.seed ^ u64::from(state.id.0) << 32 ^ u64::from(state.attempts);
        let jitter = SplitMix64::seed_from_u64(seed).random_range(0.5..1.5);
        let doubled = BACK_OFF_MIN * 2_u32.saturating_pow(failures.saturating_sub(1).min(10));
        let due = now + doubled.min(BACK_OFF_MAX).mul_f64(jitter);
        self.agenda.add(due, Task::Connect { user });
        self.news.tell();
    }
}
