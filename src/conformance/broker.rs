//! Broker: what the nodes of a cluster hear each other by, and its operator's commands for it.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::{Child, Command};

use super::finding::Stop;

/// A command that takes longer is ended.
const COMMAND_TIME_MAX: Duration = Duration::from_secs(15);

/// How the broker of a cluster is taken down, and brought back: commands for `sh`.
#[derive(Clone, Debug)]
pub struct Broker {
    /// Takes it down, or cuts it off.
    pub down: String,
    /// Brings it back.
    pub up: String,
}

/// The time for which the broker is down.
pub(super) struct Outage {
    up: String,
    is_over: bool,
}

impl Broker {
    /// Takes it down.
    ///
    /// # Errors
    /// Unknown, when the command does not do its work: it may have done half of it, so what it
    /// did is undone.
    pub(super) async fn take_down(&self) -> Result<Outage, Stop> {
        // From here on, whatever happens, it is brought back.
        let outage = Outage { up: self.up.clone(), is_over: false };
        let Err(down) = obey("--broker-down", &self.down).await else { return Ok(outage) };
        Err(match outage.end().await {
            Ok(()) => down,
            Err(up) => Stop::unknown(format!("{}; and {}", down.why(), up.why())),
        })
    }
}

impl Outage {
    /// Brings the broker back; given up in the middle, it is brought back all the same.
    ///
    /// # Errors
    /// Unknown, when the command does not do its work.
    pub(super) async fn end(mut self) -> Result<(), Stop> {
        let ended = obey("--broker-up", &self.up).await;
        self.is_over = true;
        ended
    }
}

impl Drop for Outage {
    fn drop(&mut self) {
        if !self.is_over {
            // Somebody gave up in the middle, and waits for nothing any more.
            let _ = shell(&self.up).into_std().spawn();
        }
    }
}

fn shell(command: &str) -> Command {
    let mut shell = Command::new("sh");
    // What it has to say it says beside the report, not in it.
    shell.args(["-c", command]).stdin(Stdio::null()).stdout(Stdio::null());
    shell.process_group(0);
    shell
}

/// A command under way. Given up, it is ended with all that it started: what it has not done by
/// then it must not do any more.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended has no id any more.
        let group = self.0.id().and_then(|id| Pid::from_raw(id as i32));
        if let Some(group) = group {
            // It may end at this very moment.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

/// Runs what `flag` gives.
async fn obey(flag: &str, command: &str) -> Result<(), Stop> {
    let running = async { Running(shell(command).spawn()?).0.wait().await };
    let ended = tokio::time::timeout(COMMAND_TIME_MAX, running).await;
    let why = match ended {
        Ok(Ok(status)) if status.success() => return Ok(()),
        Ok(Ok(status)) => said(status),
        Ok(Err(error)) => format!("cannot be run: {error}"),
        Err(_) => format!("was not over within {}", humantime::format_duration(COMMAND_TIME_MAX)),
    };
    Err(Stop::unknown(format!("the command of `{flag}`, `{command}`, {why}")))
}

fn said(status: ExitStatus) -> String {
    match status.code() {
        Some(code) => format!("ended with {code}"),
        None => format!("was ended: {status}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broker(down: &str, up: &str) -> Broker {
        Broker { down: down.into(), up: up.into() }
    }

    /// Looks for half a minute whether it `is_so`, and otherwise complains.
    async fn wait_until(is_so: impl Fn() -> bool, complaint: &str) {
        let clock = crate::clock::Clock::start();
        while !is_so() {
            assert!(clock.now().as_nanos() < 30_000_000_000, "{complaint}");
            clock.sleep_until(clock.now() + Duration::from_millis(5)).await;
        }
    }

    #[tokio::test]
    async fn a_command_that_fails_is_told_of_as_what_it_is() {
        let Err(Stop::Unknown(why)) = broker("exit 3", "true").take_down().await else {
            panic!("a command that fails took something down");
        };
        assert_eq!(why, "the command of `--broker-down`, `exit 3`, ended with 3");
        let outage = broker("true", "kill -9 $$").take_down().await.expect("it is true");
        let Err(Stop::Unknown(why)) = outage.end().await else { panic!("it was killed") };
        assert!(why.starts_with("the command of `--broker-up`, `kill -9 $$`, was ended"), "{why}");
    }

    #[tokio::test]
    async fn what_was_not_taken_down_whole_is_brought_back_and_both_are_told_of() {
        let folder = tempfile::tempdir().expect("a folder");
        let flag = folder.path().join("up");
        let up = format!("touch {}; exit 4", flag.display());
        let Err(Stop::Unknown(why)) = broker("exit 3", &up).take_down().await else {
            panic!("a command that fails took something down");
        };
        assert!(flag.exists(), "it is not brought back");
        assert!(why.contains("`exit 3`, ended with 3; and the command of `--broker-up`"), "{why}");
        assert!(why.ends_with("ended with 4"), "{why}");
    }

    #[tokio::test]
    async fn a_command_that_is_given_up_is_ended_with_all_that_it_started() {
        let folder = tempfile::tempdir().expect("a folder");
        let [begun, down] = ["begun", "down"].map(|name| folder.path().join(name));
        let (begun_at, down_at) = (begun.display(), down.display());
        let slow = format!("echo $$ > {begun_at}; mv {begun_at} {down_at}; sleep 600 | cat");
        let broker = broker(&slow, "true");
        let group = {
            let mut taken = std::pin::pin!(broker.take_down());
            let clock = crate::clock::Clock::start();
            loop {
                tokio::select! {
                    _ = &mut taken => panic!("it sleeps"),
                    () = clock.sleep_until(clock.now() + Duration::from_millis(5)) => {}
                }
                if let Ok(said) = std::fs::read_to_string(&down) {
                    break said.trim().parse().ok().and_then(Pid::from_raw).expect("a process");
                }
            }
        };
        let is_over = || rustix::process::test_kill_process_group(group).is_err();
        wait_until(is_over, "it goes on").await;
    }

    #[tokio::test]
    async fn whoever_gives_up_in_the_middle_brings_it_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let flag = folder.path().join("down");
        let named = flag.display();
        let outage = broker(&format!("touch {named}"), &format!("rm {named}")).take_down().await;
        assert!(flag.exists());
        drop(outage);
        wait_until(|| !flag.exists(), "it is not brought back").await;
    }

    #[tokio::test]
    async fn whoever_gives_up_bringing_it_back_brings_it_back_nevertheless() {
        let folder = tempfile::tempdir().expect("a folder");
        let [first, back] = ["first", "up"].map(|name| folder.path().join(name));
        let (first_at, back_at) = (first.display(), back.display());
        let up = format!("if mkdir {first_at} 2>&1; then sleep 600; else touch {back_at}; fi");
        let outage = broker("true", &up).take_down().await.expect("it is true");
        tokio::select! {
            _ = outage.end() => panic!("it sleeps"),
            () = wait_until(|| first.exists(), "it is not even tried") => {}
        }
        wait_until(|| back.exists(), "it is not brought back").await;
    }
}
