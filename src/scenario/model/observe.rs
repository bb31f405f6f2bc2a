//! What is observed of the server, as meant.

use std::collections::BTreeMap;

use super::TargetUrl;
use crate::scenario::error::Mistake;
use crate::scenario::file::{MetricNamesFile, NodeFile, ObserveFile, TargetFile};
use crate::scenario::path::Path;
use crate::scenario::remedy::nearest;
use crate::scenario::units::UnitError;

/// What is looked at while the server is loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Observe {
    /// Nothing.
    Off,
    /// The bundled server, which is the target.
    Reference,
    /// These, which together are the server; one at least.
    Nodes(Vec<ObservedNode>),
}

/// A node of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObservedNode {
    /// A process of this machine.
    Process(u32),
    /// What it exposes.
    Prometheus(Exposed),
}

/// Where a node exposes its metrics, and which of those that are there are its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exposed {
    /// Where; its path is never empty.
    pub url: TargetUrl,
    /// The metric of processor time: seconds, user and system.
    pub cpu: String,
    /// The metric of resident memory: bytes.
    pub memory: String,
    /// The metric of open file descriptors.
    pub open_fds: String,
    /// Labels that the metrics must have, beside others that they may have.
    pub labels: BTreeMap<String, String>,
}

const FORMS: &str = "write `reference`, `off`, `{process: 4711}`, or \
    `{prometheus: http://localhost:3000/metrics}`";
const NODES_MAX: usize = 64;
const LABELS_MAX: usize = 32;
const WORDS: [&str; 2] = ["reference", "off"];

/// What `file` means for a server that is `target`.
pub(super) fn observe(file: Option<&ObserveFile>, target: &TargetFile) -> Result<Observe, Mistake> {
    let path = Path::parse("observe");
    let nodes = match file {
        None if target.is_reference() => return Ok(Observe::Reference),
        None => return Ok(Observe::Off),
        Some(ObserveFile::Word(word)) => return of_word(word, target),
        Some(ObserveFile::Node(node)) => return Ok(Observe::Nodes(vec![of_node(node, &path)?])),
        Some(ObserveFile::Nodes(nodes)) => nodes,
    };
    if nodes.is_empty() || nodes.len() > NODES_MAX {
        let what = format!("there are {} nodes", nodes.len());
        let remedy = format!("write 1 to {NODES_MAX}, or `off`");
        return Err(Mistake::new(path, what, remedy));
    }
    let mut all: Vec<ObservedNode> = Vec::new();
    for (at, node) in nodes.iter().enumerate() {
        let path = path.index(at);
        let node = of_node(node, &path)?;
        if all.contains(&node) {
            let what = "this node is in the list twice, and would count twice";
            return Err(Mistake::new(path, what, "name each once"));
        }
        all.push(node);
    }
    Ok(Observe::Nodes(all))
}

fn of_word(word: &str, target: &TargetFile) -> Result<Observe, Mistake> {
    let path = Path::parse("observe");
    match word {
        "off" => return Ok(Observe::Off),
        "reference" if target.is_reference() => return Ok(Observe::Reference),
        "reference" => {
            let what = "the bundled server is not the target";
            let remedy = "name the process of yours: `{process: 4711}`, or its exposition: \
                          `{prometheus: http://localhost:3000/metrics}`";
            return Err(Mistake::new(path, what, remedy));
        }
        _ => {}
    }
    if let Ok(process) = word.parse() {
        return Ok(Observe::Nodes(vec![process_of(process, path)?]));
    }
    if word.contains("://") {
        let node = NodeFile { prometheus: Some(word.into()), ..NodeFile::default() };
        return Ok(Observe::Nodes(vec![of_node(&node, &path)?]));
    }
    let what = format!("`{word}` is nothing that can be observed");
    let remedy = nearest(word, &WORDS).map(|near| format!("did you mean `{near}`?"));
    Err(Mistake::new(path, what, remedy.unwrap_or_else(|| FORMS.into())))
}

fn of_node(node: &NodeFile, path: &Path) -> Result<ObservedNode, Mistake> {
    let wrong = |what: &str, remedy: &str| Err(Mistake::new(path.clone(), what, remedy));
    match (node.process, &node.prometheus) {
        (Some(_), Some(_)) => wrong(
            "a node is a process or an exposition, not both",
            "keep `process` or `prometheus`; a list has several nodes",
        ),
        (None, None) => wrong("it does not say what to observe", FORMS),
        (Some(process), None) => {
            for (key, is_there) in
                [("metrics", node.metrics.is_some()), ("labels", !node.labels.is_empty())]
            {
                if is_there {
                    let what = format!("`{key}` is of an exposition, and a process has none");
                    let remedy = "leave it out, or observe by `prometheus`";
                    return Err(Mistake::new(path.name(key), what, remedy));
                }
            }
            process_of(process, path.name("process"))
        }
        (None, Some(url)) => exposed(node, url, path).map(ObservedNode::Prometheus),
    }
}

fn process_of(process: u32, path: Path) -> Result<ObservedNode, Mistake> {
    if process == 0 || i32::try_from(process).is_err() {
        let what = format!("{process} is the number of no process");
        return Err(Mistake::new(path, what, "write the process's id, such as `4711`"));
    }
    Ok(ObservedNode::Process(process))
}

fn exposed(node: &NodeFile, url: &str, path: &Path) -> Result<Exposed, Mistake> {
    const REMEDY: &str = "write a URL such as `http://localhost:3000/metrics`";
    let wrong = |what: String| Mistake::new(path.name("prometheus"), what, REMEDY);
    let mut parsed: TargetUrl = url.parse().map_err(|error: UnitError| wrong(error.what))?;
    if url.starts_with("ws") {
        return Err(wrong("an exposition is fetched by HTTP".into()));
    }
    if parsed.prefix.is_empty() {
        parsed.prefix = "/metrics".into();
    }
    if node.labels.len() > LABELS_MAX {
        let what = format!("there are {} labels", node.labels.len());
        let remedy = format!("write at most {LABELS_MAX}");
        return Err(Mistake::new(path.name("labels"), what, remedy));
    }
    let MetricNamesFile { cpu, memory, open_fds } = node.metrics.clone().unwrap_or_default();
    for (key, name) in [("cpu", &cpu), ("memory", &memory), ("open_fds", &open_fds)] {
        let legal = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
        if name.is_empty() || !name.chars().all(legal) {
            let what = format!("`{}` is not a metric's name", name.escape_debug());
            let remedy = "write letters, digits and underscores, such as \
                          `process_cpu_seconds_total`";
            return Err(Mistake::new(path.name("metrics").name(key), what, remedy));
        }
    }
    Ok(Exposed { url: parsed, cpu, memory, open_fds, labels: node.labels.clone() })
}
