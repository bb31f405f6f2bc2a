//! Observe: has the server looked at while a run goes, and sums up what was seen.

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::failure::Failure;
use super::reference::Reference;
use crate::load::{Brief, Tls};
use crate::metrics::Row;
use crate::observe::{self, Load, Mark, Observation, Observer, Source};
use crate::run::{Follower, News, RunOutcome, Stage};

/// The load begins and ends once, and so does the run.
const MARKS_MAX: usize = 4;

/// A server that is being looked at, or none that is.
pub(super) struct Observing(Option<(JoinHandle<Observer>, mpsc::Sender<Mark>)>);

/// Tells whoever looks at the server when the load begins and when it ends.
pub(super) struct Marker(Option<mpsc::Sender<Mark>>);

impl Observing {
    /// Begins to look at what the scenario of `brief` names, if it names anything; that should be
    /// before the first user comes. Certificates are those of targets, or any if `insecure`.
    pub(super) async fn begin(
        brief: &Brief,
        reference: Option<&Reference>,
        insecure: bool,
    ) -> Result<(Observing, Marker), Failure> {
        let sources = observe::sources(&brief.scenario.observe, reference.map(Reference::pid));
        if sources.is_empty() {
            return Ok(Observing::nothing());
        }
        let is_secure = |source: &Source| matches!(source, Source::Prometheus(it) if it.url.secure);
        // The platform's certificates are looked for only where they matter.
        let any = insecure || !sources.iter().any(is_secure);
        let tls = if any { Tls::insecure() } else { Tls::platform() }?;
        let observer = Observer::begin(sources, brief.clock, &tls).await?;
        let (marker, marks) = mpsc::channel(MARKS_MAX);
        let watching = tokio::task::spawn_local(observer.watch(marks));
        Ok((Observing(Some((watching, marker.clone()))), Marker(Some(marker))))
    }

    /// Nothing is looked at.
    pub(super) fn nothing() -> (Observing, Marker) {
        (Observing(None), Marker(None))
    }

    /// What was seen of a server that `brief`'s run has shown `outcome` of; it may have
    /// `served_before`.
    pub(super) async fn end(
        self,
        brief: &Brief,
        outcome: &RunOutcome,
        served_before: bool,
    ) -> Option<Observation> {
        let (watching, marker) = self.0?;
        marker.send(Mark::End).await.expect("whoever looks at the server waits for this");
        let observer = watching.await.expect("it is neither cancelled nor does it panic");
        let rows = outcome.timeline.rows();
        let deliveries: Vec<_> = rows.iter().map(|row| (row.at_s, row.delivered)).collect();
        let span_s = outcome.load.map(|(from, to)| (from.as_secs_f64(), to.as_secs_f64()));
        let begun = |row: &&Row| Some(row.at_s) >= span_s.map(|(from, _)| from);
        let all = brief.plan.users.len() as u64;
        let users = rows.iter().find(begun).map_or(all, |row| row.connected);
        Some(observer.end(&Load { span_s, users, deliveries: &deliveries, served_before }))
    }
}

impl Follower for Marker {
    fn follow(&mut self, news: &News<'_>) {
        if let News::Stage { stage: Stage::Load { .. } | Stage::Drain, .. } = news
            && let Some(marks) = &self.0
        {
            // Where it is full, somebody is looking all the time.
            let _ = marks.try_send(Mark::Sample);
        }
    }
}
