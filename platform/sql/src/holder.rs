//! Who holds a lease, told so that another process on the same machine can see whether it still lives.
//!
//! A holder is a machine's boot, a process namespace, a process, that process's start time and a number within it.
//! Process ids are used again, start times are not; and a container sees only the processes of its own namespace, so
//! nothing is concluded about another's.

use std::fmt;
use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};

/// One holder of leases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Holder {
    boot: String,
    namespace: String,
    process: u32,
    started: String,
    instance: u64,
}

// Tells the holders of one process apart; they must not take each other for dead or for themselves.
static INSTANCES: AtomicU64 = AtomicU64::new(0);

impl Holder {
    /// A new holder in this process.
    pub(crate) fn new() -> Self {
        let process = std::process::id();
        Self {
            boot: boot_id(),
            namespace: namespace(),
            process,
            started: start_time(process).unwrap_or_default(),
            instance: INSTANCES.fetch_add(1, Ordering::Relaxed),
        }
    }

    /// Whether the process of `other` is gone for certain.
    pub(crate) fn sees_dead(&self, other: &str) -> bool {
        let Some(other) = Self::parse(other) else { return false };
        let same_place =
            self.boot == other.boot && self.namespace == other.namespace && !self.boot.is_empty();
        same_place && start_time(other.process).is_none_or(|started| started != other.started)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('/');
        let holder = Self {
            boot: parts.next()?.to_owned(),
            namespace: parts.next()?.to_owned(),
            process: parts.next()?.parse().ok()?,
            started: parts.next()?.to_owned(),
            instance: parts.next()?.parse().ok()?,
        };
        parts.next().is_none().then_some(holder)
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { boot, namespace, process, started, instance } = self;
        write!(f, "{boot}/{namespace}/{process}/{started}/{instance}")
    }
}

// All three are empty where there is no such file; then only time tells whether a holder is gone.
fn boot_id() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").map(|id| id.trim().to_owned()).unwrap_or_default()
}

fn namespace() -> String {
    let link = fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    link.to_string_lossy().chars().filter(char::is_ascii_digit).collect()
}

/// The process's start in clock ticks since boot: the 22nd field of its stat line. `None` when it does not run.
fn start_time(process: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The second field is the program's name in parentheses, which may hold anything; count from its end.
    let mut rest = stat.rsplit_once(')')?.1.split_ascii_whitespace();
    // A zombie keeps its line until its parent asks for it, but it will never renew a lease.
    let state = rest.next()?;
    if state == "Z" || state == "X" {
        return None;
    }
    rest.nth(18).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        let holder = Holder::new();
        assert_eq!(Holder::parse(&holder.to_string()), Some(holder));
        assert_eq!(Holder::parse("a/b"), None);
    }

    #[test]
    fn a_living_process_is_not_dead_and_a_reused_number_is() {
        let (mine, other) = (Holder::new(), Holder::new());
        assert_ne!(mine, other);
        assert!(!mine.sees_dead(&other.to_string()));
        assert!(mine.sees_dead(&Holder { started: "1".into(), ..other.clone() }.to_string()));
        assert!(
            !mine.sees_dead(&Holder { boot: "elsewhere".into(), started: "1".into(), ..other }.to_string())
        );
        assert!(!mine.sees_dead("nonsense"));
    }

    #[test]
    fn an_ended_process_is_dead() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let holder = Holder { process: child.id(), started: "1".into(), ..Holder::new() };
        child.wait().unwrap();
        assert!(Holder::new().sees_dead(&holder.to_string()));
    }
}
