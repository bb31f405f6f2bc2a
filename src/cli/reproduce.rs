//! Reproduce: the command line that does the same again.

use std::ffi::OsString;

use clap::{Arg, CommandFactory as _};

use super::args::Args;
use crate::doctor::quoted;

/// What is not to be the same: the report is where it is, so the next goes elsewhere; a server that
/// was started again is another process, and nothing that is proved follows from looking at it.
const MOOT_OF_RUN: &[&str] = &[
    "seed",
    "out",
    "overwrite",
    "record",
    "record_limit",
    "observe",
    "metrics",
    #[cfg(feature = "otlp")]
    "otlp",
];
/// What says where the steps are kept, and the same.
const MOOT_OF_CAPACITY: &[&str] = &[
    "seed",
    "out",
    "overwrite",
    "resume",
    "observe",
    "metrics",
    #[cfg(feature = "otlp")]
    "otlp",
];
/// What says where a report goes or how it is shown, and not what is tried.
const MOOT_OF_CONFORM: [&str; 9] =
    ["json", "junit", "tap", "markdown", "text", "verbose", "quiet", "write_baseline", "format"];
/// What chooses checks and excuses them, which a single one has no need of.
const MOOT_OF_ONE: [&str; 4] = ["only", "skip", "level", "baseline"];
/// What is not to be shown to whoever reads a report.
const SECRET_VARIABLES: [&str; 2] = ["CHATBENCH_AUTH", "CHATBENCH_HEADER"];

/// The command line that this process was started with, and what its environment set, with the
/// seed that was used.
pub(super) fn run(seed: u64) -> String {
    format!("{} --seed {seed}", this_command("run", MOOT_OF_RUN))
}

/// The same of `capacity`.
pub(super) fn capacity(seed: u64) -> String {
    format!("{} --seed {seed}", this_command("capacity", MOOT_OF_CAPACITY))
}

/// The same of `conform`: of all its checks, and of one, but for the flag that says which.
pub(super) fn conform() -> (String, String) {
    let one = [&MOOT_OF_CONFORM[..], &MOOT_OF_ONE].concat();
    (this_command("conform", &MOOT_OF_CONFORM[..]), this_command("conform", &one))
}

fn this_command(subcommand: &str, moot: &[&str]) -> String {
    let typed = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned());
    let flags = Args::command();
    let flags = flags.find_subcommand(subcommand).expect("it is what was started");
    let lossy = |text: OsString| text.to_string_lossy().into_owned();
    let set = std::env::vars_os().map(|(name, value)| (lossy(name), lossy(value)));
    command(set, typed, flags, moot)
}

fn command(
    set: impl Iterator<Item = (String, String)>,
    mut typed: impl Iterator<Item = String>,
    flags: &clap::Command,
    moot: &[&str],
) -> String {
    let kept = |flag: &&Arg| !moot.contains(&flag.get_id().as_str());
    let variables: Vec<_> = flags.get_arguments().filter(kept).filter_map(Arg::get_env).collect();
    let known = |name: &str| variables.iter().any(|variable| *variable == name);
    let set = set.filter(|(name, _)| known(name) && !SECRET_VARIABLES.contains(&name.as_str()));
    let mut words: Vec<_> = set.map(|(name, value)| format!("{name}={}", quoted(&value))).collect();
    words.sort();
    words.push("chatbench".into());
    while let Some(word) = typed.next() {
        let name = word.split('=').next().unwrap_or_default();
        match flags.get_arguments().find(|flag| is_called(flag, name)).filter(|it| !kept(it)) {
            Some(flag) if flag.get_action().takes_values() && name == word => drop(typed.next()),
            Some(_) => {}
            None => words.push(quoted(&word)),
        }
    }
    words.join(" ")
}

fn is_called(flag: &Arg, name: &str) -> bool {
    let long = flag.get_long().is_some_and(|long| name.strip_prefix("--") == Some(long));
    let short = flag.get_short().map(|short| format!("-{short}"));
    long || short.is_some_and(|short| short == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seed_is_the_one_that_was_used_and_words_stay_words() {
        let commands = Args::command();
        let of = |set: &[(&str, &str)], line: &[&str], moot: &[&str]| {
            let set = set.iter().map(|(name, value)| ((*name).into(), (*value).into()));
            let flags = commands.find_subcommand(line[0]).expect("a subcommand");
            command(set, line.iter().map(|word| (*word).to_owned()), flags, moot)
        };
        let check = |set: &[(&str, &str)], line: &[&str], wanted: &str| {
            assert_eq!(of(set, line, MOOT_OF_RUN), wanted);
        };
        check(&[], &["run", "a.yaml"], "chatbench run a.yaml");
        check(&[], &["run", "a b.yaml", "--seed", "9"], "chatbench run 'a b.yaml'");
        check(&[], &["run", "--seed=9", "it's"], r"chatbench run 'it'\''s'");
        let out = ["run", "--out", "a", "--overwrite", "--out=b", "-q", "c"];
        check(&[], &out, "chatbench run -q c");
        check(&[], &["run", "--metrics", "9464", "c"], "chatbench run c");
        let record = ["run", "--record", "a", "--record-limit=1 MB", "c", "--record-limit", "2 MB"];
        check(&[], &record, "chatbench run c");
        check(&[("CHATBENCH_OBSERVE", "1")], &["run", "--observe", "2", "c"], "chatbench run c");
        let set = [("CHATBENCH_SEED", "9"), ("CHATBENCH_SET", "a=1 B"), ("CHATBENCH_OUT", "b")];
        check(&set, &["run", "c"], "CHATBENCH_SET='a=1 B' chatbench run c");
        let line = ["conform", "u", "-q", "--only=A", "--json", "f", "--hostile"];
        assert_eq!(of(&[], &line, &MOOT_OF_CONFORM), "chatbench conform u --only=A --hostile");
        let one = [&MOOT_OF_CONFORM[..], &MOOT_OF_ONE].concat();
        let set = [("CHATBENCH_AUTH", "{}"), ("CHATBENCH_SKIP", "B"), ("CHATBENCH_PID", "7")];
        assert_eq!(of(&set, &line, &one), "CHATBENCH_PID=7 chatbench conform u --hostile");
    }

    #[test]
    fn whatever_is_moot_is_a_flag() {
        let commands = Args::command();
        let all = [
            ("run", MOOT_OF_RUN),
            ("capacity", MOOT_OF_CAPACITY),
            ("conform", &MOOT_OF_CONFORM),
            ("conform", &MOOT_OF_ONE),
        ];
        for (subcommand, moot) in all {
            let flags = commands.find_subcommand(subcommand).expect("a subcommand");
            for id in moot {
                assert!(flags.get_arguments().any(|flag| flag.get_id() == id), "{id}");
            }
        }
    }
}
