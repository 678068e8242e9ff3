//! What the operating system says about a process and is told about it: the CPU time that it has used, the core that it
//! stays on, when it stands still, and that it is to end.

use std::process::Child;
use std::time::Duration;

use mainstay_core::Stopwatch;
use rustix::process::{Pid, Signal, kill_process};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

const LOOKED_AT_EACH: Duration = Duration::from_millis(20);

/// User and system time of the process so far, all threads together.
pub fn cpu_time(pid: u32) -> std::io::Result<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name in brackets may hold spaces; what follows it does not. Fields 14 and 15 are utime and stime.
    let after_name = stat.rsplit_once(')').map(|(_, rest)| rest).unwrap_or_default();
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let ticks =
        |index: usize| fields.get(index).and_then(|field| field.parse::<u64>().ok()).unwrap_or_default();
    let ticks_per_second = rustix::param::clock_ticks_per_second();
    Ok(Duration::from_secs_f64((ticks(11) + ticks(12)) as f64 / ticks_per_second as f64))
}

/// Asks the process to end, and ends it when it has not done so in time.
pub fn end(child: &mut Child, within: Duration) {
    let asked =
        i32::try_from(child.id()).ok().and_then(Pid::from_raw).map(|pid| kill_process(pid, Signal::TERM));
    if asked.is_some_and(|asked| asked.is_ok()) {
        let watch = Stopwatch::start();
        while watch.elapsed() < within && matches!(child.try_wait(), Ok(None)) {
            std::thread::sleep(LOOKED_AT_EACH);
        }
    }
    // It may have ended by itself.
    let _ = child.kill();
    let _ = child.wait();
}

/// Keeps this thread, and processes that it starts, on one core until it is dropped.
pub struct Pinned(CpuSet);

impl Pinned {
    pub fn to(core: usize) -> std::io::Result<Self> {
        let before = sched_getaffinity(None)?;
        let mut one = CpuSet::new();
        one.set(core);
        sched_setaffinity(None, &one)?;
        Ok(Self(before))
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        // What was allowed before is allowed again.
        let _ = sched_setaffinity(None, &self.0);
    }
}

/// Keeps processes from running until it is dropped.
pub struct Stopped(Vec<Pid>);

impl Stopped {
    pub fn all_but(running: u32, pids: &[u32]) -> std::io::Result<Self> {
        let mut stopped = Self(Vec::new());
        for pid in pids.iter().filter(|pid| **pid != running) {
            let pid =
                i32::try_from(*pid).ok().and_then(Pid::from_raw).ok_or(std::io::ErrorKind::InvalidInput)?;
            kill_process(pid, Signal::STOP)?;
            stopped.0.push(pid);
        }
        Ok(stopped)
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        for pid in &self.0 {
            // It may have been ended.
            let _ = kill_process(*pid, Signal::CONT);
        }
    }
}
