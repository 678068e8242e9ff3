//! Tests that need a process of their own, because the disk that they work on is small or broken: a test starts itself
//! again inside of it.
//!
//! ```ignore
//! if let Some(folder) = mainstay_disks::folder() {
//!     return on_the_small_disk(&folder).await;
//! }
//! mainstay_disks::run_on_small_disk("disk::a_full_disk_refuses", 2 * 1024 * 1024);
//! ```
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on should say where")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Set to the folder in the process that a test started of itself.
const FOLDER: &str = "MAINSTAY_TEST_FOLDER";

/// Where to work, in the process that a test started of itself.
pub fn folder() -> Option<PathBuf> {
    std::env::var_os(FOLDER).map(PathBuf::from)
}

/// The named test in a process of its own, for which a line of shell prepares what it must be: not started yet.
pub fn again(test: &str, prepare: &str, folder: &Path) -> Command {
    let mut command = Command::new("sh");
    command.args(["-ec", &script(test, prepare)]).env(FOLDER, folder);
    command
}

/// Runs the named test again on a disk of so many bytes: a tmpfs in a mount namespace of its own, so that nobody else
/// sees it and nothing of it stays. Where a namespace is not permitted it says so and returns, except in CI.
///
/// # Panics
/// When the test fails there; in CI, when there can be no namespace.
pub fn run_on_small_disk(test: &str, bytes: usize) {
    let may = Command::new("unshare").args(["-m", "true"]).stderr(Stdio::null()).status();
    if !may.is_ok_and(|status| status.success()) {
        assert!(std::env::var_os("CI").is_none(), "CI must be able to run `unshare -m`");
        println!("skipped: a mount namespace needs root (`unshare -m`)");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mount = format!("mount -t tmpfs -o size={bytes} tmpfs '{}'", folder.path().display());
    let mut command = Command::new("unshare");
    command.args(["-m", "sh", "-ec", &script(test, &mount)]).env(FOLDER, folder.path());
    passes(&mut command);
}

/// Waits for a test that was started again.
///
/// # Panics
/// With what it said, when it fails, and when it is no test.
pub fn passes(command: &mut Command) {
    let run = command.output().unwrap();
    let said = String::from_utf8_lossy(&run.stdout) + String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success() && said.contains("1 passed"), "{said}");
}

fn script(test: &str, prepare: &str) -> String {
    let binary = std::env::current_exe().expect("a test has a program");
    format!("{prepare} && exec '{}' --exact {test} --nocapture", binary.display())
}
