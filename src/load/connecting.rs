//! Connecting: users come, a bounded number at a time, and come back when they are lost.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_xoshiro::SplitMix64;

use super::Command;
use super::agenda::Task;
use super::crowd::{Ear, Shared};
use super::user::User;
use crate::client::{self, Call, Client, ConnectError, Listener};
use crate::history::{EventKind, Session};
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
    let state = &mut crowd.users[user as usize];
    state.attempts += 1;
    let lingering = state.lingering.take();
    crowd.gone.extend(lingering);
    tokio::task::spawn_local(attempt(Rc::clone(shared), user));
}

async fn attempt(shared: Shared, user: u32) {
    let (brief, options, id, attempt, past) = {
        let crowd = shared.borrow();
        let User { id, attempts, past, .. } = &crowd.users[user as usize];
        (Arc::clone(&crowd.brief), Rc::clone(&crowd.options), *id, *attempts, past.clone())
    };
    let endpoint = &brief.endpoints[brief.plan.users[id.index()].target];
    let ear: Rc<dyn Listener> = Rc::new(Ear { crowd: Rc::clone(&shared), user, attempt });
    let began = brief.clock.now();
    let call = Call { endpoint, turn: id.index(), past };
    let result = client::connect(&options, call, ear).await;
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
            let recovered = client.recovered();
            state.replayed = false;
            let session = match state.past.take() {
                Some(_) if recovered => Session::Recovered,
                Some(_) => Session::Declined,
                None => Session::New,
            };
            state.client = Some(client);
            crowd.note(at, id, EventKind::Connected { after: at.since(began), session });
            crowd.join_rooms(user, recovered);
        }
        Err(error) => {
            if std::mem::take(&mut state.replayed) {
                state.past = None;
            }
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
        let Some(user) = crowd.lost.pop_front() else {
            drop(crowd);
            return clear_away(shared);
        };
        let at = crowd.now();
        let state = &mut crowd.users[user as usize];
        state.failures += 1;
        let failures = state.failures;
        crowd.come_back(user, failures, at);
        if failures >= ATTEMPTS_AWAITED {
            crowd.stay_away(user);
        }
        let gone = crowd.users[user as usize].client.take();
        crowd.gone.extend(gone);
    }
}

/// Ends connections that nobody wants any more: outside of the crowd, for a connection that is
/// dropped looks for its driver.
fn clear_away(shared: &Shared) {
    let gone = std::mem::take(&mut shared.borrow_mut().gone);
    for mut client in gone {
        client.close();
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
        if let Some(absence) = &mut self.users[user as usize].absence {
            absence.wanted = absence.wanted.min(due);
        }
        self.agenda.add(due, Task::Connect { user });
        self.news.tell();
    }
}
