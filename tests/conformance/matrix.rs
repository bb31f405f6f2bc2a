//! Matrix: which lie fails which checks, and nothing else.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use chatbench::conformance::{self, CATALOGUE, Check, Group, Level, Outcome, Tried};

use crate::liar::{Lie, Setup};
use crate::lies::{ALL, Row, UNTOLD, setup_for};
use crate::tried::{Server, TIMED, Tale, is_timed, told, tried};

/// Servers tried at a time: they wait more than they work.
const TOGETHER: usize = 8;

/// What a check may miss on the honest server: what no server here has.
const EXCUSES: &[&str] = &["no process to look at", "senders do not hear themselves"];

/// Tries each of `subjects`, so many at a time.
pub(crate) fn each<T: Sync>(subjects: &[T], at_a_time: usize, check: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some(subject) = subjects.get(next.fetch_add(1, Ordering::Relaxed)) {
            check(subject);
        }
    };
    // Whatever goes wrong in one of them goes wrong here.
    std::thread::scope(|scope| (0..at_a_time).for_each(|_| drop(scope.spawn(work))));
}

#[test]
fn the_truth_passes() {
    each(&["", "CSR", "ROB", "MSGP"], TOGETHER, |&group| {
        let setup = setup_for(&[group]);
        let others = ["CSR", "ROB", "MSGP"].into_iter().filter(|other| *other != group);
        let others: Vec<&str> = others.collect();
        let is_tried = |check: &&Check| {
            // Recovery changes what all that is heard looks like.
            (check.id.starts_with(group) || group == "CSR")
                && !others.iter().any(|other| check.id.starts_with(other))
                && !is_timed(check)
        };
        let checks: Vec<&'static Check> = conformance::checks().filter(is_tried).collect();
        let tried = tried(&Server::honest(setup), &checks).expect("the survey finds a server");
        let passed = |outcome: &Outcome| match outcome {
            Outcome::Pass(_) => true,
            Outcome::NotApplicable(why) => EXCUSES.iter().any(|it| why.contains(it)),
            Outcome::Fail(_) | Outcome::KnownDeviation(..) | Outcome::Unknown(_) => false,
        };
        let wrong: Vec<String> =
            tried.iter().filter(|one| !passed(&one.outcome)).map(told).collect();
        assert!(wrong.is_empty(), "{setup:?}:\n{}", wrong.join("\n"));
    });
}

/// Where memory and files can be looked at, too; and where senders hear themselves.
#[test]
fn the_truth_passes_apart_and_echoed() {
    let passes = |ids: &str, server: Server| {
        let checks = conformance::checks().filter(|check| check.id.starts_with(ids));
        let tried = tried(&server, &checks.collect::<Vec<_>>()).expect("there is a server");
        let passed = |one: &&Tried| matches!(one.outcome, Outcome::Pass(_));
        let wrong: Vec<String> = tried.iter().filter(|one| !passed(one)).map(told).collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    };
    passes("RES", Server { is_apart: true, ..Server::honest(Setup::default()) });
    for id in ["CHAT-EXC-01b", "CLU-01b"] {
        passes(id, Server::honest(setup_for(&["CHAT-EXC-01b"])));
    }
}

/// A server need not have WebSockets, and may give its sessions any ids.
#[test]
fn the_truth_passes_without_websockets_and_with_odd_ids() {
    let none = Setup { websocket: false, ..setup_for(&["EIO-HTTP"]) };
    let odd = Setup { odd_ids: true, ..setup_for(&["EIO-HTTP"]) };
    let missing = ["no session by WebSocket", "whoever polls reads at its own pace"];
    let missing = [EXCUSES, &missing].concat();
    let groups: [&[&str]; 2] = [&["EIO", "CORS", "SIO", "CHAT"], &["EIO"]];
    let setups = [(none, &*missing, groups[0]), (odd, EXCUSES, groups[1])];
    each(&setups, TOGETHER, |&(setup, excuses, groups)| {
        let is_tried = |check: &&Check| groups.iter().any(|it| check.id.starts_with(it));
        let checks: Vec<&'static Check> = conformance::checks().filter(is_tried).collect();
        let tried = tried(&Server::honest(setup), &checks).expect("there is a server");
        let is_wrong = |one: &&Tried| match &one.outcome {
            Outcome::Pass(_) => false,
            Outcome::NotApplicable(why) => !excuses.iter().any(|it| why.contains(it)),
            Outcome::Fail(_) | Outcome::KnownDeviation(..) | Outcome::Unknown(_) => true,
        };
        let wrong: Vec<String> = tried.iter().filter(is_wrong).map(told).collect();
        assert!(wrong.is_empty(), "{setup:?}:\n{}", wrong.join("\n"));
    });
}

