//! Reproduce: the command line that does the same again.

use std::ffi::OsString;

use clap::CommandFactory as _;

use super::args::Args;

/// What is not to be the same, and whether a value follows it.
const FLAGS_MOOT: [(&str, bool); 3] = [("--seed", true), ("--out", true), ("--overwrite", false)];
const VARIABLES_MOOT: [&str; 3] = ["CHATBENCH_SEED", "CHATBENCH_OUT", "CHATBENCH_OVERWRITE"];

/// The command line that this process was started with, and what its environment set, with the
/// seed that was used; its report is where it is, so the next goes elsewhere.
pub(super) fn this_command(seed: u64) -> String {
    let typed = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned());
    let flags = Args::command();
    let run = flags.find_subcommand("run").expect("it is what was run");
    let known: Vec<_> = run.get_arguments().filter_map(|flag| flag.get_env()).collect();
    let set = std::env::vars_os().filter(|(name, _)| known.contains(&name.as_os_str()));
    let lossy = |text: OsString| text.to_string_lossy().into_owned();
    command(set.map(|(name, value)| (lossy(name), lossy(value))), typed, seed)
}

fn command(
    set: impl Iterator<Item = (String, String)>,
    typed: impl Iterator<Item = String>,
    seed: u64,
) -> String {
    let moot = |variable: &str| VARIABLES_MOOT.contains(&variable);
    let set = set.filter(|(name, _)| !moot(name));
    let mut words: Vec<_> = set.map(|(name, value)| format!("{name}={}", quoted(value))).collect();
    words.sort();
    words.push("chatbench".into());
    let mut typed = typed;
    while let Some(word) = typed.next() {
        let flag = word.split('=').next().unwrap_or_default();
        match FLAGS_MOOT.iter().find(|(moot, _)| *moot == flag) {
            Some((_, has_value)) if *has_value && flag == word => drop(typed.next()),
            Some(_) => {}
            None => words.push(quoted(word)),
        }
    }
    words.push(format!("--seed {seed}"));
    words.join(" ")
}

/// `word` as a POSIX shell takes it for one word.
fn quoted(word: String) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word;
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seed_is_the_one_that_was_used_and_words_stay_words() {
        let check = |set: &[(&str, &str)], line: &[&str], wanted: &str| {
            let set = set.iter().map(|(name, value)| ((*name).into(), (*value).into()));
            assert_eq!(command(set, line.iter().map(|word| (*word).to_owned()), 7), wanted);
        };
        check(&[], &["run", "a.yaml"], "chatbench run a.yaml --seed 7");
        check(&[], &["run", "a b.yaml", "--seed", "9"], "chatbench run 'a b.yaml' --seed 7");
        check(&[], &["run", "--seed=9", "it's"], r"chatbench run 'it'\''s' --seed 7");
        let out = ["run", "--out", "a", "--overwrite", "--out=b", "-q", "c"];
        check(&[], &out, "chatbench run -q c --seed 7");
        let set = [("CHATBENCH_SEED", "9"), ("CHATBENCH_SET", "a=1 B"), ("CHATBENCH_OUT", "b")];
        check(&set, &["run", "c"], "CHATBENCH_SET='a=1 B' chatbench run c --seed 7");
    }
}
