//! Running other programs: with their output passed on, with it read, or in this process's place.

use std::ffi::OsStr;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use crate::workspace::{self, Result};

/// A command at the root of the workspace.
pub fn command(program: impl AsRef<OsStr>) -> Result<Command> {
    let mut command = Command::new(program);
    command.current_dir(workspace::root()?);
    Ok(command)
}

/// Cargo itself, the one that runs this xtask.
pub fn cargo(arguments: &[&str]) -> Result<Command> {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut cargo = command(program)?;
    cargo.args(arguments);
    Ok(cargo)
}

/// Runs it to its end with the output passed on; `Ok(false)` when it failed.
pub fn succeeds(command: &mut Command) -> Result<bool> {
    let status = command.status().map_err(|error| format!("{} did not start: {error}", shown(command)))?;
    Ok(status.success())
}

/// Runs it to its end with the output passed on; its failure is an error that names it.
pub fn run(command: &mut Command) -> Result<()> {
    if succeeds(command)? { Ok(()) } else { Err(format!("{} failed", shown(command))) }
}

/// What it prints, or `None` when it is not there or fails. For looking around, never for work.
pub fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Becomes the program: signals then reach it without an interpreter. Returns only if it could not start.
pub fn become_(command: &mut Command) -> String {
    let error = command.exec();
    format!("{} did not start: {error}", shown(command))
}

/// The command as a person would type it.
pub fn shown(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let program = program.file_name().unwrap_or(program.as_os_str());
    std::iter::once(program)
        .chain(command.get_args())
        .map(|word| word.to_string_lossy().into_owned())
        .collect::<Vec<_>>()
        .join(" ")
}
