//! Browser: a headless Chromium, driven by the scripts in `tests/browser`.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;

use super::bench::Place;
use super::foreign::{runs, skip};

/// What a Chromium is called, by Debian, by others, and by Google.
const PROGRAMS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];
/// What a script may take, on a machine with other work to do.
pub(crate) const SCRIPT_TIME_MAX: Duration = Duration::from_secs(180);

/// What `script` answers when it is given `input`. Where there is no browser, says so and gives
/// nothing.
///
/// # Panics
/// When there is none where it is required, or the script fails.
pub(crate) fn run(script: &str, input: &Value) -> Option<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    let chromium = match find(&folder) {
        Ok(chromium) => chromium,
        Err(missing) => {
            skip(&missing);
            return None;
        }
    };
    let _place = Place::of_a_core();
    let mut process = Command::new("node")
        .arg(script)
        .current_dir(folder)
        .env("CHATBENCH_CHROMIUM", chromium)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it was found a moment ago");
    let mut stdin = process.stdin.take().expect("it is piped");
    stdin.write_all(input.to_string().as_bytes()).expect("the script takes its input");
    drop(stdin);
    let id = process.id();
    let (say, said) = mpsc::channel();
    std::thread::spawn(move || say.send(process.wait_with_output()));
    let ended = said.recv_timeout(SCRIPT_TIME_MAX);
    let ended = ended.unwrap_or_else(|_| panic!("{script}, process {id}, does not end"));
    let output = ended.expect("it can be waited for");
    assert!(output.status.success(), "{script} ends with {}", output.status);
    Some(serde_json::from_slice(&output.stdout).expect("JSON"))
}

/// The browser to drive, if all that takes is there; else what is missing, and how to get it.
fn find(folder: &Path) -> Result<PathBuf, String> {
    runs(Path::new("node"))?;
    if !folder.join("node_modules/playwright-core").exists() {
        return Err("the browser's driver is not installed: run `npm ci` in tests/browser".into());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let candidates = PROGRAMS.iter().flat_map(|name| folders.iter().map(move |it| it.join(name)));
    let found = candidates.into_iter().find(|it| it.is_file());
    found.ok_or_else(|| "there is no Chromium: install the package `chromium`".into())
}
