//! Overrides: what flags change of a scenario file, and which flag to blame for what.

use std::str::FromStr;

use serde_json::{Map, Value, json};

use super::error::Mistake;
use super::file::{LoadFile, read_yaml};
use super::path::{Key, Path};
use super::units::{Period, Rate, UnitError};

/// What is varied from run to run. Applied in the order of the fields, later ones win.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overrides {
    /// `--set`: any field.
    pub set: Vec<Assignment>,
    /// `--target`: takes the place of the file's; several are a list.
    pub target: Vec<String>,
    /// `--clients`: how many users. Where the file gives the rooms' count and size, the size
    /// stays and the count follows.
    pub clients: Option<u32>,
    /// `--seed`.
    pub seed: Option<u64>,
    /// `--rate`: the highest rate of the load; all rates change in proportion.
    pub rate: Option<Rate>,
    /// `--observe`: what is observed; several are nodes.
    pub observe: Vec<String>,
    /// `--duration`: how long the load lasts; all phases change in proportion.
    pub duration: Option<Period>,
}

/// A `path=value` of `--set`, such as `load.phases.0.hold.rate=10/s`. The value is YAML.
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    /// What errors call it, such as `--set users=5`.
    flag: String,
    path: Path,
    value: Value,
}

impl Assignment {
    /// What `flag` sets the field at `keys` to.
    pub fn by_flag(flag: String, keys: &[&str], value: Value) -> Assignment {
        let path = keys.iter().fold(Path::default(), |path, key| path.name(key));
        Assignment { flag, path, value }
    }
}

impl FromStr for Assignment {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Assignment, UnitError> {
        let wrong = |what: String| UnitError {
            what,
            remedy: "write `path=value`, such as `load.connect_rate=100/s`".into(),
        };
        let (path, value) =
            text.split_once('=').ok_or_else(|| wrong(format!("`{text}` has no `=`")))?;
        let path = Path::parse(path.trim());
        if path.0.is_empty() {
            return Err(wrong(format!("`{text}` has no path before its `=`")));
        }
        let value = read_yaml(value).map_err(|mistake| wrong(mistake.what))?;
        Ok(Assignment { flag: format!("--set {text}"), path, value })
    }
}

/// Which flag put what stands at a path there.
#[derive(Debug, Default)]
pub(super) struct Origins(Vec<(Path, String)>);

impl Origins {
    /// The flag that set the field at `path`, or one around it.
    pub(super) fn of(&self, path: &Path) -> Option<&str> {
        let set = |(set, _): &&(Path, String)| path.starts_with(set);
        self.0.iter().rev().find(set).map(|(_, flag)| flag.as_str())
    }
}

impl Overrides {
    /// Changes `value`, a whole scenario, and says which flag changed what.
    pub(super) fn apply(&self, value: &mut Value) -> Result<Origins, (String, Mistake)> {
        let mut origins = Origins::default();
        let mut set = |path: Path, new: Value, flag: String| {
            let made = put(value, &path, new).map_err(|mistake| (flag.clone(), mistake))?;
            origins.0.push((made, flag));
            Ok(())
        };
        for assignment in &self.set {
            set(assignment.path.clone(), assignment.value.clone(), assignment.flag.clone())?;
        }
        match self.target.as_slice() {
            [] => {}
            [one] => {
                set(Path::parse("target"), one.as_str().into(), format!("--target {one}"))?;
            }
            several => {
                let flag = format!("--target {}", several.join(" --target "));
                set(Path::parse("target"), several.into(), flag)?;
            }
        }
        if let Some(observe) = self.observed() {
            let flag = format!("--observe {}", self.observe.join(" --observe "));
            set(Path::parse("observe"), observe, flag)?;
        }
        if let Some(clients) = self.clients {
            set(Path::parse("users"), clients.into(), format!("--clients {clients}"))?;
        }
        if let Some(seed) = self.seed {
            set(Path::parse("seed"), seed.into(), format!("--seed {seed}"))?;
        }
        if let Some(rooms) = self.clients.and_then(|_| value.get_mut("rooms")?.as_object_mut())
            && rooms.get("size").is_some_and(|size| !size.is_null())
        {
            rooms.shift_remove("count");
        }
        Ok(origins)
    }

    /// What `--observe` says, as a scenario would.
    fn observed(&self) -> Option<Value> {
        let node = |word: &String| match word.parse::<u32>() {
            Ok(process) => json!({ "process": process }),
            Err(_) => json!({ "prometheus": word }),
        };
        match self.observe.as_slice() {
            [] => None,
            [one] => Some(one.as_str().into()),
            several => Some(several.iter().map(node).collect()),
        }
    }

    /// Stretches `load` to the rate and the duration asked for.
    pub(super) fn scale(&self, load: &mut LoadFile) -> Result<(), (String, Mistake)> {
        if let Some(none) = self.duration.filter(|duration| duration.duration().is_zero()) {
            let remedy = "give a length of time such as `15 s`";
            let mistake = Mistake::at("load.phases", "the load would have no length", remedy);
            return Err((format!("--duration {none}"), mistake));
        }
        let phases = &mut load.phases;
        let peak = phases.iter().map(|phase| phase.peak().per_second()).fold(0.0, f64::max);
        let length: f64 = phases.iter().map(|phase| phase.length().duration().as_secs_f64()).sum();
        for phase in phases {
            if let Some(rate) = self.rate.filter(|_| peak > 0.0) {
                *phase = phase.with_rates_times(rate.per_second() / peak);
            }
        }
        if let Some(duration) = self.duration.filter(|_| length > 0.0) {
            load.stretch(duration.duration().as_secs_f64() / length);
        }
        Ok(())
    }
}

/// Puts `new` at `path`; mappings on the way are made where nothing stands yet. Gives back the
/// path of the outermost thing it made.
fn put(root: &mut Value, path: &Path, new: Value) -> Result<Path, Mistake> {
    let mut at = root;
    let mut made = path.0.len();
    for (depth, key) in path.0.iter().enumerate() {
        if at.is_null() {
            *at = Value::Object(Map::new());
            made = made.min(depth);
        }
        let here = || Path(path.0[..depth].to_vec());
        let wrong = |what: String, remedy: String| Mistake::new(path.clone(), what, remedy);
        at = match (at, key) {
            (Value::Object(entries), key) => {
                let name = match key {
                    Key::Name(name) => name.clone(),
                    Key::Index(index) => index.to_string(),
                };
                entries.entry(name).or_insert(Value::Null)
            }
            (Value::Array(elements), Key::Index(index)) => {
                let count = elements.len();
                elements.get_mut(*index).ok_or_else(|| {
                    let what = format!("`{}` has {count} of them, counted from 0", here());
                    wrong(what, format!("write `{}.0`, or set the whole list", here()))
                })?
            }
            (Value::Array(_), Key::Name(name)) => {
                let what = format!("`{}` is a list and has no key `{name}`", here());
                return Err(wrong(what, format!("write a position, such as `{}.0`", here())));
            }
            (other, _) => {
                let what = format!("`{}` is {other}, which has nothing in it", here());
                return Err(wrong(what, format!("set `{}` as a whole", here())));
            }
        };
    }
    *at = new;
    Ok(Path(path.0[..made].to_vec()))
}
