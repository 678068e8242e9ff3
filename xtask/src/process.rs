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
    // What cargo told this process about its own package. Some build scripts look at it, and what depends on them would
    // be built again whenever somebody calls cargo without xtask, and again when with it.
    for (name, _) in std::env::vars_os() {
        if name
            .to_str()
            .is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_"))
        {
            cargo.env_remove(name);
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_is_not_told_of_xtasks_own_package() {
        // The tests are run by cargo too.
        assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some());
        let cargo = cargo(&["build"]).unwrap();
        let left_out: Vec<_> =
            cargo.get_envs().filter(|(_, value)| value.is_none()).map(|(name, _)| name).collect();
        for name in ["CARGO_MANIFEST_DIR", "CARGO_PKG_NAME", "CARGO_PKG_VERSION"] {
            assert!(left_out.contains(&OsStr::new(name)), "{name}");
        }
    }
}
