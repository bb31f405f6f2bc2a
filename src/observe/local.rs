//! Local: a process of this machine, seen through `/proc`.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use super::process::{self, Stat};
use super::sample::Sample;
use crate::clock::Clock;
use crate::time::Timestamp;

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
    /// When that was so.
    pub(super) at: Timestamp,
    /// How long it took to count its sockets.
    pub(super) counting: Duration,
    /// Why these could not be counted, if that is so: of another user's process they may not be.
    pub(super) uncounted: Option<String>,
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
    look_into(&Path::new("/proc").join(pid.to_string()), count, clock)
}

fn look_into(process: &Path, count: bool, clock: Clock) -> Result<Seen, Unseen> {
    let read = |file: &str| fs::read(process.join(file)).map_err(unseen);
    let (stat, status) = (read("stat")?, read("status")?);
    let (stat, status) = (String::from_utf8_lossy(&stat), String::from_utf8_lossy(&status));
    let unknown =
        || Unseen::Unreadable(format!("{}/stat is not what it should be", process.display()));
    let Stat { dead, cpu_ticks, threads, started } = process::stat(&stat).ok_or_else(unknown)?;
    if dead {
        return Err(Unseen::Gone);
    }
    let at = clock.now();
    let counted = if count { count_fds(process) } else { Ok(None) };
    let (fds, uncounted) = match counted {
        Ok(fds) => (fds, None),
        Err(Unseen::Unreadable(why)) => (None, Some(why)),
        Err(unseen) => return Err(unseen),
    };
    let (sockets, open_fds) = fds.unzip();
    let sample = Sample {
        cpu_s: Some(cpu_ticks as f64 / rustix::param::clock_ticks_per_second() as f64),
        rss_bytes: process::rss_bytes(&status),
        sockets,
        open_fds,
        threads: Some(threads),
        ..Sample::default()
    };
    let name = process::name(&status).unwrap_or_default();
    Ok(Seen { started, name, sample, at, counting: clock.now().since(at), uncounted })
}

/// How many sockets, and how many file descriptors of any kind, a process has open.
fn count_fds(process: &Path) -> Result<Option<(u64, u64)>, Unseen> {
    let (mut sockets, mut all) = (0, 0);
    for (at, entry) in fs::read_dir(process.join("fd")).map_err(unseen)?.enumerate() {
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

    #[test]
    fn who_does_not_show_its_sockets_is_seen_without_them() {
        // Of a process of another user, that folder may not be read; one that is none cannot be.
        let place = tempfile::tempdir().expect("a folder");
        let file = |name: &str, text: &[u8]| fs::write(place.path().join(name), text);
        for name in ["stat", "status"] {
            file(name, &fs::read(format!("/proc/self/{name}")).expect("it is us"))
                .expect("written");
        }
        file("fd", b"").expect("written");
        let seen = look_into(place.path(), true, Clock::start()).expect("the rest is there");
        assert!(seen.uncounted.is_some(), "{seen:?}");
        assert_eq!((seen.sample.sockets, seen.sample.open_fds), (None, None));
        assert!(seen.sample.cpu_s.is_some() && seen.sample.rss_bytes.is_some(), "{seen:?}");
        let uncounted = look_into(place.path(), false, Clock::start()).expect("it is there");
        assert_eq!(uncounted.uncounted, None, "nobody asked for them");
    }
}
