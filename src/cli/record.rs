//! Record: where a run is recorded, from the command line to what is said of it in the end.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::args::RunArgs;
use super::failure::Failure;
use crate::load::Brief;
use crate::report::Environment;
use crate::run::{Missing, Post, Record, RecordHeader, Recording, Written};

/// A record on its way to a file.
pub(super) struct RecordOut {
    path: PathBuf,
    bytes_max: u64,
    /// Whether it is a file like others, and no device.
    is_regular: bool,
    /// Whether nothing was in it before.
    is_empty: bool,
    /// Until the run is known.
    file: Option<File>,
    /// From then on.
    recording: Option<Recording>,
}

impl RecordOut {
    /// Makes the file, if one is wanted: what cannot be written to is told before anybody connects.
    pub(super) fn create(args: &RunArgs) -> Result<Option<RecordOut>, Failure> {
        let Some(path) = &args.record else { return Ok(None) };
        let mut how = File::options();
        how.write(true);
        // What is in it stays until there is a run to record.
        let how = if args.overwrite { how.create(true) } else { how.create_new(true) };
        let file = how.open(path).map_err(|why| match why.kind() {
            io::ErrorKind::AlreadyExists => Failure::impossible(
                format!("there is a file {} already", path.display()),
                "name another file with `--record`, or add `--overwrite` to take its place",
            ),
            _ => unwritten(path, &why),
        })?;
        let known = file.metadata().map_err(|why| unwritten(path, &why))?;
        let (is_regular, is_empty) = (known.is_file(), known.len() == 0);
        let bytes_max = args.record_limit.bytes().into();
        let (path, file) = (path.clone(), Some(file));
        Ok(Some(RecordOut { path, bytes_max, is_regular, is_empty, file, recording: None }))
    }

    /// Begins the record of the run that `brief` describes and `command` repeats.
    pub(super) fn begin(
        &mut self,
        brief: &Brief,
        shards: usize,
        command: &str,
    ) -> Result<Post, Failure> {
        let environment = serde_json::to_value(Environment::read());
        let environment = environment.expect("texts and numbers fit JSON");
        let header = RecordHeader::new(brief, shards, command, environment);
        // One that cannot be judged is of no use to anybody.
        Record::open(header.to_bytes().as_slice()).map_err(|error| {
            let what = format!("a record of this run could not be judged: {}", error.what);
            Failure::usage(what, "make the scenario smaller, or run it without `--record`")
        })?;
        let file = self.file.take().expect("a record begins once");
        let recording = Recording::start(file, &header, self.bytes_max);
        let recording = recording.map_err(|why| match why.kind() {
            io::ErrorKind::FileTooLarge => Failure::usage(
                format!("the record cannot be {} bytes long: {why}", self.bytes_max),
                "raise `--record-limit`",
            ),
            _ => unwritten(&self.path, &why),
        })?;
        let post = recording.post();
        self.recording = Some(recording);
        Ok(post)
    }

    /// Waits until all of it is written, and says so if that is not all there is. Takes the file
    /// away again if there was no run to record.
    pub(super) fn finish(self) {
        let written = self.recording.map(Recording::finish);
        let Some(written) = written.filter(|written| written.blocks > 0) else {
            if self.is_regular && self.is_empty {
                // One that cannot be taken away says nothing of a run.
                let _ = std::fs::remove_file(&self.path);
            }
            return;
        };
        let Written { bytes, missing, error, .. } = written;
        let Some(missing) = missing else { return };
        let why = match missing {
            Missing::Cut | Missing::Limit => {
                "it was as long as `--record-limit` lets it become".into()
            }
            Missing::SlowDisk => "the disk was too slow for it".into(),
            Missing::DiskError => {
                error.map_or_else(|| "the disk took no more".into(), |error| error.to_string())
            }
        };
        let path = self.path.display();
        // The run's own result is told, and stands; whoever does not read this can judge the file.
        let _ = writeln!(
            io::stderr(),
            "the record {path} ends before the run did, after {bytes} bytes: {why}"
        );
    }
}

fn unwritten(path: &Path, why: &io::Error) -> Failure {
    let what = format!("cannot write the record {}: {why}", path.display());
    Failure::impossible(what, "name a file with `--record` in a folder that you may write to")
}
