//! Folder: the files that a run leaves behind.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::{IntervalLog, Report, json};

pub(super) const REPORT: &str = "report.json";
const SCENARIO: &str = "scenario.yaml";
pub(super) const INTERVAL_LOG: &str = "latencies.hlog";
/// What is made of a report if nobody names another file, and one that was not written to its end.
const RENDERED: [&str; 2] = ["report.html", "report.json.part"];
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
    /// What another run left is there.
    #[error("{} is another run's {}", file.display(), if *is_log { "log" } else { "report" })]
    Taken {
        /// Where it is.
        file: PathBuf,
        /// Whether it is the log: that of a run that was killed has no report beside it.
        is_log: bool,
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
    /// The folder at `path`, made if there is none. What another run left there is removed when
    /// `overwrite` says so, with what was made of it: it would otherwise stand beside the files of
    /// this run.
    ///
    /// # Errors
    /// When there is a report or an interval log and `overwrite` is not set, or the folder cannot
    /// be made.
    pub fn create(path: &Path, overwrite: bool) -> Result<OutFolder, FolderError> {
        fs::create_dir_all(path).map_err(failed("make the folder", path))?;
        for name in [REPORT, INTERVAL_LOG].into_iter().chain(RENDERED) {
            let (file, is_log) = (path.join(name), name == INTERVAL_LOG);
            // What is no file, such as a pipe, keeps nothing of a run that was killed.
            let is_kept = name == REPORT || (is_log && file.is_file());
            match file.try_exists().map_err(failed("look for", &file))? {
                true if is_kept && !overwrite => return Err(FolderError::Taken { file, is_log }),
                true if overwrite => fs::remove_file(&file).map_err(failed("remove", &file))?,
                _ => {}
            }
        }
        Ok(OutFolder { path: path.into() })
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
    fn what_another_run_left_is_kept_unless_it_may_go() {
        for (name, is_kept) in
            [("report.json", true), ("latencies.hlog", true), ("report.html", false)]
        {
            let place = tempfile::tempdir().expect("a folder");
            let file = place.path().join(name);
            fs::write(&file, "precious").expect("written");
            fs::write(place.path().join("notes.txt"), "mine").expect("written");
            match OutFolder::create(place.path(), false) {
                Ok(_) => assert!(!is_kept, "{name} is taken for nothing"),
                Err(refused) => {
                    assert!(is_kept && matches!(refused, FolderError::Taken { .. }), "{refused}");
                    assert!(refused.to_string().contains(name), "{refused}");
                    assert!(refused.remedy().contains("--overwrite"));
                }
            }
            assert_eq!(fs::read_to_string(&file).expect("still there"), "precious");
            OutFolder::create(place.path(), true).expect("it may go");
            assert_eq!(names(place.path()), ["notes.txt"], "{name}");
        }
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
