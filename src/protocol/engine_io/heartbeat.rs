//! Heartbeat: whether the server's pings still come.

use std::time::Duration;

use super::Handshake;
use crate::time::Timestamp;

/// What is taken for a `pingInterval` that is absent or zero: the reference server's default.
const INTERVAL_DEFAULT: Duration = Duration::from_secs(25);
/// What is taken for a `pingTimeout` that is absent or zero: the reference server's default.
const TIMEOUT_DEFAULT: Duration = Duration::from_secs(20);
/// Silence shorter than this is never death, whatever was advertised: a generator of many
/// thousand connections may itself be late by as much.
const SILENCE_MIN: Duration = Duration::from_secs(1);

/// The client's half of the heartbeat: if no ping comes within `pingInterval + pingTimeout`, the
/// connection is dead (Engine.IO v4, *Heartbeat*).
///
/// No server gets away without a watchdog. Where the handshake has no interval or timeout, or
/// one of zero (a server set to a fraction of a second can advertise that), the defaults of the
/// reference server stand in, 25 s and 20 s; where pings come further apart than advertised,
/// the longest gap seen counts as the interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heartbeat {
    last: Timestamp,
    interval: Duration,
    timeout: Duration,
}

impl Heartbeat {
    /// Begins to wait for pings at the handshake, `now`.
    pub fn new(handshake: &Handshake, now: Timestamp) -> Heartbeat {
        let or = |advertised: Option<Duration>, default| {
            advertised.filter(|advertised| !advertised.is_zero()).unwrap_or(default)
        };
        Heartbeat {
            last: now,
            interval: or(handshake.ping_interval, INTERVAL_DEFAULT),
            timeout: or(handshake.ping_timeout, TIMEOUT_DEFAULT),
        }
    }

    /// Notes a ping that came `now`.
    pub fn ping(&mut self, now: Timestamp) {
        self.interval = self.interval.max(self.silence(now));
        self.last = now;
    }

    /// When the connection is dead if no ping comes before.
    pub fn deadline(&self) -> Timestamp {
        self.last + self.silence_max()
    }

    /// How long there has been no ping.
    pub fn silence(&self, now: Timestamp) -> Duration {
        now.since(self.last)
    }

    /// How long there may be none.
    pub fn silence_max(&self) -> Duration {
        self.interval.saturating_add(self.timeout).max(SILENCE_MIN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_allowed_for_interval_and_timeout() {
        let table: &[(Option<u64>, Option<u64>, u64)] = &[
            (Some(25_000), Some(5_000), 30_000),
            (Some(700), Some(400), 1_100),
            (Some(300), Some(200), 1_000),
            (None, None, 45_000),
            (Some(0), Some(0), 45_000),
            (Some(0), Some(5_000), 30_000),
            (Some(10_000), None, 30_000),
        ];
        for &(interval, timeout, silence_max) in table {
            let heartbeat = Heartbeat::new(&handshake(interval, timeout), at(7));
            assert_eq!(heartbeat.deadline(), at(7 + silence_max), "{interval:?} {timeout:?}");
        }
    }

    #[test]
    fn a_ping_begins_the_wait_anew() {
        let mut heartbeat = Heartbeat::new(&handshake(Some(2_000), Some(1_000)), at(0));
        heartbeat.ping(at(0));
        assert_eq!(heartbeat.deadline(), at(3_000));
        heartbeat.ping(at(1_500));
        assert_eq!(heartbeat.deadline(), at(4_500));
    }

    #[test]
    fn the_longest_gap_seen_counts_when_it_is_longer_than_advertised() {
        let mut heartbeat = Heartbeat::new(&handshake(Some(2_000), Some(1_000)), at(0));
        heartbeat.ping(at(2_900));
        assert_eq!(heartbeat.deadline(), at(2_900 + 2_900 + 1_000));
        heartbeat.ping(at(3_000));
        assert_eq!(heartbeat.deadline(), at(3_000 + 2_900 + 1_000));
    }

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_nanos(millis * 1_000_000)
    }

    fn handshake(interval: Option<u64>, timeout: Option<u64>) -> Handshake {
        Handshake {
            sid: "a".into(),
            upgrades: [].into(),
            ping_interval: interval.map(Duration::from_millis),
            ping_timeout: timeout.map(Duration::from_millis),
            payload_bytes_max: None,
        }
    }
}
