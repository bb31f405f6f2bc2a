//! Binary: chatbench as a process of its own, as a user runs it.

use std::ffi::OsStr;
use std::io::{PipeWriter, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use chatbench::clock::Clock;
use chatbench::time::Timestamp;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open, pidfd_send_signal};

/// Between two looks at the memory of a process that is waited for.
const BETWEEN_LOOKS: Duration = Duration::from_millis(5);
/// For what a process has said to be read once it has ended.
const LAST_WORDS: Duration = Duration::from_secs(10);

/// A command line that is yet to be run, in an environment that sets none of its flags.
pub(crate) struct CommandLine(Command);

/// chatbench, running. It is killed when this is dropped.
pub(crate) struct Running {
    child: Child,
    process: Process,
    clock: Clock,
    stdout: Arc<Speech>,
    stderr: Arc<Speech>,
    memory_bytes_max: u64,
}

/// What came of a command line.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Nothing when a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) took: Duration,
    /// The most memory it ever had resident, as far as was seen.
    pub(crate) memory_bytes_max: u64,
}

impl CommandLine {
    pub(crate) fn new<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> CommandLine {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chatbench"));
        command.args(arguments);
        CommandLine::in_our_way(command)
    }

    /// What a shell makes of `line`, where `chatbench` is this one.
    pub(crate) fn of_shell(line: &str) -> CommandLine {
        let mut shell = Command::new("sh");
        let here = Path::new(env!("CARGO_BIN_EXE_chatbench")).parent().expect("a folder");
        let elsewhere = std::env::var_os("PATH").unwrap_or_default();
        let all = std::iter::once(here.to_owned()).chain(std::env::split_paths(&elsewhere));
        shell.env("PATH", std::env::join_paths(all).expect("as it was, and a folder of cargo's"));
        shell.arg("-c").arg(line);
        CommandLine::in_our_way(shell)
    }

