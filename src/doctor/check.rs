//! Check: one thing that is looked at, why it matters, and what came of it.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::machine::Machine;
use super::needs::Needs;

/// One thing that is looked at.
#[derive(Debug)]
pub struct Check {
    /// What it is called, for ever.
    pub id: &'static str,
    /// Which part of the machine it is about.
    pub section: Section,
    /// What it is called by people.
    pub title: &'static str,
    /// The files, settings or measurements that are looked at.
    pub looks_at: &'static str,
    /// Why it matters, in a sentence.
    pub why: &'static str,
    pub(super) look: fn(&Machine, &Needs) -> Look,
}

/// A part of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Section {
    /// File descriptors.
    Files,
    /// Ports, queues and tables of the network.
    Network,
    /// Processors, and who else works on them.
    Cpu,
    /// Memory.
    Memory,
    /// The clock, and how late it wakes somebody.
    Clock,
    /// The server.
    Target,
}

/// What a check comes to, from the best to the worst.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The machine gives what is needed.
    Ok,
    /// It could not be looked at.
    Unknown,
    /// The run can be performed, and may show the machine instead of the server.
    Warn,
    /// The run cannot be performed.
    Fail,
}

/// What a check came to on a machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// The check.
    pub id: String,
    /// Which part of the machine it is about.
    pub section: Section,
    /// What the check is called by people.
    pub title: String,
    /// The files, settings or measurements that were looked at.
    pub looked_at: String,
    /// What is needed.
    pub need: String,
    /// What is there.
    pub found: String,
    /// What that comes to.
    pub verdict: Verdict,
    /// Why it matters, in a sentence.
    pub why: String,
    /// What mends it now: lines for a shell. Words in capitals are to be filled in.
    pub remedy: Vec<String>,
    /// What keeps it mended after a restart, where that is something else.
    pub permanent: Vec<String>,
}

/// What a look at a machine showed.
#[derive(Debug)]
pub(super) struct Look {
    need: String,
    found: String,
    verdict: Verdict,
    remedy: Vec<String>,
    permanent: Vec<String>,
}

impl Check {
    /// What it comes to on `machine`.
    pub fn examine(&self, machine: &Machine, needs: &Needs) -> Finding {
        let look = (self.look)(machine, needs);
        let is_amiss = look.verdict >= Verdict::Warn;
        let if_amiss = |lines: Vec<String>| if is_amiss { lines } else { Vec::new() };
        Finding {
            id: self.id.into(),
            section: self.section,
            title: self.title.into(),
            looked_at: self.looks_at.into(),
            need: look.need,
            found: look.found,
            verdict: look.verdict,
            why: self.why.into(),
            remedy: if_amiss(look.remedy),
            permanent: if_amiss(look.permanent),
        }
    }
}

impl Look {
    pub(super) fn new(need: impl Into<String>, found: impl Into<String>, verdict: Verdict) -> Look {
        let (need, found) = (need.into(), found.into());
        Look { need, found, verdict, remedy: Vec::new(), permanent: Vec::new() }
    }

    pub(super) fn unknown(need: impl Into<String>) -> Look {
        Look::new(need, "cannot be read here", Verdict::Unknown)
    }

    /// What mends it: a line for a shell, after those before.
    pub(super) fn mend(mut self, line: impl Into<String>) -> Look {
        self.remedy.push(line.into());
        self
    }

    /// What keeps it mended: a line for a shell, after those before.
    pub(super) fn keep(mut self, line: impl Into<String>) -> Look {
        self.permanent.push(line.into());
        self
    }

    /// Mends it by setting a variable of the kernel.
    pub(super) fn sysctl(self, key: &str, value: impl fmt::Display) -> Look {
        let value = value.to_string();
        let quote = if value.contains(' ') { "\"" } else { "" };
        self.mend(format!("sudo sysctl -w {key}={quote}{value}{quote}"))
            .keep(format!("echo '{key} = {value}' | sudo tee -a /etc/sysctl.d/90-chatbench.conf"))
    }
}

impl Verdict {
    /// Ok, where `is_enough`; or else what it costs.
    pub(super) fn ok_if(is_enough: bool, or_else: Verdict) -> Verdict {
        if is_enough { Verdict::Ok } else { or_else }
    }

    /// As it is printed.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Ok => "ok",
            Verdict::Unknown => "unknown",
            Verdict::Warn => "warn",
            Verdict::Fail => "FAIL",
        }
    }
}

impl Section {
    /// As it is printed.
    pub fn name(self) -> &'static str {
        match self {
            Section::Files => "files",
            Section::Network => "network",
            Section::Cpu => "cpu",
            Section::Memory => "memory",
            Section::Clock => "clock",
            Section::Target => "target",
        }
    }
}
