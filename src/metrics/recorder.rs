//! Recorder: the histograms and counters of one shard, or of one second, or of all.

use super::{Histogram, Metric};
use crate::history::{Departure, Event, EventKind, Session};
use crate::time::Timestamp;

/// How many there were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Connections that came to stand.
    pub connects: u64,
    /// Attempts to connect that came to nothing.
    pub connect_failures: u64,
    /// Connections that were lost against our will.
    pub disconnects: u64,
    /// Joins confirmed.
    pub joins: u64,
    /// Messages of the load that were sent.
    pub sent: u64,
    /// Messages of the load that were due while their user had no connection.
    pub unsent: u64,
    /// Messages that fell to users who were away because the scenario says so.
    pub away: u64,
    /// Rooms that were left while the connection stayed.
    pub leaves: u64,
    /// Connections that users ended by a closing packet, to come back later.
    pub departures: u64,
    /// Connections that were cut on purpose.
    pub drops: u64,
    /// Sessions that the server took up again.
    pub recoveries: u64,
    /// Sessions that it was asked to take up again, and did not.
    pub recoveries_declined: u64,
    /// Messages sent only to see whether a join had worked.
    pub probes: u64,
    /// Deliveries of messages of the load, intact, each the first to its member.
    pub delivered: u64,
    /// Everything heard on the chat's event, whatever it was.
    pub heard: u64,
    /// Bytes of text in the messages of the load that were sent.
    pub text_bytes_sent: u64,
}

impl Counters {
    /// Adds another count.
    pub fn add(&mut self, other: &Counters) {
        self.connects += other.connects;
        self.connect_failures += other.connect_failures;
        self.disconnects += other.disconnects;
        self.joins += other.joins;
        self.sent += other.sent;
        self.unsent += other.unsent;
        self.away += other.away;
        self.leaves += other.leaves;
        self.departures += other.departures;
        self.drops += other.drops;
        self.recoveries += other.recoveries;
        self.recoveries_declined += other.recoveries_declined;
        self.probes += other.probes;
        self.delivered += other.delivered;
        self.heard += other.heard;
        self.text_bytes_sent += other.text_bytes_sent;
    }
}

/// Measures what happens; two recorders add up to one.
#[derive(Clone, Debug, Default)]
pub struct Recorder {
    histograms: [Histogram; Metric::ALL.len()],
    counters: Counters,
}

impl Recorder {
    /// Measures what an event alone tells.
    pub fn record(&mut self, event: &Event) {
        let counters = &mut self.counters;
        match &event.kind {
            EventKind::Received { .. } | EventKind::Unrecognised { .. } => counters.heard += 1,
            EventKind::Probed { .. } => counters.probes += 1,
            EventKind::Sent { message } => {
                counters.sent += 1;
                counters.text_bytes_sent += u64::from(message.text_bytes);
                self.count(Metric::SendDelay, event.at, message.intended);
            }
            EventKind::Unsent { .. } => counters.unsent += 1,
            EventKind::Away { .. } => counters.away += 1,
            EventKind::Leaving { .. } => counters.leaves += 1,
            EventKind::Departed { how: Departure::Disconnect } => counters.departures += 1,
            EventKind::Departed { how: Departure::Drop { .. } } => counters.drops += 1,
            EventKind::Connected { after, session } => {
                counters.connects += 1;
                counters.recoveries += u64::from(*session == Session::Recovered);
                counters.recoveries_declined += u64::from(*session == Session::Declined);
                self.histograms[Metric::ConnectLatency as usize].record(*after);
            }
            EventKind::ConnectFailed { .. } => counters.connect_failures += 1,
            EventKind::Disconnected { .. } => counters.disconnects += 1,
            EventKind::Joined { after, .. } => {
                counters.joins += 1;
                self.histograms[Metric::JoinLatency as usize].record(*after);
            }
            EventKind::FirstHeard { after, .. } => {
                self.histograms[Metric::JoinToHeard as usize].record(*after);
            }
            EventKind::Resumed { after, deaf } => {
                self.histograms[Metric::ReconnectToHeard as usize].record(*after);
                if let Some(deaf) = deaf {
                    self.histograms[Metric::Deafness as usize].record(*deaf);
                }
            }
            EventKind::Closed
            | EventKind::Alive
            | EventKind::Joining { .. }
            | EventKind::Rejoining { .. }
            | EventKind::JoinUnconfirmed { .. }
            | EventKind::Left { .. } => {}
        }
    }

    /// A member heard a message of the load.
    pub fn delivered(&mut self, intended: Timestamp, sent: Timestamp, at: Timestamp) {
        self.counters.delivered += 1;
        self.count(Metric::DeliveryLatency, at, intended);
        self.count(Metric::ServiceLatency, at, sent);
    }

    /// The last member who must has heard a message of the load.
    pub fn completed(&mut self, intended: Timestamp, first: Timestamp, last: Timestamp) {
        self.count(Metric::FirstReceiver, first, intended);
        self.count(Metric::LastReceiver, last, intended);
    }

    /// Adds what another recorder has measured.
    pub fn add(&mut self, other: &Recorder) {
        for (mine, others) in self.histograms.iter_mut().zip(&other.histograms) {
            // Most seconds of most metrics are empty, and an empty histogram is as large as a
            // full one.
            if others.count() > 0 {
                mine.add(others);
            }
        }
        self.counters.add(&other.counters);
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        for histogram in &mut self.histograms {
            if histogram.count() > 0 {
                histogram.clear();
            }
        }
        self.counters = Counters::default();
    }

    /// The histogram of `metric`.
    pub fn histogram(&self, metric: Metric) -> &Histogram {
        &self.histograms[metric as usize]
    }

    /// The counters.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    fn count(&mut self, metric: Metric, at: Timestamp, from: Timestamp) {
        self.histograms[metric as usize].record(at.since(from));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::{Message, MessageId, RoomId, UserId};
    use crate::metrics::Quantile;

    fn sent(intended: u64, at: u64) -> Event {
        let id = MessageId { room: RoomId(0), sender: UserId(0), sequence: 0 };
        let message = Message { id, intended: Timestamp::from_nanos(intended), text_bytes: 64 };
        let kind = EventKind::Sent { message };
        Event { at: Timestamp::from_nanos(at), user: UserId(0), kind }
    }

    #[test]
    fn latency_runs_from_the_intended_time_and_lateness_is_confessed() {
        let mut recorder = Recorder::default();
        let at = |ms: u64| Timestamp::from_nanos(ms * 1_000_000);
        recorder.record(&sent(10_000_000, 12_000_000));
        recorder.delivered(at(10), at(12), at(17));
        let metrics = [Metric::SendDelay, Metric::DeliveryLatency, Metric::ServiceLatency];
        let ms = |metric| recorder.histogram(metric).at(Quantile::Max).as_millis();
        assert_eq!(metrics.map(ms), [2, 7, 5]);
    }

    #[test]
    fn a_probe_is_no_part_of_the_load() {
        let mut recorder = Recorder::default();
        let EventKind::Sent { message } = sent(5, 6).kind else { unreachable!("it was sent") };
        let kind = EventKind::Probed { message };
        recorder.record(&Event { kind, ..sent(5, 6) });
        assert_eq!(recorder.counters().probes, 1);
        assert_eq!(recorder.histogram(Metric::SendDelay).count(), 0);
    }
}
