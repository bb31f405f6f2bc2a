//! Read: from the text of a file and what overrides it to a scenario, or to what is wrong where.

use std::io::Read as _;
use std::path::Path as FilePath;

use serde_json::Value;

use super::error::{Mistake, ScenarioError};
use super::file::{ScenarioFile, read_yaml};
use super::locate::{Aspect, locate, locate_repeated_key};
use super::model::Scenario;
use super::overrides::{Origins, Overrides};
use super::path::{Key, Path};
use super::remedy::explain;

/// The most bytes that a scenario file may have.
const FILE_BYTES_MAX: usize = 1 << 20;

impl Scenario {
    /// The scenario in `file`, changed by `overrides`.
    ///
    /// # Errors
    /// When the file cannot be read, is no YAML, or says something that cannot be meant.
    pub fn read(file: &FilePath, overrides: &Overrides) -> Result<Scenario, ScenarioError> {
        let name = file.display().to_string();
        let wrong = |why: String, remedy: &str| ScenarioError::at(&name, why, remedy.into());
        let mut bytes = Vec::new();
        std::fs::File::open(file)
            .and_then(|file| file.take(FILE_BYTES_MAX as u64 + 1).read_to_end(&mut bytes))
            .map_err(|why| {
                let remedy =
                    "give the path of a scenario file, such as `scenarios/quickstart.yaml`";
                wrong(format!("cannot read the scenario: {why}"), remedy)
            })?;
        let text = String::from_utf8(bytes).map_err(|why| {
            let what = format!("not UTF-8 from byte {} on", why.utf8_error().valid_up_to());
            wrong(what, "save the file as UTF-8")
        })?;
        Scenario::parse(&name, &text, overrides)
    }

    /// The scenario in `text`, which errors call `name`, changed by `overrides`.
    ///
    /// # Errors
    /// When the text is no YAML, or says something that cannot be meant.
    pub fn parse(name: &str, text: &str, overrides: &Overrides) -> Result<Scenario, ScenarioError> {
        let source = Source { name, text };
        let mut value = source.value()?;
        let origins = overrides
            .apply(&mut value)
            .map_err(|(flag, mistake)| ScenarioError::at(&flag, mistake.what, mistake.remedy))?;
        let mut file: ScenarioFile = serde_path_to_error::deserialize(value)
            .map_err(|error| source.error(&origins, misread(&error)))?;
        overrides
            .scale(&mut file.load)
            .map_err(|(flag, mistake)| ScenarioError::at(&flag, mistake.what, mistake.remedy))?;
        Scenario::new(file).map_err(|mistake| source.error(&origins, mistake))
    }
}

/// What is wrong, and what to do about it.
type Complaint = (String, String);

impl Scenario {
    /// An error about a scenario that was read from `file` with `overrides`, of which one cannot
    /// know before it is planned: at the first of its `keys`, written with dots, that is there.
    pub fn blame(
        file: &FilePath,
        overrides: &Overrides,
        keys: &[&str],
        (what, remedy): Complaint,
    ) -> ScenarioError {
        let name = file.display().to_string();
        // What comes through a pipe comes once.
        let text = file.is_file().then(|| std::fs::read_to_string(file).ok()).flatten();
        let blamed = text.and_then(|text| {
            let source = Source { name: &name, text: &text };
            let mut value = source.value().ok()?;
            let origins = overrides.apply(&mut value).ok()?;
            let there = |key: &&&str| {
                key.split('.').try_fold(&value, |value, part| value.get(part)).is_some()
            };
            let key = keys.iter().find(there)?;
            let mistake = Mistake::at(key, what.clone(), remedy.clone());
            Some(source.error(&origins, mistake))
        });
        blamed.unwrap_or_else(|| ScenarioError::at(&name, what, remedy))
    }
}

fn misread(error: &serde_path_to_error::Error<serde_json::Error>) -> Mistake {
    let (what, remedy) = explain(&error.inner().to_string());
    Mistake { path: Path::from(error.path()), what, remedy }
}

/// A scenario's text and the name it goes by.
struct Source<'a> {
    name: &'a str,
    text: &'a str,
}

impl Source<'_> {
    fn value(&self) -> Result<Value, ScenarioError> {
        if self.text.len() > FILE_BYTES_MAX {
            let what = "larger than 1 MiB, which no scenario is".to_owned();
            return Err(ScenarioError::at(self.name, what, "give a scenario file".into()));
        }
        let value = read_yaml(self.text).map_err(|mistake| {
            // serde_yaml knows where the mapping begins, but not where the key is repeated.
            let twice = mistake.what.ends_with("is given twice");
            let repeated = twice.then(|| locate_repeated_key(self.text)).flatten();
            let remedy = match repeated {
                Some(_) => "keep one of the two".to_owned(),
                None => "write YAML: `key: value` lines, indented by spaces".to_owned(),
            };
            match repeated.or(mistake.offset) {
                Some(at) => self.error_at(at..at, mistake.what, remedy),
                None => ScenarioError::at(self.name, mistake.what, remedy),
            }
        })?;
        match value {
            Value::Object(_) => Ok(value),
            Value::Null => {
                let remedy = "begin with `rooms:` and `load:`, or copy `scenarios/quickstart.yaml`";
                Err(ScenarioError::at(self.name, "the scenario is empty".into(), remedy.into()))
            }
            _ => {
                let what = "a scenario is a mapping, not a list or a single value".to_owned();
                let remedy = "write `key: value` lines at the top level".to_owned();
                Err(self.error_at(0..0, what, remedy))
            }
        }
    }

    /// The mistake at its place: the flag that put it there, or else its line and column.
    fn error(&self, origins: &Origins, mistake: Mistake) -> ScenarioError {
        if let Some(flag) = origins.of(&mistake.path) {
            return ScenarioError::at(flag, mistake.what, mistake.remedy);
        }
        let aspect = match mistake.path.0.last() {
            Some(Key::Name(key)) if mistake.what.contains(&format!("`{key}`")) => Aspect::Key,
            _ => Aspect::Value,
        };
        match locate(self.text, &mistake.path, aspect) {
            Some(range) => self.error_at(range, mistake.what, mistake.remedy),
            None => self.error_at(0..0, mistake.what, mistake.remedy),
        }
    }

    fn error_at(
        &self,
        range: std::ops::Range<usize>,
        what: String,
        remedy: String,
    ) -> ScenarioError {
        let floor = |at: usize| self.text.floor_char_boundary(at.min(self.text.len()));
        let range = floor(range.start)..floor(range.end);
        ScenarioError::in_text((self.name, self.text), range, what, remedy)
    }
}
