//! Hostile: files that say nothing, nonsense or far too much leave what they are about unknown.

use super::tree::{SOUND, Tree};
use super::*;

const GROUP: &str = "sys/fs/cgroup/own";
const IPV4: &str = "proc/sys/net/ipv4";
const TRACKED: &str = "proc/sys/net/netfilter/nf_conntrack";

/// A folder, the files in it, and the checks that know nothing without any of them.
const FILES: &[(&str, &[&str], &[&str])] = &[
    ("proc/sys/fs/", &["nr_open"], &["open-files-ceiling"]),
    ("proc/sys/fs/", &["file-max", "file-nr"], &["open-files-system"]),
    (IPV4, &["/ip_local_port_range"], &["ports", "time-wait"]),
    (IPV4, &["/tcp_tw_reuse"], &["time-wait"]),
    ("proc/sys/net/core/", &["somaxconn"], &["accept-queue"]),
    (IPV4, &["/tcp_max_syn_backlog", "/tcp_syncookies"], &["syn-queue"]),
    (TRACKED, &["_max", "_count", "_tcp_timeout_time_wait"], &["conntrack"]),
    (IPV4, &["/tcp_mem"], &["tcp-memory"]),
    ("proc/net/", &["sockstat"], &["tcp-memory"]),
    (IPV4, &["/tcp_rmem", "/tcp_wmem"], &["socket-buffers"]),
    ("proc/self/", &["cgroup"], &["cpu-quota", "threads", "memory-group"]),
    (GROUP, &["/cpu.max", "/ours/cpu.max"], &["cpu-quota"]),
    (GROUP, &["/pids.max", "/ours/pids.max", "/ours/pids.current"], &["threads"]),
    (GROUP, &["/memory.max", "/memory.current"], &["memory-group"]),
    ("proc/", &["meminfo"], &["memory", "swap"]),
    ("proc/sys/vm/", &["overcommit_memory"], &["overcommit"]),
    ("sys/devices/system/clocksource/clocksource0/", &["current_clocksource"], &["clock-source"]),
];

/// One, and no more, than a file may have.
const HUGE: usize = (1 << 20) + 1;

/// The last of them would make sense if it were not so long.
fn contents(sound: &str) -> Vec<Vec<u8>> {
    let texts = ["", "\n", "a: b: c", "-1", "99999999999999999999", "1 2 3 4 5 6", "max max max"];
    let mut contents: Vec<Vec<u8>> = texts.iter().map(|text| text.as_bytes().into()).collect();
    contents.push(b"\xff\x00\xfe".into());
    contents.push(vec![b'1'; HUGE]);
    contents.push(vec![b'\n'; HUGE]);
    contents.push([sound.as_bytes(), &vec![b'\n'; HUGE]].concat());
    contents
}

/// The server is on this machine, so that all is looked at.
fn asked() -> Needs {
    Needs { targets: Vec::new(), ..sample::needs() }
}

#[tokio::test(start_paused = true)]
async fn what_they_are_about_is_unknown() {
    let tree = Tree::of(SOUND);
    for (folder, names, ids) in FILES {
        for path in names.iter().map(|name| format!("{folder}{name}")) {
            let sound = SOUND.iter().find(|(sound, _)| *sound == path);
            let (_, sound) = sound.unwrap_or_else(|| panic!("{path} is in no sound machine"));
            for content in contents(sound) {
                tree.write(&path, &content);
                let machine = tree.machine().await;
                for id in *ids {
                    let finding = finding(id, &machine, &asked());
                    let begins = String::from_utf8_lossy(&content[..content.len().min(20)]);
                    assert_eq!(finding.verdict, Verdict::Unknown, "{path}: {begins:?} {finding:?}");
                }
            }
            tree.write(&path, sound.as_bytes());
            let machine = tree.machine().await;
            for id in *ids {
                let verdict = finding(id, &machine, &asked()).verdict;
                assert_ne!(verdict, Verdict::Unknown, "{id} with a sound {path}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn of_a_governor_only_a_name_is_believed() {
    let tree = Tree::of(SOUND);
    let long = "a".repeat(33);
    for content in ["", "\u{1b}[31m", "two words", long.as_str()] {
        tree.write("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", content.as_bytes());
        assert_eq!(tree.machine().await.cpu.governors, Part::Unknown, "{content:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn of_reserved_ports_only_a_list_is_believed() {
    let tree = Tree::of(SOUND);
    for (content, reserved) in [
        ("", Some(0)),
        ("\n", Some(0)),
        ("0-65535", Some(28_232)),
        ("60999-32768", Some(0)),
        ("a", None),
        ("1-", None),
        ("99999999999999999999", None),
    ] {
        tree.write("proc/sys/net/ipv4/ip_local_reserved_ports", content.as_bytes());
        let ports = tree.machine().await.network.ports;
        assert_eq!(ports.map(|ports| ports.reserved), reserved, "{content:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_largest_numbers_break_nothing() {
    let tree = Tree::of(SOUND);
    let huge = u64::MAX.to_string();
    for (path, sound) in SOUND {
        let numbers = sound.split_whitespace().map(|word| match word.parse::<u64>() {
            Ok(_) => huge.as_str(),
            Err(_) => word,
        });
        tree.write(path, numbers.collect::<Vec<_>>().join(" ").as_bytes());
    }
    let machine = tree.machine().await;
    let most = Needs { closes_per_second: f64::MAX, load_secs: f64::MAX, ..asked() };
    assert_eq!(examine(&machine, &most).len(), CATALOGUE.len());
}

#[tokio::test(start_paused = true)]
async fn of_a_machine_that_tells_nothing_nothing_is_guessed() {
    let machine = Tree::of(&[]).machine().await;
    let findings = examine(&machine, &asked());
    let known = findings.iter().filter(|it| it.verdict != Verdict::Unknown);
    let known: Vec<&str> = known.map(|it| it.id.as_str()).collect();
    // What does not stand in files.
    assert_eq!(known, ["open-files", "cores", "wake-up", "target"]);
}
