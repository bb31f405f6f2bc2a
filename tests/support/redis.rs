//! Redis: what the nodes of a cluster hear each other by, as a process of its own.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::foreign::{runs, skip};

/// A running Redis server, which ends when this is dropped. It listens on no port.
pub(crate) struct Redis {
    process: Child,
    folder: TempDir,
}

impl Redis {
    /// Starts it. Where it is not installed, says so and gives nothing.
    ///
    /// # Panics
    /// When it is not installed where it is required, or does not start.
    pub(crate) fn start() -> Option<Redis> {
        if let Err(missing) = runs(Path::new("redis-server")) {
            skip(&missing);
            return None;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let mut process = Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"])
            .arg(socket_in(&folder))
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it was found a moment ago");
        let stdout = BufReader::new(process.stdout.take().expect("it is piped"));
        let mut lines = stdout.lines();
        // Older ones say that the server is now ready to, newer ones just that they are Ready to.
        let ready = lines.any(|line| line.is_ok_and(|line| line.contains("eady to accept")));
        // Its pipe must not fill up.
        std::thread::spawn(move || lines.count());
        assert!(ready, "the Redis server has ended before it was ready");
        Some(Redis { process, folder })
    }

    /// The id of its process.
    pub(crate) fn process(&self) -> u32 {
        self.process.id()
    }

    /// Where it listens.
    pub(crate) fn socket(&self) -> PathBuf {
        socket_in(&self.folder)
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        // One that has ended already needs no end.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn socket_in(folder: &TempDir) -> PathBuf {
    folder.path().join("redis.sock")
}
