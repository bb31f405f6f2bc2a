//! Process: what a server's process keeps, as the kernel tells it.

use std::fs;
use std::path::PathBuf;

use super::finding::Stop;

/// A process and those it started.
#[derive(Clone, Copy, Debug)]
pub(super) struct Process(u32);

/// What a process keeps at a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Kept {
    /// Memory that is resident.
    pub(super) memory_bytes: u64,
    /// Open files, connections among them.
    pub(super) files: u64,
}

impl Process {
    /// The process with the id `pid`.
    pub(super) fn new(pid: u32) -> Process {
        Process(pid)
    }

    /// What it and those it started keep now.
    ///
    /// # Errors
    /// Unknown, when the kernel does not tell.
    pub(super) fn kept(self) -> Result<Kept, Stop> {
        let mut kept = one(self.0)?;
        for child in self.descendants() {
            // One that has ended meanwhile keeps nothing.
            if let Ok(child) = one(child) {
                kept.memory_bytes += child.memory_bytes;
                kept.files += child.files;
            }
        }
        Ok(kept)
    }

    /// The processes it started, and those they did.
    fn descendants(self) -> Vec<u32> {
        let mut found = Vec::new();
        let mut parents = vec![self.0];
        while let Some(parent) = parents.pop() {
            let Ok(threads) = fs::read_dir(of(parent, "task")) else { continue };
            for thread in threads.flatten() {
                let children = fs::read_to_string(thread.path().join("children"));
                for child in children.unwrap_or_default().split_whitespace() {
                    let Ok(child) = child.parse() else { continue };
                    found.push(child);
                    parents.push(child);
                }
            }
        }
        found
    }
}

fn one(pid: u32) -> Result<Kept, Stop> {
    let told = |what: &str, why: &dyn std::fmt::Display| {
        Stop::unknown(format!("process {pid} does not let its {what} be read: {why}"))
    };
    let status = fs::read_to_string(of(pid, "status")).map_err(|why| told("status", &why))?;
    let memory_kib = memory_in(&status).ok_or_else(|| told("memory", &"no VmRSS"))?;
    let files = fs::read_dir(of(pid, "fd")).map_err(|why| told("open files", &why))?;
    Ok(Kept { memory_bytes: memory_kib * 1024, files: files.count() as u64 })
}

fn of(pid: u32, what: &str) -> PathBuf {
    PathBuf::from(format!("/proc/{pid}/{what}"))
}

/// The resident memory in a process's status, in KiB.
fn memory_in(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_from_the_line_that_says_it() {
        assert_eq!(memory_in("VmPeak:\t 9 kB\nVmRSS:\t  5120 kB\n"), Some(5120));
        assert_eq!(memory_in("VmPeak:\t 9 kB\n"), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_process_keeps_memory_and_files() {
        let kept = Process::new(std::process::id()).kept().expect("one may look at oneself");
        assert!(kept.memory_bytes > 0 && kept.files > 2, "{kept:?}");
    }
}
