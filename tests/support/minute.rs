//! Minute: a run that lasts for long enough to be interrupted.

use std::time::Duration;

use super::binary::{CommandLine, Running};
use super::left::Left;

/// For whatever must happen, on a machine that may be busy.
const PATIENCE: Duration = Duration::from_secs(60);

/// A minute of 50 messages a second, with `more` flags.
pub(crate) fn begin(left: &Left, more: &[&str]) -> Running {
    let base = [
        "run",
        "scenarios/quickstart.yaml",
        "--clients=60",
        "--set=rooms.count=12",
        "--rate=50/s",
        "--duration=60s",
        "--shards=2",
        "--set=thresholds={}",
        // However busy this machine is, the run is in no doubt but for the interruption.
        "--set=limits.send_delay_p99=60s",
    ];
    let out = left.out();
    let arguments = base.into_iter().chain(more.iter().copied()).chain([out.as_str()]);
    CommandLine::new(arguments).start()
}

/// Waits until so many intervals with deliveries are on disk.
pub(crate) fn await_deliveries(run: &Running, left: &Left, intervals: usize) {
    let logged = || left.intervals().iter().filter(|it| it.metric == "delivery_latency").count();
    run.await_that("deliveries in the interval log", PATIENCE, || logged() >= intervals);
}
