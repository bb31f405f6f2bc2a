//! Reading: what is in a machine's files is what is known of it.

use super::tree::{SOUND, Tree};
use super::*;

#[tokio::test(start_paused = true)]
async fn all_of_a_machine_is_read() {
    let machine = Tree::of(SOUND).machine().await;
    let Files { ceiling, system_max, system_open, .. } = machine.files;
    assert_eq!((ceiling, system_open), (Some(1_048_576), Some(1_200)));
    assert_eq!(system_max, Some(i64::MAX as u64));
    let wanted = Network {
        // Of the reserved ones, three are within the range.
        ports: Some(Ports { first: 32_768, last: 60_999, reserved: 3 }),
        reuse: Some(2),
        accept_queue_max: Some(4_096),
        syn_queue_max: Some(2_048),
        syn_cookies: Some(1),
        conntrack: Part::There(Conntrack { max: 262_144, used: 17, wait_secs: 120 }),
        memory_pages: Some([90_000, 120_000, 180_000]),
        memory_pages_used: Some(186),
        receive_buffer: Some([4_096, 131_072, 6_291_456]),
        send_buffer: Some([4_096, 16_384, 4_194_304]),
    };
    assert_eq!(machine.network, wanted);
    let group = |name: &str| format!("sys/fs/cgroup/own/{name}");
    assert_eq!(machine.cpu.governors, Part::There(vec!["performance".into(); 2]));
    assert_eq!(machine.cpu.quota, Part::There(Quota { cores: 1.5, file: group("cpu.max") }));
    let pids = Pids { max: 512, now: 12, file: group("ours/pids.max") };
    assert_eq!((machine.cpu.pids, machine.cpu.load), (Part::There(pids), Some(0.12)));
    // No time passed between the two looks.
    assert_eq!(machine.cpu.busy, None);
    let spare = Spare { max: 1_000_000, spare: 200_000, file: group("memory.max") };
    let kib = |many: u64| Some(many * 1024);
    let wanted = Memory {
        total: kib(8_000),
        available: kib(6_000),
        swapped: kib(500),
        overcommit: Some(0),
        promises_left: kib(5_000),
        group: Part::There(spare),
    };
    assert_eq!(machine.memory, wanted);
    assert_eq!(machine.timing.source.as_deref(), Some("tsc"));
    assert_eq!(machine.timing.sources.map(|all| all.len()), Some(3));
    assert_eq!(machine.timing.slack_ns, Some(50_000));
}

#[tokio::test(start_paused = true)]
async fn groups_of_the_first_version_are_read() {
    let files = [
        ("proc/self/cgroup", "4:memory:/a/b\n3:cpu,cpuacct:/a\n2:pids:/\n0::/elsewhere\n"),
        ("sys/fs/cgroup/cpu/a/cpu.cfs_quota_us", "50000\n"),
        ("sys/fs/cgroup/cpu/a/cpu.cfs_period_us", "100000\n"),
        ("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n"),
        ("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n"),
        // A container sees its own group as the outermost, whatever its path is outside.
        ("sys/fs/cgroup/memory/memory.limit_in_bytes", "5000\n"),
        ("sys/fs/cgroup/memory/memory.usage_in_bytes", "1000\n"),
        ("sys/fs/cgroup/memory/memory.stat", "inactive_file 7\ntotal_inactive_file 400\n"),
    ];
    let tree = Tree::of(&files);
    let machine = tree.machine().await;
    let file = "sys/fs/cgroup/cpu/a/cpu.cfs_quota_us".into();
    assert_eq!(machine.cpu.quota, Part::There(Quota { cores: 0.5, file }));
    assert_eq!(machine.cpu.pids, Part::Absent);
    let file = "sys/fs/cgroup/memory/memory.limit_in_bytes".into();
    assert_eq!(machine.memory.group, Part::There(Spare { max: 5_000, spare: 4_400, file }));
    tree.write("sys/fs/cgroup/memory/memory.limit_in_bytes", b"9223372036854771712\n");
    assert_eq!(tree.machine().await.memory.group, Part::Absent);
}

#[tokio::test(start_paused = true)]
async fn a_path_out_of_the_folder_of_groups_is_not_followed() {
    let files = [
        ("proc/self/cgroup", "0::/../../proc\n"),
        ("proc/pids.max", "1\n"),
        ("proc/pids.current", "1\n"),
        ("sys/fs/cgroup/pids.max", "9\n"),
        ("sys/fs/cgroup/pids.current", "3\n"),
    ];
    let pids = Pids { max: 9, now: 3, file: "sys/fs/cgroup/pids.max".into() };
    assert_eq!(Tree::of(&files).machine().await.cpu.pids, Part::There(pids));
}

#[tokio::test(start_paused = true)]
async fn what_a_machine_is_without_is_no_fault() {
    let tree = Tree::of(SOUND);
    tree.remove("proc/sys/net/netfilter/nf_conntrack_max");
    for core in ["cpu0", "cpu11"] {
        tree.remove(&format!("sys/devices/system/cpu/{core}/cpufreq/scaling_governor"));
    }
    let machine = tree.machine().await;
    assert_eq!(machine.network.conntrack, Part::Absent);
    assert_eq!(machine.cpu.governors, Part::Absent);
    for id in ["conntrack", "cpu-governor"] {
        assert_eq!(finding(id, &machine, &sample::needs()).verdict, Verdict::Ok, "{id}");
    }
}

#[tokio::test]
async fn this_machine_can_be_read() {
    let clock = crate::clock::Clock::start();
    let machine = Machine::read(&Root::system(), &[], clock).await;
    assert!(machine.timing.read_ns > Some(0.0), "{:?}", machine.timing);
    assert!(machine.files.hard > Some(0), "{:?}", machine.files);
    let late = machine.timing.late.expect("it was measured");
    assert!(late.median <= late.max, "{late:?}");
}

#[tokio::test]
async fn servers_are_looked_at() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let there = listener.local_addr().expect("an address").port();
    let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let not_there = gone.local_addr().expect("an address").port();
    drop(gone);
    let place = |port: u16| Place {
        url: format!("http://127.0.0.1:{port}"),
        host: "127.0.0.1".into(),
        port,
    };
    let places = [place(not_there), place(there)];
    let clock = crate::clock::Clock::start();
    let machine = Machine::read(&Root::system(), &places, clock).await;
    let [none, one] = machine.targets.as_slice() else { panic!("{:?}", machine.targets) };
    assert_eq!(none.url, places[0].url);
    let why = none.reached.as_ref().expect_err("nobody listens");
    assert!(why.contains("refused"), "{why}");
    let reached = one.reached.as_ref().expect("somebody listens");
    assert_eq!((reached.address.port(), reached.is_here), (there, true));
}
