//! Capacity file: where the steps of a search are kept, so that it survives whatever ends it.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::args::CapacityArgs;
use super::failure::Failure;
use crate::capacity::Study;

const NAME: &str = "capacity.json";

/// The file, and what was in it.
pub(super) struct CapacityFile {
    path: PathBuf,
    before: Option<Study>,
}

impl CapacityFile {
    /// The one in the folder `out`, which is made if there is none.
    pub(super) fn in_folder(out: &Path, args: &CapacityArgs) -> Result<CapacityFile, Failure> {
        fs::create_dir_all(out).map_err(|why| failed("make the folder", out, &why))?;
        let path = out.join(NAME);
        let text = match fs::read(&path) {
            Ok(text) => Some(text),
            Err(why) if why.kind() == io::ErrorKind::NotFound => None,
            Err(why) => return Err(failed("read", &path, &why)),
        };
        let before = match text {
            Some(text) if args.resume => Some(read(&path, &text)?),
            Some(_) if !args.overwrite => {
                let what = format!("{} is another search", path.display());
                let remedy = "go on with it by `--resume`, take its place by `--overwrite`, or \
                              name another folder with `--out`";
                return Err(Failure::impossible(what, remedy));
            }
            None if args.resume => {
                let what = format!("there is no search to go on with at {}", path.display());
                return Err(Failure::usage(what, "leave out `--resume`, or name its folder"));
            }
            Some(_) | None => None,
        };
        Ok(CapacityFile { path, before })
    }

    /// The search to go on with, if one was asked for.
    pub(super) fn before(&self) -> Option<&Study> {
        self.before.as_ref()
    }

    /// Writes all of it, or leaves what is there.
    pub(super) fn write(&self, study: &Study) -> Result<(), Failure> {
        let part = self.path.with_extension("json.part");
        let write = || {
            let mut text = serde_json::to_vec_pretty(study)?;
            text.push(b'\n');
            let mut file = File::create(&part)?;
            file.write_all(&text)?;
            file.sync_all()?;
            fs::rename(&part, &self.path)
        };
        write().map_err(|why| failed("write", &self.path, &why))
    }
}

fn read(path: &Path, text: &[u8]) -> Result<Study, Failure> {
    let study: Result<Study, _> = serde_json::from_slice(text);
    let damaged = |why: String| {
        let what = format!("{} cannot be gone on with: {why}", path.display());
        Failure::usage(what, "begin anew without `--resume`, in another folder")
    };
    let study = study.map_err(|why| damaged(why.to_string()))?;
    if study.version != Study::VERSION {
        return Err(damaged(format!("it is of version {}, not {}", study.version, Study::VERSION)));
    }
    Ok(study)
}

fn failed(what: &str, path: &Path, why: &io::Error) -> Failure {
    let what = format!("cannot {what} {}: {why}", path.display());
    Failure::impossible(what, "name a folder with `--out` that you may write to")
}
