//! Witness: somebody else's connection, which has to outlive what is done to the server.

use super::finding::Stop;
use super::peer::Peer;
use super::trial::Trial;

/// A connection that does nothing wrong while others do.
pub(super) struct Witness<'t> {
    trial: &'t Trial,
    peer: Peer,
}

impl<'t> Witness<'t> {
    /// Connects, before anything is done.
    ///
    /// # Errors
    /// Unknown, when that does not work.
    pub(super) async fn call(trial: &'t Trial) -> Result<Witness<'t>, Stop> {
        Ok(Witness { trial, peer: trial.connect(trial.via()).await? })
    }

    /// Wants its own connection to stand, and a new one to work, after `deed`.
    ///
    /// # Errors
    /// Failed, when one of them does not.
    pub(super) async fn stands(&mut self, deed: &str) -> Result<(), Stop> {
        const EXPECTED: &str = "the server and the connections of others outlive it";
        let broke = |what: &str, why: &dyn std::fmt::Display| {
            Stop::failed(EXPECTED, format!("{deed}: {what}: {why}"))
        };
        if let Err(missing) = self.peer.round_trip().await {
            return Err(broke("somebody else's connection heard", &missing));
        }
        let mut fresh = match self.trial.connect(self.trial.via()).await {
            Ok(fresh) => fresh,
            Err(stop) => return Err(broke("no new connection works", &stop.why())),
        };
        let works = fresh.round_trip().await;
        fresh.close().await;
        works.map_err(|missing| broke("a new connection heard", &missing))
    }
}
