//! Broker: what the nodes of a cluster hear each other by, and its operator's commands for it.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::process::Command;

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
    /// Unknown, when the command does not do its work.
    pub(super) async fn take_down(&self) -> Result<Outage, Stop> {
        // From here on, whatever happens, it is brought back.
        let outage = Outage { up: self.up.clone(), is_over: false };
        obey("--broker-down", &self.down).await?;
        Ok(outage)
    }
}

impl Outage {
    /// Brings the broker back.
    ///
    /// # Errors
    /// Unknown, when the command does not do its work.
    pub(super) async fn end(mut self) -> Result<(), Stop> {
        self.is_over = true;
        obey("--broker-up", &self.up).await
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
    shell
}

/// Runs what `flag` gives.
async fn obey(flag: &str, command: &str) -> Result<(), Stop> {
    let running = async { shell(command).kill_on_drop(true).spawn()?.wait().await };
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
    async fn whoever_gives_up_in_the_middle_brings_it_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let flag = folder.path().join("down");
        let named = flag.display();
        let outage = broker(&format!("touch {named}"), &format!("rm {named}")).take_down().await;
        assert!(flag.exists());
        drop(outage);
        let clock = crate::clock::Clock::start();
        while flag.exists() {
            assert!(clock.now().as_nanos() < 30_000_000_000, "it is not brought back");
            clock.sleep_until(clock.now() + Duration::from_millis(5)).await;
        }
    }
}
