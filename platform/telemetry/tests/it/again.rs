//! Runs one test again in a process of its own: a process has one log and one recorder of spans.

use std::io::Read;
use std::process::{Command, Output, Stdio};

const CHILD: &str = "MAINSTAY_TEST_CHILD";

/// Whether this is the process of its own.
pub fn is_child() -> bool {
    std::env::var_os(CHILD).is_some()
}

/// Runs the test of that name again as a child, and returns what it wrote.
pub fn run(test: &str) -> Output {
    let output = command(test).output().expect("the test binary runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output
}

/// The same with nobody reading its standard error; what it wrote to standard output.
pub fn run_unread(test: &str) -> String {
    let child = command(test).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.expect("the test binary runs");
    let mut text = String::new();
    child.stdout.take().expect("piped").read_to_string(&mut text).expect("text");
    assert!(child.wait().expect("it ends").success(), "{text}");
    text
}

fn command(test: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("the test binary"));
    command.args([test, "--exact", "--nocapture"]).env(CHILD, "1");
    command
}
