//! Faults: each is planted in a sound machine, and found by its check alone, with its remedy.

use std::time::Duration;

use super::*;

type Plant = fn(&mut Machine, &mut Needs);

/// The check that complains, the fault, and what is to be told of it.
const FAULTS: &[(&str, Verdict, Plant, &[&str])] = &[
    (
        "open-files",
        Verdict::Fail,
        |m, _| m.files.hard = Some(1_071),
        &["--nofile=1072:1072", r"printf '%s - nofile 1072\n' '*' root | sudo tee /etc/security/"],
    ),
    (
        "open-files-ceiling",
        Verdict::Fail,
        |m, _| m.files.ceiling = Some(1_071),
        &["sudo sysctl -w fs.nr_open=2048"],
    ),
    (
        "open-files-system",
        Verdict::Fail,
        |m, _| (m.files.system_max, m.files.system_open) = (Some(3_071), Some(2_000)),
        &["3,071, of which 2,000 are open", "fs.file-max=3840", "/etc/sysctl.d/90-chatbench.conf"],
    ),
    (
        "ports",
        Verdict::Fail,
        |m, n| {
            m.network.ports = Some(Ports { first: 40_000, last: 40_998, reserved: 0 });
            n.closes_per_second = 0.0;
        },
        &["999 (40000 to 40998)", "ip_local_port_range=\"10000 65535\"", "--source-ip"],
    ),
    (
        "ports",
        Verdict::Fail,
        |m, n| {
            m.network.ports = Some(Ports { first: 40_000, last: 41_000, reserved: 2 });
            n.closes_per_second = 0.0;
        },
        &["999 (40000 to 41000, less 2 reserved)"],
    ),
    (
        "time-wait",
        Verdict::Warn,
        |_, n| n.closes_per_second = 460.0,
        &["27,600 beside 1,000 of users", "net.ipv4.tcp_tw_reuse=1", "after 60 s elsewhere"],
    ),
    (
        "time-wait",
        Verdict::Warn,
        // By another address of its own than a loopback one.
        |m, n| {
            let_the_server_be_here(m);
            n.closes_per_second = 460.0;
        },
        &["27,600 beside 1,000 of users", "net.ipv4.tcp_tw_reuse=1", "--source-ip 127.0.0.2,"],
    ),
    ("time-wait", Verdict::Warn, |_, n| n.closes_at_once = 27_000, &["tcp_tw_reuse=1"]),
    (
        "accept-queue",
        Verdict::Warn,
        |m, _| {
            let_the_server_be_here(m);
            m.network.accept_queue_max = Some(128);
        },
        &["250 connects", "net.core.somaxconn=4096", "a server asks for its own queue"],
    ),
    (
        "syn-queue",
        Verdict::Warn,
        |m, _| {
            let_the_server_be_here(m);
            (m.network.syn_queue_max, m.network.syn_cookies) = (Some(320), Some(0));
        },
        &["net.ipv4.tcp_max_syn_backlog=8192"],
    ),
    (
        "conntrack",
        Verdict::Fail,
        |m, _| track(m, 300),
        &["2,200 more, with what stays for 120 s", "nf_conntrack_max=3125", "time_wait=10"],
    ),
    ("conntrack", Verdict::Warn, |m, _| track(m, 0), &["2,199, of which 0 are taken"]),
    (
        "tcp-memory",
        Verdict::Warn,
        |m, _| m.network.memory_pages = Some([1_000, 1_500, 2_000]),
        &["2,000 pages for 1,000 ends", "net.ipv4.tcp_mem=\"2000 3000 4000\""],
    ),
    (
        "socket-buffers",
        Verdict::Warn,
        |m, _| m.network.receive_buffer = Some([4_096, 4_096, 4_096]),
        &["net.ipv4.tcp_rmem=\"4096 131072 6291456\""],
    ),
    (
        "socket-buffers",
        Verdict::Warn,
        |m, _| m.network.send_buffer = Some([4_096, 16_384, 8_192]),
        &["net.ipv4.tcp_wmem=\"4096 16384 4194304\""],
    ),
    (
        "cpu-governor",
        Verdict::Warn,
        |m, _| {
            let governors = ["performance", "powersave", "performance", "powersave"];
            m.cpu.governors = Part::There(governors.map(String::from).into());
        },
        &["powersave, on 2 of 4 cores", "echo performance | sudo tee", "tuned-adm"],
    ),
    ("cores", Verdict::Warn, |m, _| m.cpu.cores = Some(vec![0]), &["--shards 1"]),
    (
        "cores",
        Verdict::Warn,
        let_the_server_be_here_alone,
        &["taskset -acp 0-1 PID_OF_SERVER", "taskset -c 2-3 chatbench run SCENARIO --shards 2"],
    ),
    (
        "cores",
        Verdict::Warn,
        |m, _| {
            let_the_server_be_here(m);
            m.cpu.cores = Some(vec![4, 5, 6, 7]);
        },
        &["taskset -acp 4-5 PID_OF_SERVER", "taskset -c 6-7 chatbench run SCENARIO --shards 2"],
    ),
    (
        "cores",
        Verdict::Warn,
        |m, _| {
            let_the_server_be_here(m);
            m.cpu.cores = Some(vec![1, 3, 5, 8, 9]);
        },
        &["taskset -acp 1,3 PID_OF_SERVER", "taskset -c 5,8-9 chatbench run SCENARIO --shards 3"],
    ),
    (
        "cores",
        Verdict::Warn,
        |_, n| (n.server_descriptors, n.targets) = (n.descriptors, Vec::new()),
        &["taskset -c 0-1 chatbench serve", "--target http://localhost:8080"],
    ),
    (
        "cpu-quota",
        Verdict::Warn,
        |m, _| {
            let file = r"sys/fs/cgroup/a\x2d'b/cpu.max".into();
            m.cpu.quota = Part::There(Quota { cores: 1.5, file });
        },
        &["that of 1.5 cores", r"echo max | sudo tee '/sys/fs/cgroup/a\x2d'\''b/cpu.max'"],
    ),
    (
        "cpu-quota",
        Verdict::Warn,
        |m, _| {
            let file = "sys/fs/cgroup/cpu/a/cpu.cfs_quota_us".into();
            m.cpu.quota = Part::There(Quota { cores: 1.5, file });
        },
        &["echo -1 | sudo tee /sys/fs/cgroup/cpu/a/cpu.cfs_quota_us"],
    ),
    (
        "cpu-quota",
        Verdict::Warn,
        // `docker --cpus 1.5` on a large machine.
        |m, n| {
            m.cpu.cores = Some((0..16).collect());
            m.cpu.quota = quota_of(1.5);
            n.threads = 2;
        },
        &["that of 1.5 cores", "the time of 2 cores"],
    ),
    (
        "threads",
        Verdict::Fail,
        |m, _| {
            let file = "sys/fs/cgroup/pids.max".into();
            m.cpu.pids = Part::There(Pids { max: 49, now: 40, file });
        },
        &["49, of which 40 are there", "echo 60 | sudo tee /sys/fs/cgroup/pids.max"],
    ),
    (
        "other-work",
        Verdict::Warn,
        |m, _| m.cpu.busy = Some(Busy { work: 0.4, stolen: 0.0 }),
        &["40 % of all cores, load average 0.12", "ps -eo pcpu"],
    ),
    (
        "steal",
        Verdict::Warn,
        |m, _| m.cpu.busy = Some(Busy { work: 0.0, stolen: 0.03 }),
        &["vmstat 1 10"],
    ),
    ("memory", Verdict::Fail, |m, _| m.memory.available = Some(70_000_000), &["70.50 MB for"]),
    ("memory", Verdict::Warn, |m, _| m.memory.available = Some(80_000_000), &["--sort=-rss"]),
    (
        "memory-group",
        Verdict::Fail,
        |m, _| {
            let file = "sys/fs/cgroup/memory.max".into();
            m.memory.group = Part::There(Spare { max: 90_000_000, spare: 10_000_000, file });
        },
        &["10.00 MB left of 90.00 MB", "echo 221000000 | sudo tee /sys/fs/cgroup/memory.max"],
    ),
    (
        "swap",
        Verdict::Warn,
        |m, _| m.memory.swapped = Some(81_000_000),
        &["sudo swapoff -a && sudo swapon -a", "vm.swappiness=1"],
    ),
    (
        "overcommit",
        Verdict::Fail,
        |m, _| (m.memory.overcommit, m.memory.promises_left) = (Some(2), Some(75_000_000)),
        &["75.00 MB can still be promised", "vm.overcommit_memory=0"],
    ),
    (
        "clock-source",
        Verdict::Warn,
        |m, _| m.timing.source = Some("hpet".into()),
        &["echo tsc | sudo tee", "current_clocksource", "`clocksource=tsc`"],
    ),
    (
        "clock-source",
        Verdict::Warn,
        |m, _| {
            m.timing.source = Some("acpi_pm".into());
            m.timing.sources = Some(vec!["acpi_pm".into()]);
        },
        &["dmesg"],
    ),
    ("clock-cost", Verdict::Warn, |m, _| m.timing.read_ns = Some(900.0), &["900 ns each"]),
    ("clock-cost", Verdict::Warn, |m, _| m.timing.step_ns = Some(4_000_000), &["clocksource0"]),
    ("wake-up", Verdict::Warn, |m, _| wake(m, 1_001, 1_001), &["1.0 ms at the median", "chrt"]),
    ("wake-up", Verdict::Warn, |m, _| wake(m, 60, 10_001), &["10.0 ms at worst"]),
    (
        "wake-up",
        Verdict::Warn,
        |m, _| m.timing.slack_ns = Some(2_000_000),
        &["timer slack 2.0 ms", "timerslack_ns", "TimerSlackNSec="],
    ),
    (
        "target",
        Verdict::Fail,
        |m, _| m.targets[0].reached = Err("connection refused".into()),
        &["http://chat.example:3000: connection refused", "nc -vz -w 2 chat.example 3000"],
    ),
];

