//! Local: a process of this machine, seen through `/proc`.

use std::fs;
use std::io;
use std::time::Duration;

use super::process::{self, Stat};
use super::sample::Sample;
use crate::clock::Clock;

/// Whether this system shows its processes so.
const IS_SUPPORTED: bool = cfg!(target_os = "linux");
/// Who has more file descriptors has them uncounted: the system's own limit is below that.
const FDS_MAX: usize = 1 << 21;

/// What a look at a process showed.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    /// When the process was started, in clock ticks since the machine was.
    pub(super) started: u64,
    /// Its name.
    pub(super) name: String,
    /// What it uses; `life` is for others to say.
    pub(super) sample: Sample,
    /// How long it took to count its sockets.
    pub(super) counting: Duration,
}

/// Why nothing was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unseen {
    /// There is no such process, or it is over.
    Gone,
    /// It may not be looked at: what the system says.
    Unreadable(String),
    /// This system shows none.
    Unsupported,
}

/// Looks at the process `pid`, and counts its sockets if `count` says so. Blocks for as long as
/// that takes: of 100,000 sockets some tenths of a second.
pub(super) fn look(pid: u32, count: bool, clock: Clock) -> Result<Seen, Unseen> {
    if !IS_SUPPORTED {
        return Err(Unseen::Unsupported);
    }
    let read = |file: &str| fs::read(format!("/proc/{pid}/{file}")).map_err(unseen);
    let (stat, status) = (read("stat")?, read("status")?);
    let (stat, status) = (String::from_utf8_lossy(&stat), String::from_utf8_lossy(&status));
    let unknown = || Unseen::Unreadable(format!("/proc/{pid}/stat is not what it should be"));
    let Stat { dead, cpu_ticks, threads, started } = process::stat(&stat).ok_or_else(unknown)?;
    if dead {
        return Err(Unseen::Gone);
    }
    let began = clock.now();
    let fds = if count { count_fds(pid)? } else { None };
    let (sockets, open_fds) = fds.unzip();
    let sample = Sample {
        life: 0,
        cpu_s: Some(cpu_ticks as f64 / rustix::param::clock_ticks_per_second() as f64),
        rss_bytes: process::rss_bytes(&status),
        sockets,
        open_fds,
        threads: Some(threads),
    };
    let name = process::name(&status).unwrap_or_default();
    Ok(Seen { started, name, sample, counting: clock.now().since(began) })
}

/// How many sockets, and how many file descriptors of any kind, `pid` has open.
fn count_fds(pid: u32) -> Result<Option<(u64, u64)>, Unseen> {
    let (mut sockets, mut all) = (0, 0);
    for (at, entry) in fs::read_dir(format!("/proc/{pid}/fd")).map_err(unseen)?.enumerate() {
        if at >= FDS_MAX {
            return Ok(None);
        }
        // One that was closed meanwhile is none.
        let Ok(link) = fs::read_link(entry.map_err(unseen)?.path()) else { continue };
        all += 1;
        sockets += u64::from(link.as_os_str().as_encoded_bytes().starts_with(b"socket:["));
    }
    Ok(Some((sockets, all)))
}

fn unseen(error: io::Error) -> Unseen {
    let no_such_process = error.raw_os_error() == Some(rustix::io::Errno::SRCH.raw_os_error());
    match error.kind() {
        io::ErrorKind::NotFound => Unseen::Gone,
        _ if no_such_process => Unseen::Gone,
        _ => Unseen::Unreadable(error.to_string()),
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::net::TcpListener;
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn this_process_is_seen_with_its_sockets() {
        let look = || look(std::process::id(), true, Clock::start()).expect("it is there");
        let before = look();
        let listeners: Vec<_> =
            (0..50).map(|_| TcpListener::bind("127.0.0.1:0").expect("a free port")).collect();
        let Sample { cpu_s, rss_bytes, sockets, open_fds, threads, .. } = look().sample;
        assert!(cpu_s >= before.sample.cpu_s, "{cpu_s:?}");
        assert!(rss_bytes > Some(1 << 20) && threads >= Some(1), "{rss_bytes:?}, {threads:?}");
        // Other tests of this program open and close some meanwhile.
        assert!(sockets >= Some(50) && open_fds >= sockets.map(|it| it + 3), "{sockets:?}");
        assert_eq!(look().started, before.started);
        drop(listeners);
    }

    #[test]
    fn who_is_gone_is_gone_whether_or_not_somebody_has_heard_of_it() {
        let mut command = Command::new("cat");
        let mut child = command.stdin(Stdio::piped()).spawn().expect("cat");
        let pid = child.id();
        let seen = look(pid, true, Clock::start()).expect("it waits for its input");
        assert_eq!(seen.sample.sockets, Some(0), "pipes are none");
        child.kill().expect("it can be");
        // Until it is waited for, it is there and yet is not.
        while look(pid, false, Clock::start()).is_ok() {
            std::thread::yield_now();
        }
        assert_eq!(look(pid, false, Clock::start()).err(), Some(Unseen::Gone));
        child.wait().expect("it has ended");
        assert_eq!(look(pid, true, Clock::start()).err(), Some(Unseen::Gone));
    }
}
