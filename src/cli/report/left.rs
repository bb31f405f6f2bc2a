//! Left: what a run or a search left behind, read back.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::capacity::Study;
use crate::cli::failure::Failure;
use crate::report::{REPORT_BYTES_MAX, Report};

const RUN: &str = "report.json";
const SEARCH: &str = "capacity.json";
const REMEDY: &str = "give the folder that `chatbench run --out` or `chatbench capacity --out` has \
                      filled, or `report.json` or `capacity.json` from it";

/// A file and what it tells of.
pub(super) struct Left {
    pub(super) file: PathBuf,
    pub(super) what: What,
}

/// What it tells of.
pub(super) enum What {
    Run(Box<Report>),
    Search(Box<Study>),
}

/// What tells one kind of file from another, whatever else is in it.
#[derive(Deserialize)]
struct Head {
    version: Option<u32>,
    tool: Option<IgnoredAny>,
    timeline: Option<IgnoredAny>,
    checks: Option<IgnoredAny>,
    chatbench: Option<IgnoredAny>,
    steps: Option<IgnoredAny>,
}

impl Left {
    /// What is in the folder or the file `from`.
    pub(super) fn read(from: &Path) -> Result<Left, Failure> {
        let file = file_of(from)?;
        let text = read(&file)?;
        let head: Head = parse(&file, &text)?;
        let is_run = head.tool.is_some() && head.timeline.is_some();
        let is_search = head.chatbench.is_some() && head.steps.is_some();
        if head.checks.is_some() {
            let what = format!("{} is what `conform --json` writes", file.display());
            let remedy = "`chatbench conform` writes its other formats itself: see its --help";
            return Err(Failure::usage(what, remedy));
        }
        let newest = if is_search { Study::VERSION } else { Report::VERSION };
        let what = match head.version {
            _ if !is_run && !is_search => {
                let what = "is neither the report of a run nor a search for capacity";
                return Err(Failure::usage(format!("{} {what}", file.display()), REMEDY));
            }
            Some(version) if version != newest => {
                let what = format!("is of version {version}, and this chatbench knows {newest}");
                let remedy = "use the chatbench that wrote it, or a newer one";
                return Err(Failure::usage(format!("{} {what}", file.display()), remedy));
            }
            _ if is_search => What::Search(Box::new(parse(&file, &text)?)),
            _ => What::Run(Box::new(parse(&file, &text)?)),
        };
        Ok(Left { file, what })
    }
}

fn file_of(from: &Path) -> Result<PathBuf, Failure> {
    if !from.is_dir() {
        return Ok(from.into());
    }
    let [run, search] = [RUN, SEARCH].map(|name| from.join(name));
    match (run.exists(), search.exists()) {
        (true, true) => {
            let what = format!("{} has a run's report and a search for capacity", from.display());
            Err(Failure::usage(what, "name the file: `report.json` or `capacity.json` in it"))
        }
        (true, false) => Ok(run),
        (false, true) => Ok(search),
        (false, false) => {
            let what = format!("in {} is neither {RUN} nor {SEARCH}", from.display());
            let remedy = "a run writes its report when it is over; give the folder that `--out` \
                          named";
            Err(Failure::usage(what, remedy))
        }
    }
}

fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    let cannot = |why: io::Error| {
        let what = format!("cannot read {}: {why}", file.display());
        match why.kind() {
            io::ErrorKind::PermissionDenied => Failure::usage(what, "see that it may be read"),
            _ => Failure::usage(what, REMEDY),
        }
    };
    let mut text = Vec::new();
    let opened = File::open(file).map_err(cannot)?;
    // Its size may lie: a pipe has none.
    opened.take(REPORT_BYTES_MAX + 1).read_to_end(&mut text).map_err(cannot)?;
    if text.len() as u64 > REPORT_BYTES_MAX {
        let what = format!("{} is longer than {REPORT_BYTES_MAX} bytes", file.display());
        return Err(Failure::usage(what, REMEDY));
    }
    Ok(text)
}

fn parse<T: DeserializeOwned>(file: &Path, text: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(text).map_err(|why| {
        let (line, column) = (why.line(), why.column());
        // It ends with the place, which stands before it here.
        let told = why.to_string();
        let told = told.rsplit_once(" at line ").map_or(&*told, |(told, _)| told);
        let remedy = if why.is_eof() { "it was cut short: copy it again, whole" } else { REMEDY };
        Failure::usage(format!("{}:{line}:{column}: {told}", file.display()), remedy)
    })
}
