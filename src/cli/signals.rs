//! Signals: interrupted once, a run comes to its end; interrupted twice, it stops.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::run::Stop;

/// Follows the signals that ask this process to end, from now on; what else may ask for it does so
/// by the sender.
///
/// # Errors
/// When the system does not let signals be handled.
pub(super) fn watch() -> std::io::Result<(watch::Sender<Stop>, watch::Receiver<Stop>)> {
    let (wish, stop) = watch::channel(Stop::No);
    let signalled = wish.clone();
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            let more = if *signalled.borrow() == Stop::No { Stop::Finish } else { Stop::Abort };
            signalled.send_replace(more);
        }
    });
    Ok((wish, stop))
}
