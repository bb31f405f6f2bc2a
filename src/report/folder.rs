//! Folder: the files that a run leaves behind.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::{IntervalLog, Report, json};

pub(super) const REPORT: &str = "report.json";
const SCENARIO: &str = "scenario.yaml";
pub(super) const INTERVAL_LOG: &str = "latencies.hlog";
/// All of them.
pub(super) const FILES: [&str; 3] = [REPORT, SCENARIO, INTERVAL_LOG];
/// A longer report is not read back. That of a run of a day with ten thousand stories takes some
/// fifty million bytes.
pub const REPORT_BYTES_MAX: u64 = 256_000_000;

/// A folder for the report, the scenario as run, and the interval log of one run.
#[derive(Clone, Debug)]
pub struct OutFolder {
    path: PathBuf,
}

/// Why a run cannot leave its files behind.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// Another run's report is there.
    #[error("{} is another run's report", report.display())]
    Taken {
        /// Where it is.
        report: PathBuf,
    },
    /// The system does not let us.
    #[error("cannot {what} {}: {source}", path.display())]
    Io {
        /// What cannot be done.
        what: &'static str,
        /// With which file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl FolderError {
    /// What may help.
    pub fn remedy(&self) -> &'static str {
        match self {
            FolderError::Taken { .. } => {
                "name another folder with `--out`, or add `--overwrite` to take its place"
            }
            FolderError::Io { .. } => {
                "name a folder with `--out` that you may write to, on a disk with room"
            }
        }
    }
}

impl OutFolder {
    /// The folder at `path`, made if there is none. A report of another run that is there is
    /// removed when `overwrite` says so: it would otherwise stand beside the files of this run.
    ///
    /// # Errors
    /// When there is such a report and `overwrite` is not set, or the folder cannot be made.
    pub fn create(path: &Path, overwrite: bool) -> Result<OutFolder, FolderError> {
        fs::create_dir_all(path).map_err(failed("make the folder", path))?;
        let folder = OutFolder { path: path.into() };
        let report = folder.report();
        match report.try_exists().map_err(failed("look for", &report))? {
            true if !overwrite => Err(FolderError::Taken { report }),
            true => fs::remove_file(&report).map_err(failed("remove", &report)).map(|()| folder),
            false => Ok(folder),
        }
    }

    /// Where the folder is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the report is, once it is written.
    pub fn report(&self) -> PathBuf {
        self.path.join(REPORT)
    }

    /// Writes the scenario as it is run: `yaml` text, at the beginning of the run.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_scenario(&self, yaml: &str) -> Result<(), FolderError> {
        let path = self.path.join(SCENARIO);
        fs::write(&path, yaml).map_err(failed("write", &path))
    }

    /// An interval log of a run that began at `began_unix_ms`, in milliseconds since 1970.
    ///
    /// # Errors
    /// When its file cannot be made.
    pub fn interval_log(&self, began_unix_ms: u64) -> Result<IntervalLog<File>, FolderError> {
        let path = self.path.join(INTERVAL_LOG);
        let file = File::create(&path).map_err(failed("make", &path))?;
        Ok(IntervalLog::new(file, began_unix_ms))
    }

    /// Writes the report, whole or not at all.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_report(&self, report: &Report) -> Result<(), FolderError> {
        let path = self.report();
        let part = path.with_extension("json.part");
        write_json(report, &part).map_err(failed("write", &part))?;
        fs::rename(&part, &path).map_err(failed("write", &path))
    }
}

fn write_json(report: &Report, path: &Path) -> io::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    json::write(report, &mut out)?;
    out.flush()?;
    // The name must not be there before the contents are.
    out.get_ref().sync_all()
}

fn failed(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> FolderError {
    let path = path.to_owned();
    move |source| FolderError::Io { what, path, source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("a folder");
        let name = |entry: io::Result<fs::DirEntry>| entry.expect("an entry").file_name();
        let mut names: Vec<_> = entries.map(|it| name(it).into_string().expect("UTF-8")).collect();
        names.sort();
        names
    }

    #[test]
    fn a_run_leaves_three_files() {
        let place = tempfile::tempdir().expect("a folder");
        let path = place.path().join("deep/out");
        let folder = OutFolder::create(&path, false).expect("a folder");
        let report = sample::report(&sample::passed());
        folder.write_scenario(&report.scenario.yaml).expect("written");
        folder.interval_log(0).expect("a log").finish().expect("written");
        folder.write_report(&report).expect("written");
        assert_eq!(names(&path), ["latencies.hlog", "report.json", "scenario.yaml"]);
        let read = fs::read_to_string(folder.report()).expect("a report");
        assert_eq!(serde_json::from_str::<Report>(&read).expect("a report"), report);
    }

    #[test]
    fn another_runs_report_is_kept_unless_it_may_go() {
        let place = tempfile::tempdir().expect("a folder");
        let report = place.path().join("report.json");
        fs::write(&report, "precious").expect("written");
        let refused = OutFolder::create(place.path(), false).expect_err("it is taken");
        assert!(matches!(refused, FolderError::Taken { .. }), "{refused}");
        assert!(refused.remedy().contains("--overwrite"));
        assert_eq!(fs::read_to_string(&report).expect("still there"), "precious");
        OutFolder::create(place.path(), true).expect("it may go");
        assert!(!report.exists());
    }

    #[test]
    fn a_file_in_the_way_is_an_error_that_names_it() {
        let place = tempfile::tempdir().expect("a folder");
        let path = place.path().join("file");
        fs::write(&path, "").expect("written");
        let error = OutFolder::create(&path, false).expect_err("it is no folder");
        assert!(error.to_string().contains(&path.display().to_string()), "{error}");
    }
}