#[test]
fn each_lie_fails_the_checks_it_is_told_to_and_no_others() {
    let rows = rows(|row| !is_judged_by_its_time(row));
    let complaints = Mutex::new(Vec::new());
    each(&rows, TOGETHER, |row| {
        let complaint = complaint_of(row, tried);
        complaints.lock().expect("not poisoned").extend(complaint);
    });
    let complaints = complaints.into_inner().expect("not poisoned");
    assert!(complaints.is_empty(), "{}", complaints.join("\n\n"));
}

/// Those that are wanted, and such.
pub(crate) fn rows(which: impl Fn(&Row) -> bool) -> Vec<&'static Row> {
    let wanted = ALL.iter().copied().flatten().filter(|row| is_wanted(row));
    let wanted: Vec<&Row> = wanted.collect();
    assert!(!wanted.is_empty(), "no lie is called so");
    wanted.into_iter().filter(|row| which(row)).collect()
}

pub(crate) fn is_judged_by_its_time(row: &Row) -> bool {
    row.fails.iter().any(|id| TIMED.contains(id))
}

/// To look at a few: `CHATBENCH_LIES=AnswersOtherRevisions,…`.
fn is_wanted(row: &Row) -> bool {
    let Ok(wanted) = std::env::var("CHATBENCH_LIES") else { return true };
    wanted.split(',').any(|wanted| format!("{:?}", row.lie).contains(wanted))
}