    fn in_our_way(mut command: Command) -> CommandLine {
        command.current_dir(env!("CARGO_MANIFEST_DIR"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("CHATBENCH_") {
                command.env_remove(name);
            }
        }
        command.env_remove("RUST_LOG").env("LC_ALL", "C.UTF-8").env("COLUMNS", "100");
        // In a group of its own, as a shell starts a job.
        command.process_group(0).stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        CommandLine(command)
    }

    /// Where a process may have no more file descriptors than this.
    pub(crate) fn with_descriptors_max(self, count: u32) -> CommandLine {
        let mut shell = Command::new("sh");
        let limited = format!("ulimit -n {count} && exec \"$0\" \"$@\"");
        shell.arg("-c").arg(limited).arg(self.0.get_program()).args(self.0.get_args());
        CommandLine::in_our_way(shell)
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> CommandLine {
        self.0.env(name, value);
        self
    }

    /// With a standard output, and a standard error, that nobody reads.
    pub(crate) fn unread(mut self) -> CommandLine {
        let closed = || {
            let (reader, writer) = std::io::pipe().expect("a pipe");
            drop(reader);
            writer
        };
        self.0.stdout(closed()).stderr(closed());
        self
    }

    /// With a standard output that nobody hears but whoever reads from `writer`'s other end.
    pub(crate) fn stdout(mut self, writer: PipeWriter) -> CommandLine {
        self.0.stdout(writer);
        self
    }

    pub(crate) fn start(mut self) -> Running {
        let clock = Clock::start();
        let mut child = self.0.spawn().expect("the binary was built");
        let stdout = Speech::of(child.stdout.take());
        let stderr = Speech::of(child.stderr.take());
        let process = Process::open(child.id());
        Running { child, process, clock, stdout, stderr, memory_bytes_max: 0 }
    }

    /// Runs it to its end, which must come `within` some time.
    pub(crate) fn run(self, within: Duration) -> Ended {
        self.start().end(within)
    }
}

impl Running {
    /// Waits until it has said something on standard error.
    pub(crate) fn hear(&self, wanted: &str, within: Duration) {
        let heard = self.stderr.wait(within, |text| text.contains(wanted));
        assert!(heard, "no {wanted:?} within {within:?}:\n{}", self.stderr.text());
    }

    /// What it has said on standard error.
    pub(crate) fn said(&self) -> String {
        self.stderr.text()
    }

    /// Waits until something is so, which it must be before this ends.
    pub(crate) fn await_that(&self, what: &str, within: Duration, is_so: impl Fn() -> bool) {
        let until = self.clock.now() + within;
        while !is_so() {
            let ended = self.process.ends_within(BETWEEN_LOOKS);
            let late = self.clock.now() >= until;
            assert!(!ended && !late, "no {what} within {within:?}:\n{}", self.stderr.text());
        }
    }

    /// Sends it a signal, and to nobody else.
    pub(crate) fn signal(&self, signal: Signal) {
        self.process.signal(signal);
    }

    /// Sends a signal to it and to whatever it has started, as a terminal does.
    pub(crate) fn signal_all(&self, signal: Signal) {
        let group = Pid::from_child(&self.child);
        kill_process_group(group, signal).expect("the group is there until its leader is reaped");
    }

    /// The processes that it has started.
    pub(crate) fn children(&self) -> Vec<Process> {
        let pid = self.child.id();
        let children = format!("/proc/{pid}/task/{pid}/children");
        let children = std::fs::read_to_string(children).expect("Linux says whose child is whose");
        children.split_whitespace().map(|pid| Process::open(pid.parse().expect("a pid"))).collect()
    }

    /// Waits for its end, which must come `within` some time from now.
    pub(crate) fn end(mut self, within: Duration) -> Ended {
        let until = self.clock.now() + within;
        let mut ended = false;
        while !ended && self.clock.now() < until {
            self.look_at_memory();
            ended = self.process.ends_within(BETWEEN_LOOKS);
        }
        let took = self.clock.now().since(Timestamp::ZERO);
        let (stdout, stderr) = (self.stdout.last_words(), self.stderr.last_words());
        assert!(ended, "no end within {within:?}; stdout:\n{stdout}\nstderr:\n{stderr}");
        let status = self.child.wait().expect("it has ended");
        let memory_bytes_max = self.memory_bytes_max;
        Ended { code: status.code(), stdout, stderr, took, memory_bytes_max }
    }

    fn look_at_memory(&mut self) {
        let process = format!("/proc/{}", self.child.id());
        // Just started, it may still have what is ours.
        let program = |process: &str| std::fs::read_link(format!("{process}/exe")).ok();
        if program(&process) == program("/proc/self") {
            return;
        }
        let status = std::fs::read_to_string(format!("{process}/status")).unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        // One that has ended says nothing of its memory.
        let kib = peak.and_then(|peak| peak.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        self.memory_bytes_max = self.memory_bytes_max.max(kib.unwrap_or(0) * 1024);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended already needs no end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Ended {
    /// The last line of standard error.
    pub(crate) fn last_line(&self) -> &str {
        self.stderr.lines().last().unwrap_or_default()
    }
}

/// A process, whatever becomes of its number.
pub(crate) struct Process(OwnedFd);

impl Process {
    fn open(pid: u32) -> Process {
        let pid = Pid::from_raw(pid.try_into().expect("a pid")).expect("a pid is not zero");
        Process(pidfd_open(pid, PidfdFlags::empty()).expect("it is there"))
    }

    fn signal(&self, signal: Signal) {
        pidfd_send_signal(&self.0, signal).expect("it is there");
    }

    pub(crate) fn ends_within(&self, within: Duration) -> bool {
        let within = Timespec::try_from(within).expect("it is not for ever");
        let mut looked_at = [PollFd::new(&self.0, PollFlags::IN)];
        poll(&mut looked_at, Some(&within)).expect("it can be waited for") > 0
    }
}

impl AsFd for Process {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// What a process says on one of its outputs, as it says it.
#[derive(Default)]
struct Speech {
    said: Mutex<Said>,
    more: Condvar,
}

#[derive(Default)]
struct Said {
    bytes: Vec<u8>,
    is_over: bool,
}

impl Speech {
    /// Listens on a thread of its own; to nothing where nothing can be heard.
    fn of(source: Option<impl Read + Send + 'static>) -> Arc<Speech> {
        let speech = Arc::new(Speech::default());
        let listening = Arc::clone(&speech);
        std::thread::spawn(move || {
            let mut chunk = [0; 4096];
            let mut source = source;
            while let Some(Ok(len @ 1..)) = source.as_mut().map(|source| source.read(&mut chunk)) {
                listening.add(&chunk[..len]);
            }
            listening.change(|said| said.is_over = true);
        });
        speech
    }

    fn add(&self, bytes: &[u8]) {
        self.change(|said| said.bytes.extend_from_slice(bytes));
    }

    fn change(&self, how: impl FnOnce(&mut Said)) {
        how(&mut self.said.lock().unwrap_or_else(PoisonError::into_inner));
        self.more.notify_all();
    }

    fn text(&self) -> String {
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&said.bytes).into_owned()
    }

    fn wait(&self, within: Duration, done: impl Fn(&str) -> bool) -> bool {
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let go_on = |said: &mut Said| !said.is_over && !done(&String::from_utf8_lossy(&said.bytes));
        let waited = self.more.wait_timeout_while(said, within, go_on);
        let (said, _) = waited.unwrap_or_else(PoisonError::into_inner);
        done(&String::from_utf8_lossy(&said.bytes))
    }

    /// All of it, once nobody can say more: neither the process nor one that it has started.
    fn last_words(&self) -> String {
        self.wait(LAST_WORDS, |_| false);
        self.text()
    }
}
