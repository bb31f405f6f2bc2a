//! Child: a process that the bench started, what it has used, and its end.

use std::io;
use std::process::{Command, ExitStatus};
use std::time::Duration;

use chatbench::clock::Clock;
use chatbench::time::Timestamp;
use rustix::process::{Pid, Signal, kill_process};

use crate::machine::on_core;

/// Ends with the value: nothing that the bench starts outlives it.
pub(crate) struct Child(std::process::Child);

/// Time on a core, and time spent waiting for it while others had it, over all threads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CpuTime {
    pub(crate) ran_ns: u64,
    pub(crate) waited_ns: u64,
}

impl Child {
    pub(crate) fn spawn(command: &mut Command, core: Option<usize>) -> io::Result<Child> {
        on_core(core, || command.spawn()).map(Child).map_err(|error| {
            let program = command.get_program().to_string_lossy();
            io::Error::new(error.kind(), format!("cannot start {program}: {error}"))
        })
    }

    pub(crate) fn process(&mut self) -> &mut std::process::Child {
        &mut self.0
    }

    /// From `/proc/PID/task/*/schedstat`, whose first two fields these are.
    pub(crate) fn cpu_time(&self) -> io::Result<CpuTime> {
        let mut time = CpuTime { ran_ns: 0, waited_ns: 0 };
        for task in std::fs::read_dir(format!("/proc/{}/task", self.0.id()))? {
            // A thread may end between the listing and the reading.
            let Ok(stat) = std::fs::read_to_string(task?.path().join("schedstat")) else {
                continue;
            };
            let mut fields = stat.split_whitespace().map(|field| field.parse().unwrap_or(0));
            time.ran_ns += fields.next().unwrap_or(0);
            time.waited_ns += fields.next().unwrap_or(0);
        }
        Ok(time)
    }

    /// Memory that is resident, in bytes.
    pub(crate) fn resident_bytes(&self) -> io::Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|rest| rest.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        let missing = || io::Error::other("a process without VmRSS: it has ended");
        kib.map(|kib| kib * 1024).ok_or_else(missing)
    }

    pub(crate) fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        self.0.try_wait()
    }

    /// Waits until it ends by itself, at most for `patience`.
    pub(crate) fn await_end(&mut self, patience: Duration) -> io::Result<Option<ExitStatus>> {
        let clock = Clock::start();
        loop {
            let ended = self.ended()?;
            if ended.is_some() || clock.now() > Timestamp::ZERO + patience {
                return Ok(ended);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Asks it to end, as Ctrl-C does.
    pub(crate) fn interrupt(&mut self) {
        if let Some(pid) = Pid::from_raw(self.0.id() as i32) {
            // It may have ended just now; then there is nobody to ask.
            kill_process(pid, Signal::INT).ok();
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        if !matches!(self.await_end(Duration::from_secs(2)), Ok(Some(_))) {
            self.0.kill().ok();
            self.0.wait().ok();
        }
    }
}