/// What is otherwise than `row` says, where checks are `tried` so.
pub(crate) fn complaint_of(
    row: &Row,
    tried: impl Fn(&Server, &[&'static Check]) -> Result<Vec<Tried>, String>,
) -> Option<String> {
    let server = Server { is_apart: row.is_apart, ..Server::lying(row.lie, row.setup()) };
    let of_row = |group: &&Group| group.checks.iter().any(|check| row.fails.contains(&check.id));
    let groups = CATALOGUE.iter().filter(of_row);
    let checks = groups.flat_map(|group| group.checks);
    let checks = checks.filter(|check| !row.is_alone || row.fails.contains(&check.id));
    let checks: Vec<&'static Check> = checks.collect();
    let tried = match tried(&server, &checks) {
        Ok(tried) => tried,
        Err(error) => return Some(format!("{:?}: {error}", row.lie)),
    };
    let ids = |which: fn(&Outcome) -> bool| -> BTreeSet<&str> {
        tried.iter().filter(|one| which(&one.outcome)).map(|one| one.check.id).collect()
    };
    let fails = ids(|it| matches!(it, Outcome::Fail(_) | Outcome::KnownDeviation(..)));
    let unknown = ids(|it| matches!(it, Outcome::Unknown(_)));
    let wanted: [BTreeSet<&str>; 2] =
        [row.fails, row.unknown].map(|ids| ids.iter().copied().collect());
    if [&fails, &unknown] == wanted.each_ref() {
        return None;
    }
    let odd = tried.iter().filter(|one| {
        let id = one.check.id;
        wanted[0].contains(id) != fails.contains(id)
            || wanted[1].contains(id) != unknown.contains(id)
    });
    let odd: Vec<String> = odd.map(told).collect();
    Some(format!(
        "{:?} fails {fails:?}, and of {unknown:?} nothing is known; wanted {:?}, and {:?}\n{}",
        row.lie,
        wanted[0],
        wanted[1],
        odd.join("\n")
    ))
}

/// Servers do lose what comes right behind CONNECT: for that they fail one check, and no other one
/// in whatever group.
#[test]
fn who_is_deaf_behind_connect_fails_no_other_check() {
    each(CATALOGUE, TOGETHER, |group| {
        let checks: Vec<&Check> = group.checks.iter().filter(|check| !is_timed(check)).collect();
        let kind = checks[0].id.split('-').next().expect("an id has parts");
        let setup = setup_for(&[kind, "EIO-HTTP"]);
        let server = Server::lying(Lie::IsDeafBehindConnect, setup);
        let tried = tried(&server, &checks).expect("there is a server");
        let is_wrong = |one: &&Tried| match &one.outcome {
            Outcome::Pass(_) => one.check.id == "CHAT-MEM-02b",
            Outcome::Fail(_) => one.check.id != "CHAT-MEM-02b",
            Outcome::NotApplicable(why) => !EXCUSES.iter().any(|it| why.contains(it)),
            Outcome::KnownDeviation(..) | Outcome::Unknown(_) => true,
        };
        let wrong: Vec<String> = tried.iter().filter(is_wrong).map(told).collect();
        assert!(wrong.is_empty(), "{}:\n{}", group.title, wrong.join("\n"));
    });
}

#[test]
fn a_hook_that_is_not_there_is_told_of_as_that_and_the_chat_is_used_instead() {
    let ids = ["SIO-EVT-05", "EIO-WS-01", "SIO-ACK-01"];
    let checks = conformance::checks().filter(|check| ids.contains(&check.id)).collect::<Vec<_>>();
    let server = Server::lying(Lie::HasNoEcho, Setup::default());
    for one in tried(&server, &checks).expect("there is a server") {
        let is_right = match &one.outcome {
            Outcome::Unknown(why) => one.check.id == "SIO-EVT-05" && why.contains("`hooks.echo`"),
            Outcome::Pass(_) => one.check.id != "SIO-EVT-05",
            _ => false,
        };
        assert!(is_right, "{}", told(&one));
    }
}

/// A session that is ended once may have answered a ping too late, where there is little time.
#[test]
fn what_fails_with_a_session_that_is_ended_is_looked_at_again_where_pings_have_little_time() {
    let outcome = |ping_timeout| {
        let setup = Setup { ping_timeout, ..Setup::default() };
        let checks = conformance::checks().filter(|check| check.id == "CHAT-DLV-01");
        let server = Server::lying(Lie::EndsOneHearer, setup);
        tried(&server, &checks.collect::<Vec<_>>()).expect("there is a server").remove(0)
    };
    let hasty = outcome(Duration::from_millis(400));
    let is_told = |remark: &str| remark.contains("at first") && remark.contains("it failed: ");
    let passes = matches!(&hasty.outcome, Outcome::Pass(remark) if is_told(remark));
    assert!(passes, "{}", told(&hasty));
    let patient = outcome(Duration::from_secs(3));
    assert!(matches!(patient.outcome, Outcome::Fail(_)), "{}", told(&patient));
}

/// What several checks judge was seen by one of them, and is told of by each.
#[test]
fn what_happens_under_load_is_in_the_transcript_of_each_check_that_judges_it() {
    let ids = ["CHAT-DLV-02", "CHAT-DLV-03"];
    let checks = conformance::checks().filter(|check| ids.contains(&check.id));
    let server = Server::lying(Lie::SendsSomeTwice, Setup::default());
    for one in tried(&server, &checks.collect::<Vec<_>>()).expect("there is a server") {
        let is_heard = one.transcript.iter().any(|line| line.text.contains("onreceive-msg"));
        assert!(is_heard, "{}", told(&one));
    }
}

#[test]
fn there_is_a_lie_for_every_check_or_a_reason_why_not() {
    let told: BTreeSet<&str> =
        ALL.iter().copied().flatten().flat_map(|row| row.fails).copied().collect();
    let untold: BTreeSet<&str> = UNTOLD.iter().map(|(id, _)| *id).collect();
    // What only tells cannot fail.
    let can_fail = conformance::checks().filter(|check| check.level != Level::Info);
    let ids: BTreeSet<&str> = can_fail.map(|check| check.id).collect();
    let covered: BTreeSet<&str> = told.union(&untold).copied().collect();
    let missing: Vec<&&str> = ids.difference(&covered).collect();
    assert!(missing.is_empty(), "no lie fails {missing:?}");
    let unheard: Vec<&&str> = covered.difference(&ids).collect();
    assert!(unheard.is_empty(), "no check that can fail is called {unheard:?}");
    let both: Vec<&&str> = told.intersection(&untold).collect();
    assert!(both.is_empty(), "a lie fails {both:?}, and there is a reason why none does");
}

#[test]
fn where_there_is_no_server_nothing_is_tried() {
    let checks: Vec<&'static Check> = conformance::checks().collect();
    let server = Server { tale: Tale::Nobody, ..Server::honest(Setup::default()) };
    let error = tried(&server, &checks).expect_err("there is no server");
    assert!(error.contains("no check can be tried"), "{error}");
}
