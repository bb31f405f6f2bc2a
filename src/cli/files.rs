//! Files: where a report goes, and what is said when it cannot.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::failure::Failure;
use super::output::show;

/// What stands for standard output.
const STDOUT: &str = "-";

/// A file, or standard output.
#[derive(Debug)]
pub(super) struct Sink(PathBuf);

impl Sink {
    /// The file at `path`, or standard output if that is `-`.
    pub(super) fn of(path: &Path) -> Sink {
        Sink(path.into())
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    pub(super) fn is_stdout(&self) -> bool {
        self.0.as_os_str() == STDOUT
    }

    /// Writes all of `text`, in the place of whatever is there.
    pub(super) fn write(&self, text: &[u8]) -> Result<(), Failure> {
        if self.is_stdout() {
            return show(|out| out.write_all(text));
        }
        let written = create(&self.0).and_then(|mut file| file.write_all(text));
        written.map_err(|why| unwritten(&self.0, &why))
    }
}

/// A new file at `path`, with the folders around it.
pub(super) fn create(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)?;
    }
    // Emptied at once: where nothing could be tried, an old report would be taken for a new one.
    File::create(path)
}

pub(super) fn unwritten(path: &Path, why: &io::Error) -> Failure {
    let what = format!("cannot write {}: {why}", path.display());
    Failure::impossible(what, "choose a file in a folder that you may write to")
}
