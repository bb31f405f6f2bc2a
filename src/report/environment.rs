//! Environment: the machine that the load was generated on.

use serde::{Deserialize, Serialize};

/// The machine that the load was generated on, as far as it tells.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub struct Environment {
    /// The operating system, such as `linux`.
    pub os: String,
    /// The architecture, such as `x86_64`.
    pub arch: String,
    /// The kernel's release.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kernel: Option<String>,
    /// The processor's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_model: Option<String>,
    /// Cores that this process may use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cores: Option<usize>,
    /// The machine's memory, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<u64>,
}

impl Environment {
    /// This machine. What it does not tell is left out.
    pub fn read() -> Environment {
        let proc = |name: &str| std::fs::read_to_string(format!("/proc/{name}")).ok();
        Environment {
            os: std::env::consts::OS.into(),
            arch: std::env::consts::ARCH.into(),
            kernel: proc("sys/kernel/osrelease").map(|release| release.trim().to_owned()),
            cpu_model: proc("cpuinfo").and_then(|text| cpu_model(&text)),
            cores: std::thread::available_parallelism().map(usize::from).ok(),
            memory_bytes: proc("meminfo").and_then(|text| memory_bytes(&text)),
        }
    }
}

fn cpu_model(cpuinfo: &str) -> Option<String> {
    // Arm machines tell numbers of parts instead, which say nothing to a person.
    field(cpuinfo, "model name").filter(|name| !name.is_empty()).map(str::to_owned)
}

fn memory_bytes(meminfo: &str) -> Option<u64> {
    let kibibytes: u64 = field(meminfo, "MemTotal")?.strip_suffix(" kB")?.parse().ok()?;
    kibibytes.checked_mul(1024)
}

/// The value of the first line `name: value`.
fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let mut fields = text.lines().filter_map(|line| line.split_once(':'));
    fields.find(|(key, _)| key.trim() == name).map(|(_, value)| value.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proc_is_read() {
        let cpuinfo = "processor\t: 0\nmodel name\t: Fast CPU @ 3.00GHz\nmodel name\t: Other\n";
        assert_eq!(cpu_model(cpuinfo).as_deref(), Some("Fast CPU @ 3.00GHz"));
        assert_eq!(cpu_model("CPU part\t: 0xd0c\n"), None);
        assert_eq!(memory_bytes("MemTotal:       16 kB\nMemFree: 8 kB\n"), Some(16_384));
        assert_eq!(memory_bytes("MemTotal: much\n"), None);
    }

    #[test]
    fn this_machine_has_a_core() {
        let environment = Environment::read();
        assert!(environment.cores >= Some(1), "{environment:?}");
    }
}