/// Which has another fault with it: that they share its cores.
fn let_the_server_be_here(machine: &mut Machine) {
    machine.targets = vec![sample::seen(true)];
}

fn let_the_server_be_here_alone(machine: &mut Machine, _: &mut Needs) {
    let_the_server_be_here(machine);
}

/// One less than has room, with so many there already.
fn track(machine: &mut Machine, used: u64) {
    let max = 2_199 + used;
    machine.network.conntrack = Part::There(Conntrack { max, used, wait_secs: 120 });
}

fn quota_of(cores: f64) -> Part<Quota> {
    Part::There(Quota { cores, file: "sys/fs/cgroup/cpu.max".into() })
}

fn wake(machine: &mut Machine, median: u64, max: u64) {
    let (median, max) = (Duration::from_micros(median), Duration::from_micros(max));
    machine.timing.late = Some(Lateness { median, max });
}

#[test]
fn a_sound_machine_has_none() {
    assert_eq!(amiss(&sample::machine(), &sample::needs()), []);
}

#[test]
fn each_is_found_by_its_check_alone_with_its_remedy() {
    for (id, verdict, plant, told) in FAULTS {
        let (mut machine, mut needs) = (sample::machine(), sample::needs());
        plant(&mut machine, &mut needs);
        let mut found = amiss(&machine, &needs);
        match *id {
            // A server that is here shares the cores.
            "accept-queue" | "syn-queue" | "time-wait" => found.retain(|(id, _)| *id != "cores"),
            // Nobody knows where one is that cannot be reached.
            "target" => found.retain(|(_, verdict)| *verdict != Verdict::Unknown),
            _ => {}
        }
        assert_eq!(found, [(*id, *verdict)], "{told:?}");
        let finding = finding(id, &machine, &needs);
        let text = format!("{finding:#?}").replace("\\\"", "\"").replace("\\\\", "\\");
        for part in *told {
            assert!(text.contains(part), "no {part:?} in {text}");
        }
        assert!(!finding.remedy.is_empty(), "{text}");
    }
}

