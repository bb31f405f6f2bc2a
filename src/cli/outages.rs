//! Outages: the bundled server is killed while it is loaded, and started again.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::failure::Failure;
use super::reference::Reference;
use crate::load::Brief;
use crate::run::{Follower, News, Stage};
use crate::scenario::Outages;
use crate::time::Timestamp;

/// Tells when the load begins, from which outages count.
pub(super) struct Beginning(Option<oneshot::Sender<Timestamp>>);

impl Beginning {
    /// A follower, and where the moment comes out.
    pub(super) fn new() -> (Beginning, oneshot::Receiver<Timestamp>) {
        let (begins, begun) = oneshot::channel();
        (Beginning(Some(begins)), begun)
    }
}

impl Follower for Beginning {
    fn follow(&mut self, news: &News<'_>) {
        if let News::Stage { stage: Stage::Load { start }, .. } = news
            && let Some(begins) = self.0.take()
        {
            // Nobody listens where there is no server of ours.
            let _ = begins.send(*start);
        }
    }
}

/// Brings about the outages that the scenario plans, and keeps `reference` until this is dropped.
/// Comes to an end only if the server cannot be started again.
pub(super) async fn bring_about(
    brief: &Arc<Brief>,
    reference: Option<Reference>,
    begun: oneshot::Receiver<Timestamp>,
) -> Failure {
    let Some(mut reference) = reference else { return std::future::pending().await };
    let Outages::Planned(outages) = &brief.scenario.load.outages else {
        return keep(reference).await;
    };
    let Ok(start) = begun.await else { return keep(reference).await };
    for outage in outages {
        brief.clock.sleep_until(start + outage.at).await;
        reference.kill();
        brief.clock.sleep_until(start + outage.at + outage.lasting).await;
        reference = match reference.start_again().await {
            Ok(reference) => reference,
            Err(error) => return error.into(),
        };
    }
    keep(reference).await
}

/// Holds on to the server for as long as this is waited for.
async fn keep(_reference: Reference) -> Failure {
    std::future::pending().await
}
