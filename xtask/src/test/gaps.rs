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
    if process::output("unshare", &["-m", "true"]).is_none() {
        gaps.push(Gap {
            tests: "full_disk_refuses",
            sentence: "a mount namespace cannot be made (`unshare -m`); as root they run: `sudo --preserve-env=PATH,HOME cargo xtask test`",
        });
    }
    if process::output("curl", &["--version"]).is_none() {
        gaps.push(Gap {
            tests: "first_order",
            sentence: "the first request that a demo shop prints is made with curl, which is missing; `apt-get install curl` gets it",
        });
    }
    if process::output("python3", &["--version"]).is_none() {
        gaps.push(Gap {
            tests: "the_proof_agrees",
            sentence: "the proof is a Python program, and python3 is missing; `apt-get install python3` gets it",
        });
    }
    gaps
}
