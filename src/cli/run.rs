//! `chatbench run`: performs a scenario and says what came of it.

use super::args::RunArgs;
use super::failure::Failure;
use super::{prepare, signals};
use crate::report::ExitKind;
use crate::run::{self, RunOptions};

pub(super) fn run(args: &RunArgs) -> Result<ExitKind, Failure> {
    let planned = prepare::plan(&args.plan)?;
    planned.limits.ensure()?;
    let reference = prepare::reference(&planned, args)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build_local(Default::default()).unwrap();
    runtime.block_on(async {
        let stop = signals::watch().unwrap();
        let brief = prepare::brief(planned, args, reference.as_ref()).await?;
        let options = RunOptions { shards: args.plan.shards };
        let outcome = run::run(brief, &options, stop, &mut []).await?;
        use crate::metrics::{Metric, Quantile};
        for m in Metric::ALL {
            let h = outcome.recorder.histogram(m);
            eprintln!("{:18} n={} p50={:?} p99={:?} max={:?}", m.name(), h.count(), h.at(Quantile::Of(0.5)), h.at(Quantile::Of(0.99)), h.at(Quantile::Max));
        }
        eprintln!("{:?}", outcome.recorder.counters());
        eprintln!("{:?} {:?}", outcome.tally, outcome.shards);
        for k in crate::oracle::ViolationKind::ALL { if outcome.violations.count(k)>0 { eprintln!("{} {} e.g. {:?}", k.name(), outcome.violations.count(k), outcome.violations.kept(k).first()); } }
        eprintln!("{:?} {:?} {:?} took {:?}", outcome.verdict, outcome.doubts, outcome.reasons, outcome.took);
        Ok(ExitKind::Pass)
    })
}
