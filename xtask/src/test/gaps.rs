//! What some tests need beyond a compiler, and whether this machine has it.

use crate::process;

/// Tests that cannot run here, and why.
pub struct Gap {
    /// What the names of those tests contain.
    pub tests: &'static str,
    /// What is missing and the command that gets it.
    pub sentence: &'static str,
}

/// Everything that is missing on this machine.
pub fn found() -> Vec<Gap> {
    let mut gaps = Vec::new();
    // The disk that runs full is a small tmpfs in a mount namespace of the test's own.
    if process::output("unshare", &["--user", "--map-root-user", "--mount", "true"]).is_none() {
        gaps.push(Gap {
            tests: "disk_full",
            sentence: "a private mount namespace cannot be made here; run as root, or allow it with `sysctl -w kernel.unprivileged_userns_clone=1`",
        });
    }
    gaps
}
