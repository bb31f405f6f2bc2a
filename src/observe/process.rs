//! Process: what the kernel's files about a process say (proc_pid_stat(5), proc_pid_status(5)).

/// What `/proc/PID/stat` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stat {
    /// Whether it is over, and only waits for its parent to hear of it.
    pub(super) dead: bool,
    /// Time on a processor, in user mode and in system mode, in clock ticks.
    pub(super) cpu_ticks: u64,
    /// How many threads it has.
    pub(super) threads: u64,
    /// When it was started, in clock ticks since the machine was: with its number, what tells it
    /// from all other processes.
    pub(super) started: u64,
}

/// Reads `/proc/PID/stat`; nothing if that is not what the text is.
pub(super) fn stat(text: &str) -> Option<Stat> {
    // The name may contain anything, parentheses and spaces too.
    let (_, fields) = text.rsplit_once(')')?;
    let fields: Vec<&str> = fields.split_ascii_whitespace().collect();
    // The first of them is the third of the manual.
    let number = |manual: usize| fields.get(manual - 3)?.parse::<u64>().ok();
    Some(Stat {
        dead: matches!(*fields.first()?, "Z" | "X" | "x"),
        cpu_ticks: number(14)?.checked_add(number(15)?)?,
        threads: number(20)?,
        started: number(22)?,
    })
}

/// The resident memory that `/proc/PID/status` tells, in bytes; a process that is over has none.
pub(super) fn rss_bytes(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

/// The name that `/proc/PID/status` tells, as it may be shown.
pub(super) fn name(status: &str) -> Option<String> {
    let name = status.lines().find_map(|line| line.strip_prefix("Name:"))?;
    Some(name.trim().chars().filter(|c| !c.is_control()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAT: &str = "4711 (node) S 1 4711 4711 0 -1 4194560 9000 0 0 0 150 25 0 0 20 0 11 0 \
        88000 1100000000 12000 18446744073709551615 1 1 0 0 0 0 0 4096 0 0 0 0 17 1 0 0 0 0 0\n";

    #[test]
    fn a_process_is_read() {
        let wanted = Stat { dead: false, cpu_ticks: 175, threads: 11, started: 88_000 };
        assert_eq!(stat(STAT), Some(wanted));
        // Whoever names a process so wants to be taken for another.
        let named = STAT.replace("(node)", "(a) Z 1 (b) c)");
        assert_eq!(stat(&named), Some(wanted));
        assert!(stat(&STAT.replace(") S", ") Z")).is_some_and(|stat| stat.dead));
    }

    #[test]
    fn what_is_none_is_none() {
        let short = &STAT[..STAT.find("88000").expect("it is there")];
        for text in ["", ")", "4711 (node", short, &STAT.replace("150", "-150")] {
            assert_eq!(stat(text), None, "{text:?}");
        }
        let most = STAT.replace("150 25", "18446744073709551615 25");
        assert_eq!(stat(&most), None);
    }

    #[test]
    fn memory_is_read() {
        let status = "Name:\tno\u{1b}de 1\nVmHWM:\t   9000 kB\nVmRSS:\t    8000 kB\nThreads:\t11\n";
        assert_eq!(rss_bytes(status), Some(8_192_000));
        assert_eq!(name(status).as_deref(), Some("node 1"));
        for (status, why) in [
            ("Name:\tnode\nState:\tZ (zombie)\n", "a process that is over has none"),
            ("VmRSS:\t8000 MB\n", "the kernel says kB"),
            ("VmRSS:\t-1 kB\n", "no number"),
            ("VmRSS:\t18446744073709551615 kB\n", "more than there is"),
        ] {
            assert_eq!(rss_bytes(status), None, "{why}");
        }
    }
}
