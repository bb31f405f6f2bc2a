//! Row: one hostile server, what a run against it must come to, and what it may cost.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use chatbench::oracle::ViolationKind;
use chatbench::report::Report;
use chatbench::run::Doubt;

use super::host::{Guest, Host, Manners};
use crate::support::binary::{CommandLine, Ended};
use crate::support::left::Left;
use crate::support::scripted::Told;

/// Runs at a time: most of them wait.
const RUNS_AT_A_TIME: usize = 6;
/// For whatever must happen, on a machine that may be busy.
const PATIENCE: Duration = Duration::from_secs(30);
const USERS: u64 = 60;
const SHARDS: u64 = 2;

/// Sixty users who talk for two seconds and a half, to a server that turns when they begin.
const SCENARIO: &str = "
name: hostile
users: 60
rooms: {size: 6}
load:
  connect_rate: 1000/s
  arrivals: constant
  phases: [{hold: {rate: 120/s, for: 2500 ms}}]
timeouts: {connect: 1 s, join: 20 s, delivery: 20 s}
limits: {frame_size_max: 64 KiB, send_queue_size_max: 64 KiB, send_delay_p99: 60 s}
";
/// Five of each.
const DUE: u64 = 300;
/// What all of it takes at most where nothing waits for a processor: the time to connect, the load,
/// what is due and late, the drain, the goodbyes.
const TIME_MAX: Duration = Duration::from_secs(15);

/// The memory of a run in which nothing happens.
const MEMORY_AT_REST: u64 = 64 << 20;

/// A hostile server, and what must come of it.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    start: Start,
    manners: Manners,
    settings: Vec<&'static str>,
    due: u64,
    code: i32,
    must: Vec<ViolationKind>,
    may: Vec<ViolationKind>,
    doubts: Option<&'static [&'static str]>,
    frame_bytes_max: u64,
    send_delay_ms_max: f64,
    check: Box<dyn Fn(&Seen) + Send>,
}

type Start = Option<Box<dyn FnOnce(Manners) -> Host + Send>>;

/// What a run came to.
pub(crate) struct Seen {
    pub(crate) report: Report,
    pub(crate) ended: Ended,
    /// What the server's script counted.
    pub(crate) counted: u64,
    /// Messages that were due.
    due: u64,
}