#[test]
fn each_check_has_one() {
    let without = CATALOGUE.iter().filter(|check| !FAULTS.iter().any(|(id, ..)| *id == check.id));
    let without: Vec<&str> = without.map(|check| check.id).collect();
    assert!(without.is_empty(), "nothing is planted for {without:?}");
}

#[test]
fn what_is_ok_needs_no_remedy() {
    for finding in examine(&sample::machine(), &sample::needs()) {
        assert!(finding.remedy.is_empty() && finding.permanent.is_empty(), "{finding:#?}");
    }
}

#[test]
fn a_server_that_was_not_seen_may_be_anywhere() {
    let (mut machine, needs) = (sample::machine(), sample::needs());
    machine.targets[0].reached = Err("connection refused".into());
    let unknown = ["accept-queue", "syn-queue", "cores"].map(|id| (id, Verdict::Unknown));
    assert_eq!(amiss(&machine, &needs)[..3], unknown);
    machine.cpu.cores = Some(vec![0]);
    assert_eq!(finding("cores", &machine, &needs).verdict, Verdict::Warn);
}

#[test]
fn just_enough_is_enough() {
    let (mut machine, mut needs) = (sample::machine(), sample::needs());
    machine.files.hard = Some(1_072);
    machine.files.ceiling = Some(1_072);
    (machine.files.system_max, machine.files.system_open) = (Some(3_072), Some(2_000));
    machine.network.ports = Some(Ports { first: 40_000, last: 40_999, reserved: 0 });
    needs.closes_per_second = 0.0;
    machine.network.conntrack = Part::There(Conntrack { max: 1_300, used: 300, wait_secs: 120 });
    machine.cpu.pids = Part::There(Pids { max: 50, now: 40, file: "pids.max".into() });
    machine.cpu.quota = Part::There(Quota { cores: 2.0, file: "cpu.max".into() });
    machine.cpu.cores = Some(vec![0, 1]);
    assert_eq!(amiss(&machine, &needs), []);
}

