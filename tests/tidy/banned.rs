//! Banned: calls and attributes that a rule keeps to one place, or out of the tree.

use crate::source::{Complaint, File, Token};

/// Something that code must not say.
struct Ban {
    /// Its tokens, with a space between any two.
    says: &'static str,
    /// Where that is forbidden.
    inside: &'static [&'static str],
    /// Where, within that, it is allowed after all.
    except: &'static [&'static str],
    why: &'static str,
}

const EVERYWHERE: &[&str] = &["src", "tests", "benches", "reference-server"];
/// What measures real time although it is not the clock: a stall is a matter of real time.
const CLOCKS: &[&str] =
    &["src/clock.rs", "src/clock", "reference-server/tests/server/faults.rs", "benches"];
/// What writes for a person or a pipe: commands and reports, and tests that say what they skip.
const WRITERS: &[&str] = &["src/cli", "src/report", "src/main.rs", TESTS, "benches"];
/// Tests wherever they are.
const TESTS: &str = "tests";
const NOWHERE: &[&str] = &[];
/// What waits although nothing tells it when: the faults that are a delay, the pause after a
/// failed accept, the patience with slow requests; and the test of a join that is late.
const SLEEPERS: &[&str] = &[
    "src/clock.rs",
    "src/clock",
    "benches",
    "reference-server/src/fault",
    "reference-server/src/server.rs",
    "reference-server/src/worker.rs",
    "reference-server/tests/server/faults.rs",
];

const fn everywhere(says: &'static str, why: &'static str) -> Ban {
    Ban { says, inside: EVERYWHERE, except: NOWHERE, why }
}

const fn outside(except: &'static [&'static str], says: &'static str, why: &'static str) -> Ban {
    Ban { says, inside: EVERYWHERE, except, why }
}

const TIME: &str = "time is an argument: only the clock asks what time it is";
const PRINT: &str = "only the command line and the reports write for a person";
const SLEEP: &str = "wait for what must happen, or let the clock wait";
const LEFT: &str = "unfinished work stays out of the tree";

const BANS: &[Ban] = &[
    outside(CLOCKS, "Instant : : now", TIME),
    outside(CLOCKS, "SystemTime : : now", TIME),
    outside(WRITERS, "println !", PRINT),
    outside(WRITERS, "eprintln !", PRINT),
    outside(WRITERS, "print !", PRINT),
    outside(WRITERS, "eprint !", PRINT),
    outside(SLEEPERS, "sleep (", SLEEP),
    everywhere("[ allow (", "write `#[expect(…, reason = …)]`"),
    everywhere("# [ ignore", "a test that is not run promises nothing"),
    everywhere("todo !", LEFT),
    everywhere("unimplemented !", LEFT),
    everywhere("dbg !", LEFT),
    everywhere("unsafe", "an exception is one file with a measured reason, named here"),
    everywhere("process : : exit", "main returns an exit code; nothing below it ends the process"),
    Ban {
        says: "PreEscaped",
        inside: &["src"],
        except: &["src/page"],
        why: "what is not escaped may come from a hostile server: only the page knows what is safe",
    },
    Ban {
        says: "reference_server",
        inside: &["src"],
        except: &["src/cli"],
        why: "only the command line may start it; nothing below knows that there is one",
    },
    Ban {
        says: "chatbench : :",
        inside: &["reference-server"],
        except: NOWHERE,
        why: "a codec used at both ends would hide its own mistakes",
    },
];

pub(crate) fn check(file: &File) -> Vec<Complaint> {
    if !file.is_rust() {
        return Vec::new();
    }
    let tokens = file.flat_tokens();
    let bans = BANS.iter().filter(|ban| {
        let excepted = file.is_in(ban.except) || file.is_test() && ban.except.contains(&TESTS);
        file.is_in(ban.inside) && !excepted
    });
    bans.flat_map(|ban| {
        let lines = lines_that_say(&tokens, ban.says);
        lines.map(|line| file.complaint(line, format!("`{}`: {}", tight(ban.says), ban.why)))
    })
    .collect()
}

fn lines_that_say<'a>(tokens: &'a [Token], says: &'a str) -> impl Iterator<Item = usize> + 'a {
    let len = says.split(' ').count();
    tokens
        .windows(len)
        .filter(|window| window.iter().map(|token| token.text.as_str()).eq(says.split(' ')))
        .map(|window| window[0].line)
}

fn tight(says: &str) -> String {
    says.replace(' ', "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::judge;

    #[test]
    fn whatever_is_banned_is_complained_of_where_it_is() {
        let cases = [
            ("src/a.rs", "fn f() {\n Instant::now() }", "src/a.rs:2: `Instant::now`"),
            ("src/a.rs", "std::time::SystemTime::now()", "`SystemTime::now`"),
            ("src/clock/b.rs", "Instant::now()", ""),
            ("src/clockwork.rs", "Instant::now()", "`Instant::now`"),
            ("src/load/a.rs", "println!(\"x\")", "`println!`"),
            ("src/load/a.rs", "eprintln!(\"x\")", "`eprintln!`"),
            ("reference-server/src/cli.rs", "print!(\"x\")", "`print!`"),
            ("src/cli/a.rs", "println!(\"x\"); eprint!()", ""),
            ("src/a/tests/b.rs", "eprintln!(\"seed {seed}\")", ""),
            ("src/a.rs", "// println!()\nlet a = \"dbg!(a)\";", ""),
            ("src/a.rs", "#[allow(dead_code)] fn f() {}", "`[allow(`"),
            ("src/a.rs", "#![allow(dead_code)]", "`[allow(`"),
            ("src/a.rs", "#[expect(dead_code, reason = \"\")] fn f() {}", ""),
            ("tests/a.rs", "#[test]\n#[ignore = \"slow\"]\nfn f() {}", "tests/a.rs:2: `#[ignore`"),
            ("src/a.rs", "todo!()", "`todo!`"),
            ("src/a.rs", "unimplemented!()", "`unimplemented!`"),
            ("src/a.rs", "m! { dbg!(1) }", "`dbg!`"),
            ("benches/a.rs", "unsafe { f() }", "`unsafe`"),
            ("src/a.rs", "#![forbid(unsafe_code)]", ""),
            ("src/cli/a.rs", "std::process::exit(1)", "`process::exit`"),
            ("tests/a.rs", "thread::sleep(SECOND)", "`sleep(`"),
            ("tests/a.rs", "tokio::time::sleep(SECOND).await", "`sleep(`"),
            ("src/load/a.rs", "clock.sleep_until(moment).await", ""),
            ("src/run.rs", "use reference_server::run;", "`reference_server`: only"),
            ("src/cli/serve.rs", "reference_server::run()", ""),
            ("reference-server/src/a.rs", "use chatbench::time;", "hide its own mistakes"),
        ];
        for (path, text, wanted) in cases {
            let complaints = judge(check, path, text).join("; ");
            assert!(complaints.contains(wanted), "{wanted:?} is not in {complaints:?}");
            assert_eq!(complaints.is_empty(), wanted.is_empty(), "{complaints}");
        }
    }

    #[test]
    fn every_exception_is_still_there() {
        let tree = crate::source::Tree::read();
        let files = [CLOCKS, SLEEPERS].concat();
        for path in files.iter().filter(|path| path.ends_with(".rs")) {
            assert!(tree.files.iter().any(|file| file.path == **path), "{path} is gone");
        }
    }
}
