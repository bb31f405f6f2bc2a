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

    /// Whether what is written to it is there afterwards, unlike in `/dev/null`.
    fn keeps(&self) -> bool {
        !self.is_stdout() && std::fs::metadata(&self.0).map_or(true, |it| it.is_file())
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

/// Where each of several formats goes. None goes where another does, or where one of `inputs` is,
/// which what is written is made from.
pub(super) fn sinks<F>(
    wanted: impl IntoIterator<Item = (F, PathBuf)>,
    inputs: &[PathBuf],
) -> Result<Vec<(F, Sink)>, Failure> {
    let wanted: Vec<(F, Sink)> =
        wanted.into_iter().map(|(format, path)| (format, Sink::of(&path))).collect();
    if wanted.iter().filter(|(_, sink)| sink.is_stdout()).count() > 1 {
        let what = "two formats on standard output could not be told apart".to_owned();
        return Err(Failure::usage(what, "give all but one of them a file"));
    }
    let inputs: Vec<PathBuf> = inputs.iter().map(|input| real(input)).collect();
    let mut taken: Vec<PathBuf> = Vec::new();
    for (_, sink) in wanted.iter().filter(|(_, sink)| sink.keeps()) {
        let (place, told) = (real(sink.path()), sink.path().display());
        if inputs.contains(&place) {
            let what = format!("{told} is what the report is made from");
            return Err(Failure::usage(what, "name another file to write to"));
        }
        if taken.contains(&place) {
            let what = format!("two formats cannot both be written to {told}");
            return Err(Failure::usage(what, "give each of them a file of its own"));
        }
        taken.push(place);
    }
    Ok(wanted)
}

/// `path` as the system knows it, though the last of it may not be there yet.
fn real(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.into());
    let there = absolute.ancestors().find_map(|there| Some((there, there.canonicalize().ok()?)));
    let Some((there, real)) = there else { return absolute };
    match absolute.strip_prefix(there) {
        Ok(rest) if !rest.as_os_str().is_empty() => real.join(rest),
        _ => real,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_format_takes_the_place_of_another_or_of_what_it_is_made_from() {
        let place = tempfile::tempdir().expect("a folder");
        let path = |name: &str| place.path().join(name);
        std::fs::write(path("in.json"), "").expect("written");
        std::fs::create_dir(path("deep")).expect("made");
        let refused = |files: &[PathBuf]| match sinks(
            files.iter().map(|it| ((), it.clone())),
            &[path("in.json")],
        ) {
            Ok(sinks) => format!("{}", sinks.len()),
            Err(failure) => failure.in_a_line(),
        };
        let null = || PathBuf::from("/dev/null");
        for (files, wanted) in [
            (vec![path("a"), path("b"), "-".into()], "3"),
            (vec![null(), null()], "2"),
            (vec!["-".into(), "-".into()], "standard output"),
            (vec![path("a"), path("a")], "two formats cannot both"),
            (vec![path("a"), path("deep/../a")], "two formats cannot both"),
            (vec![path("new/a"), path("deep/../new/a")], "two formats cannot both"),
            (vec![path("a"), path("in.json")], "is what the report is made from"),
            (vec![path("deep/../in.json")], "is what the report is made from"),
        ] {
            let got = refused(&files);
            assert!(got.contains(wanted), "{files:?}: {got}");
        }
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(path("in.json"), path("link")).expect("made");
            assert!(refused(&[path("link")]).contains("made from"));
        }
    }
}