#[test]
fn the_bundled_server_need_not_be_told_to_ask_for_a_longer_queue() {
    let (mut machine, mut needs) = (sample::machine(), sample::needs());
    machine.network.accept_queue_max = Some(128);
    needs.targets.clear();
    let told = finding("accept-queue", &machine, &needs).remedy;
    assert_eq!(told, ["sudo sysctl -w net.core.somaxconn=4096"]);
}

/// Where a server was reached, what the kernel takes again there, and what that comes to.
#[test]
fn ports_are_taken_again_where_the_kernel_says_so() {
    let cases = [
        ("127.0.0.1", Some(2), Verdict::Ok),
        ("127.9.9.9", Some(2), Verdict::Ok),
        ("::1", Some(2), Verdict::Ok),
        ("192.0.2.7", Some(2), Verdict::Warn),
        ("2001:db8::7", Some(2), Verdict::Warn),
        ("127.0.0.1", Some(0), Verdict::Warn),
        ("192.0.2.7", Some(1), Verdict::Ok),
    ];
    for (ip, reuse, verdict) in cases {
        let (mut machine, mut needs) = (sample::machine(), sample::needs());
        machine.targets = vec![sample::seen_at(ip, true)];
        (machine.network.reuse, needs.closes_per_second) = (reuse, 460.0);
        let told = finding("time-wait", &machine, &needs);
        assert_eq!(told.verdict, verdict, "{ip}, {reuse:?}: {told:?}");
        // One of two is enough to run out of ports.
        machine.targets.push(sample::seen_at("192.0.2.8", true));
        let both = finding("time-wait", &machine, &needs).verdict;
        assert_eq!(both, if reuse == Some(1) { Verdict::Ok } else { Verdict::Warn }, "{ip}");
    }
}

