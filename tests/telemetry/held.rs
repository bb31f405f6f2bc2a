//! Held: a run that is over and cannot say so, so that its process stays.

use std::io::{PipeReader, Read as _, Write as _};

use rustix::io::ioctl_fionbio;

use super::scraper::PATIENCE;
use crate::support::binary::{CommandLine, Ended, Running};

/// A run whose standard output is a pipe that is full.
pub(crate) struct Held {
    pub(crate) running: Running,
    stdout: PipeReader,
}

impl Held {
    pub(crate) fn start(line: CommandLine) -> Held {
        let (stdout, mut full) = std::io::pipe().expect("a pipe");
        ioctl_fionbio(&full, true).expect("a pipe can be had so");
        while full.write(&[0; 4096]).is_ok() {}
        ioctl_fionbio(&full, false).expect("a pipe can be had so");
        Held { running: line.stdout(full).start(), stdout }
    }

    /// Lets it say what came of it, and end.
    pub(crate) fn let_go(self) -> Ended {
        let Held { running, mut stdout } = self;
        let reading = std::thread::spawn(move || stdout.read_to_end(&mut Vec::new()));
        let ended = running.end(PATIENCE);
        reading.join().expect("it does not panic").expect("a pipe can be read");
        ended
    }
}