impl Row {
    /// A server that does `act` with each connection once it has turned, and that greets those who
    /// come then as before.
    pub(crate) fn new<A>(name: &'static str, act: A) -> Row
    where
        A: AsyncFn(&mut Guest<'_>) -> Told + Send + 'static,
    {
        Row::greeting(name, async |guest| guest.open().await, act)
    }

    /// The same, with another greeting.
    pub(crate) fn greeting<G, A>(name: &'static str, greet: G, act: A) -> Row
    where
        G: AsyncFn(&mut Guest<'_>) -> Told + Send + 'static,
        A: AsyncFn(&mut Guest<'_>) -> Told + Send + 'static,
    {
        Row {
            name,
            start: Some(Box::new(move |manners| Host::start(manners, greet, act))),
            manners: Manners::default(),
            settings: Vec::new(),
            due: DUE,
            code: 0,
            must: Vec::new(),
            may: Vec::new(),
            doubts: None,
            frame_bytes_max: 64 << 10,
            send_delay_ms_max: 60_000.0,
            check: Box::new(|_| {}),
        }
    }

    pub(crate) fn with(self, manners: Manners) -> Row {
        Row { manners, ..self }
    }

    /// With another scenario in this respect, as `--set` has it.
    pub(crate) fn set(mut self, setting: &'static str) -> Row {
        self.settings.push(setting);
        self
    }

    /// With a frame limit of a mebibyte.
    pub(crate) fn with_large_frames(self) -> Row {
        Row { frame_bytes_max: 1 << 20, ..self.set("limits.frame_size_max=1 MiB") }
    }

    /// Where the generator must be in time.
    pub(crate) fn in_a_hurry(self) -> Row {
        Row { send_delay_ms_max: 10.0, ..self.set("limits.send_delay_p99=10 ms") }
    }

    /// How the run must end.
    pub(crate) fn ends_with(self, code: i32) -> Row {
        Row { code, ..self }
    }

    /// Which violations there must be, each at least once.
    pub(crate) fn shows(self, must: &[ViolationKind]) -> Row {
        Row { must: must.into(), ..self }
    }

    /// Which others there may be.
    pub(crate) fn may_show(self, may: &[ViolationKind]) -> Row {
        Row { may: may.into(), ..self }
    }

    /// Which doubts there must be, beside that the generator was late.
    pub(crate) fn doubts(self, doubts: &'static [&'static str]) -> Row {
        Row { doubts: Some(doubts), ..self }
    }

    /// What else must be so.
    pub(crate) fn check(self, check: impl Fn(&Seen) + Send + 'static) -> Row {
        Row { check: Box::new(check), ..self }
    }

    fn hold(mut self) {
        let start = self.start.take().expect("it is held once");
        let host = start(self.manners);
        let left = Left::new();
        let scenario = left.path().join("hostile.yaml");
        std::fs::write(&scenario, SCENARIO).expect("the folder can be written to");
        let (url, out) = (host.url(), left.path().join("out"));
        let arguments = ["run", &scenario.to_string_lossy(), "--target", &url, "--shards=2"];
        let mut arguments: Vec<String> = arguments.into_iter().map(Into::into).collect();
        arguments.push(format!("--out={}", out.display()));
        arguments.extend(self.settings.iter().map(|setting| format!("--set={setting}")));
        let run = CommandLine::new(arguments).start();
        run.hear("load: ", PATIENCE);
        host.turn();
        let ended = run.end(PATIENCE);
        let report = std::fs::read(out.join("report.json"));
        let report = report.unwrap_or_else(|err| panic!("no report ({err}): {ended:#?}"));
        let report = serde_json::from_slice(&report).expect("a report is JSON");
        let seen = Seen { report, ended, counted: host.counted(), due: self.due };
        self.check_all(&seen);
        (self.check)(&seen);
    }

    fn check_all(&self, seen: &Seen) {
        let Seen { report, ended, .. } = seen;
        let occurred = |kind: &ViolationKind| report.violations.by_kind.of(*kind) > 0;
        let shown: BTreeSet<_> = ViolationKind::ALL.into_iter().filter(occurred).collect();
        let must = self.must.iter().copied().collect::<BTreeSet<_>>();
        let may = must.iter().chain(&self.may).copied().collect();
        assert!(must.is_subset(&shown) && shown.is_subset(&may), "{shown:?}: {seen}");
        let found_more = self.may.iter().any(|kind| shown.contains(kind));
        let code = if found_more { 1 } else { self.code };
        let codes = (ended.code, i32::from(report.exit.code));
        assert_eq!(codes, (Some(code), code), "{seen}");
        seen.check_accounts();
        seen.check_lateness(self.send_delay_ms_max);
        if let Some(wanted) = self.doubts {
            let doubts = report.doubts.iter().map(kind_of).filter(|kind| *kind != LATE);
            assert_eq!(doubts.collect::<Vec<_>>(), wanted, "{seen}");
        }
        assert!(ended.took < TIME_MAX, "{:?}: {seen}", ended.took);
        let (used, bound) = (ended.memory_bytes_max, memory_bound(self.frame_bytes_max));
        assert!(used < bound, "{used} bytes of memory, more than {bound}: {seen}");
    }
}

/// What docs/scenario.md says under Limits, for these runs.
fn memory_bound(frame_bytes_max: u64) -> u64 {
    let send_queue_bytes_max = 64 << 10;
    let of_connections = USERS * (4 * frame_bytes_max + 2 * send_queue_bytes_max);
    MEMORY_AT_REST + of_connections + SHARDS * 64 * frame_bytes_max
}

const LATE: &str = "generator_saturated";

fn kind_of(doubt: &Doubt) -> &'static str {
    match doubt {
        Doubt::GeneratorSaturated { .. } => LATE,
        Doubt::GivenUp { .. } => "given_up",
        Doubt::Unsent { .. } => "unsent",
        Doubt::NothingJudged => "nothing_judged",
        Doubt::TooLittleJudged { .. } => "too_little_judged",
        Doubt::Absent { .. } => "absent",
        Doubt::RecordEnds { .. } => "record_ends",
        Doubt::Interrupted => "interrupted",
        Doubt::Overflow { .. } => "overflow",
        Doubt::TooFewSamples { .. } => "too_few_samples",
    }
}

impl Seen {
    /// All that was due was sent or is told not to have been, and all that was heard is accounted
    /// for.
    fn check_accounts(&self) {
        let Report { tally, counters, violations, doubts, .. } = &self.report;
        let broken = violations.by_kind;
        assert_eq!(tally.must, tally.must_heard + broken.lost, "{self}");
        let too_many = broken.duplicated + broken.echoed + broken.leaked + broken.unexpected;
        let accounted = tally.must_heard + tally.may_heard + too_many;
        assert_eq!(counters.heard, accounted, "{self}");
        let given_up = doubts.iter().find_map(|doubt| match doubt {
            Doubt::GivenUp { messages } => Some(*messages),
            _ => None,
        });
        let told = counters.messages_sent + counters.messages_unsent + given_up.unwrap_or(0);
        assert_eq!(told, self.due, "{self}");
        let reasons: u64 = self.report.connection_reasons.iter().map(|reason| reason.count).sum();
        assert_eq!(reasons, counters.disconnects + counters.connect_failures, "{self}");
    }

    /// Nobody is late in silence.
    fn check_lateness(&self, max: f64) {
        let Report { shards, doubts, latencies, .. } = &self.report;
        let late = shards.iter().any(|shard| shard.send_delay_p99_ms > max);
        let confessed = doubts.iter().any(|doubt| kind_of(doubt) == LATE);
        assert_eq!(late, confessed, "{:?}: {self}", latencies.send_delay);
    }
}

impl std::fmt::Display for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Seen { report, ended, counted, .. } = self;
        let Ended { stdout, stderr, memory_bytes_max, took, .. } = ended;
        writeln!(f, "{memory_bytes_max} bytes, {took:?}, {counted} counted by the server")?;
        writeln!(f, "{:#?} {:#?}", report.counters, report.connection_reasons)?;
        write!(f, "{stdout}\n{stderr}")
    }
}

/// Holds all rows, several at a time, and then says which went wrong.
pub(crate) fn hold(rows: Vec<Row>) {
    let rows: Vec<_> = rows.into_iter().map(|row| Mutex::new(Some(row))).collect();
    let next = AtomicUsize::new(0);
    let failed = Mutex::new(Vec::new());
    let work = || {
        while let Some(row) = rows.get(next.fetch_add(1, Ordering::Relaxed)) {
            let row = row.lock().expect("not poisoned").take().expect("each is held once");
            let name = row.name;
            // The panic says what is wrong.
            if catch_unwind(AssertUnwindSafe(|| row.hold())).is_err() {
                failed.lock().expect("not poisoned").push(name);
            }
        }
    };
    std::thread::scope(|scope| (0..RUNS_AT_A_TIME).for_each(|_| drop(scope.spawn(work))));
    let failed = failed.into_inner().expect("not poisoned");
    assert!(failed.is_empty(), "{} rows failed: {failed:#?}", failed.len());
}