#[test]
fn addresses_are_advised_of_the_kind_that_the_server_has() {
    let cases = [
        ("127.0.0.1", true, "--source-ip 127.0.0.2,127.0.0.3"),
        ("192.0.2.7", true, "--source-ip 127.0.0.2,127.0.0.3"),
        ("192.0.2.7", false, "--source-ip ADDRESS,ADDRESS"),
        ("::1", true, "--source-ip ADDRESS,ADDRESS"),
        ("2001:db8::7", true, "--source-ip ADDRESS,ADDRESS"),
        ("2001:db8::7", false, "--source-ip ADDRESS,ADDRESS"),
    ];
    for (ip, is_here, wanted) in cases {
        let (mut machine, mut needs) = (sample::machine(), sample::needs());
        machine.targets = vec![sample::seen_at(ip, is_here)];
        needs.ports = 40_000;
        let told = finding("ports", &machine, &needs).remedy.join(" ");
        assert!(told.ends_with(wanted), "{ip}: {told}");
    }
}

/// As many threads as `--shards` has by itself where there is a quota, with its verdict.
#[test]
fn a_quota_is_held_against_the_cores_that_may_be_used() {
    let cases = [
        // A quota, cores, threads, and whether the bundled server takes a part of it.
        (1.5, 16, 1, true, Verdict::Warn),
        (1.5, 16, 1, false, Verdict::Ok),
        (1.0, 4, 1, true, Verdict::Warn),
        (2.0, 4, 2, true, Verdict::Warn),
        (3.0, 4, 2, true, Verdict::Ok),
        (2.5, 4, 3, false, Verdict::Warn),
        (0.5, 2, 1, false, Verdict::Warn),
        // It is all that there is.
        (1.0, 1, 1, true, Verdict::Ok),
        (8.0, 4, 4, true, Verdict::Ok),
    ];
    for (quota, cores, threads, is_bundled, verdict) in cases {
        let (mut machine, mut needs) = (sample::machine(), sample::needs());
        machine.cpu.cores = Some((0..cores).collect());
        machine.cpu.quota = quota_of(quota);
        needs.threads = threads;
        if is_bundled {
            needs.targets.clear();
        }
        let finding = finding("cpu-quota", &machine, &needs);
        assert_eq!(finding.verdict, verdict, "{quota} of {cores}: {finding:?}");
    }
}

#[test]
fn no_more_shards_are_advised_than_a_quota_keeps_busy() {
    let (mut machine, mut needs) = (sample::machine(), sample::needs());
    (machine.cpu.quota, needs.threads) = (quota_of(2.5), 5);
    assert_eq!(finding("cores", &machine, &needs).remedy, ["chatbench run SCENARIO --shards 2"]);
    let_the_server_be_here(&mut machine);
    machine.cpu.quota = quota_of(0.5);
    let told = finding("cores", &machine, &needs).remedy.join(" ");
    assert!(told.contains("taskset -c 2-3 chatbench run SCENARIO --shards 1"), "{told}");
}

#[test]
fn a_bundled_server_needs_what_it_has_as_well() {
    let mut needs = sample::needs();
    let alone = finding("memory", &sample::machine(), &needs).need;
    needs.targets.clear();
    needs.server_descriptors = needs.descriptors;
    let both = finding("memory", &sample::machine(), &needs).need;
    assert_eq!(alone, "70.50 MB for generator and connections");
    assert_eq!(both, "139.50 MB for generator, connections and bundled server");
    let system = finding("open-files-system", &sample::machine(), &needs).need;
    assert_eq!(system, "2,144 more, those of the server on this machine with them");
}
