//! Upgrade: how a session that polls moves to a WebSocket without losing a packet.

use super::Packet;
use crate::time::Timestamp;

const PROBE: &str = "probe";

/// The client's side of an upgrade (Engine.IO v4, *Upgrade*): `2probe`, `3probe`, `5`.
///
/// It begins once the WebSocket with the session's id stands, and speaks on that only. As the
/// reference client does, it stops polling when the probe was answered and not before, so that
/// a probe that comes to nothing costs nothing: on failure the session goes on polling.
#[derive(Debug)]
pub struct Upgrade {
    state: State,
    deadline: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Probing,
    Pausing,
    Over,
}

/// What an upgrade wants to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpgradeInput<'a> {
    /// A packet came by the WebSocket.
    Packet(Packet<'a>),
    /// No HTTP request is under way any more, and none will be made.
    PollingPaused,
    /// Time has passed.
    Timeout,
}

/// What is to be done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpgradeStep {
    /// Nothing, until [`Upgrade::deadline`] at most.
    Wait,
    /// Let the pending poll return, start no further one, then report
    /// [`UpgradeInput::PollingPaused`].
    PausePolling,
    /// Send this by the WebSocket; from here on the session's frames travel there.
    Finish(Packet<'static>),
    /// Close the WebSocket, and poll on.
    Fail(UpgradeError),
}

/// Why an upgrade came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UpgradeError {
    /// The server sent something that is no answer to the probe.
    #[error("the server did not answer the probe of an upgrade with `3probe`")]
    NotTheProbe,
    /// The server did not answer in time, or a poll did not return.
    #[error("the upgrade was not complete in time")]
    Timeout,
}

impl Upgrade {
    /// An upgrade that has to be complete at `deadline`, and the packet that begins it.
    pub fn new(deadline: Timestamp) -> (Upgrade, Packet<'static>) {
        (Upgrade { state: State::Probing, deadline }, Packet::Ping(PROBE))
    }

    /// When to give it a [`UpgradeInput::Timeout`].
    pub fn deadline(&self) -> Timestamp {
        match self.state {
            State::Probing | State::Pausing => self.deadline,
            State::Over => Timestamp::NEVER,
        }
    }

    /// Takes in what happened and says what to do. Once it finished or failed, it waits for ever.
    pub fn handle_input(&mut self, input: UpgradeInput<'_>, now: Timestamp) -> UpgradeStep {
        let step = match (self.state, input) {
            (State::Over, _) => return UpgradeStep::Wait,
            (_, UpgradeInput::Timeout) if now >= self.deadline => {
                UpgradeStep::Fail(UpgradeError::Timeout)
            }
            // Some servers send a noop by the WebSocket, which only a poll has a use for.
            (_, UpgradeInput::Timeout | UpgradeInput::Packet(Packet::Noop)) => UpgradeStep::Wait,
            (State::Probing, UpgradeInput::Packet(Packet::Pong(PROBE))) => {
                UpgradeStep::PausePolling
            }
            (_, UpgradeInput::Packet(_)) => UpgradeStep::Fail(UpgradeError::NotTheProbe),
            (State::Probing, UpgradeInput::PollingPaused) => UpgradeStep::Wait,
            (State::Pausing, UpgradeInput::PollingPaused) => UpgradeStep::Finish(Packet::Upgrade),
        };
        self.state = match step {
            UpgradeStep::Wait => self.state,
            UpgradeStep::PausePolling => State::Pausing,
            UpgradeStep::Finish(_) | UpgradeStep::Fail(_) => State::Over,
        };
        step
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use UpgradeInput::{PollingPaused, Timeout};
    use UpgradeStep::{Fail, Finish, PausePolling, Wait};

    const DEADLINE: Timestamp = Timestamp::from_nanos(10);
    const ANSWER: UpgradeInput = UpgradeInput::Packet(Packet::Pong("probe"));
    const NOOP: UpgradeInput = UpgradeInput::Packet(Packet::Noop);

    #[test]
    fn it_begins_with_a_probe() {
        let (upgrade, packet) = Upgrade::new(DEADLINE);
        assert_eq!(packet, Packet::Ping("probe"));
        assert_eq!(upgrade.deadline(), DEADLINE);
    }

    #[test]
    fn each_way_an_upgrade_can_go() {
        let not_the_probe = Fail(UpgradeError::NotTheProbe);
        let late = Fail(UpgradeError::Timeout);
        let packet = |packet| UpgradeInput::Packet(packet);
        let ways: &[&[(u64, UpgradeInput, UpgradeStep)]] = &[
            &[(1, ANSWER, PausePolling), (2, PollingPaused, Finish(Packet::Upgrade))],
            &[(1, NOOP, Wait), (2, ANSWER, PausePolling), (3, NOOP, Wait)],
            &[(1, packet(Packet::Pong("prob")), not_the_probe), (2, ANSWER, Wait)],
            &[(1, packet(Packet::Message("hello")), not_the_probe)],
            &[(1, ANSWER, PausePolling), (2, ANSWER, not_the_probe)],
            &[(9, Timeout, Wait), (10, Timeout, late), (11, Timeout, Wait)],
            &[(1, ANSWER, PausePolling), (10, Timeout, late), (11, PollingPaused, Wait)],
            &[(1, PollingPaused, Wait), (2, ANSWER, PausePolling)],
        ];
        for way in ways {
            let (mut upgrade, _) = Upgrade::new(DEADLINE);
            for &(at, input, expected) in *way {
                let step = upgrade.handle_input(input, Timestamp::from_nanos(at));
                assert_eq!(step, expected, "{input:?} at {at} of {way:?}");
                if matches!(step, Finish(_) | Fail(_)) {
                    assert_eq!(upgrade.deadline(), Timestamp::NEVER);
                }
            }
        }
    }
}
