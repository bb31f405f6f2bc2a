//! Capacity file: where the steps of a search are kept, so that it survives whatever ends it.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::capacity::Study;
use crate::cli::failure::Failure;

const NAME: &str = "capacity.json";

/// The file, from now on this search's.
pub(in crate::cli) struct CapacityFile {
    path: PathBuf,
}

impl CapacityFile {
    /// The one in the folder `out`, which is made if there is none. One that is there is another
    /// search's, unless it `may_go`.
    pub(in crate::cli) fn create(out: &Path, may_go: bool) -> Result<CapacityFile, Failure> {
        fs::create_dir_all(out).map_err(|why| failed("make the folder", out, &why))?;
        let path = out.join(NAME);
        if !may_go && path.try_exists().map_err(|why| failed("look for", &path, &why))? {
            let what = format!("{} is another search", path.display());
            let remedy = "go on with it by `--resume`, take its place by `--overwrite`, or name \
                          another folder with `--out`";
            return Err(Failure::impossible(what, remedy));
        }
        Ok(CapacityFile { path })
    }

    /// Writes all of it, or leaves what is there.
    pub(in crate::cli) fn write(&self, study: &Study) -> Result<(), Failure> {
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

/// The search that is kept in the folder `out`.
pub(in crate::cli) fn read(out: &Path) -> Result<Study, Failure> {
    let path = out.join(NAME);
    let text = fs::read(&path).map_err(|why| match why.kind() {
        io::ErrorKind::NotFound => {
            let what = format!("there is no search to go on with at {}", path.display());
            Failure::usage(what, "leave out `--resume`, or name its folder with `--out`")
        }
        _ => failed("read", &path, &why),
    })?;
    let study: Result<Study, _> = serde_json::from_slice(&text);
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
