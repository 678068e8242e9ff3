//! `cargo xtask check`: all that is judged without running the product. Every check runs, so that one trip
//! shows every fault.

use clap::{Args, ValueEnum};

use crate::workspace::Result;
use crate::{floors, needs, process, tidy};

/// Formatting, lints, licences, the floors and the tidiness rules.
#[derive(Args)]
pub struct Check {
    /// Only these; all when none is named
    #[arg(value_enum)]
    steps: Vec<Step>,
}

/// One of the checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Step {
    /// Formatting
    Fmt,
    /// Which crate may depend on which
    Floors,
    /// What every file must have
    Tidy,
    /// Lints, as errors
    Clippy,
    /// Licences, sources and advisories of what is linked
    Deny,
}

impl Step {
    /// The quick ones first.
    const ALL: [Self; 5] = [Self::Fmt, Self::Floors, Self::Tidy, Self::Deny, Self::Clippy];

    fn name(self) -> &'static str {
        match self {
            Self::Fmt => "fmt",
            Self::Floors => "floors",
            Self::Tidy => "tidy",
            Self::Clippy => "clippy",
            Self::Deny => "deny",
        }
    }

    fn run(self) -> Result<()> {
        match self {
            Self::Fmt => format(),
            Self::Floors => floors::check(),
            Self::Tidy => tidy::check(),
            Self::Clippy => clippy(),
            Self::Deny => deny(),
        }
    }
}

impl Check {
    pub fn run(self) -> Result<()> {
        needs::to_build()?;
        let chosen = Step::ALL.into_iter().filter(|step| self.steps.is_empty() || self.steps.contains(step));
        let mut failed = Vec::new();
        for step in chosen {
            eprintln!("xtask: check {}", step.name());
            if let Err(failure) = step.run() {
                eprintln!("xtask: {failure}");
                failed.push(step.name());
            }
        }
        if failed.is_empty() {
            eprintln!("xtask: every check passed");
            Ok(())
        } else {
            Err(format!("these checks failed: {}", failed.join(", ")))
        }
    }
}

fn format() -> Result<()> {
    process::run(&mut process::cargo(&["fmt", "--all", "--check"])?)?;
    // A workspace of its own, which the first does not reach.
    process::run(&mut process::cargo(&["fmt", "--manifest-path", "fuzz/Cargo.toml", "--check"])?)
}

fn clippy() -> Result<()> {
    process::run(&mut process::cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])?)
}

/// Licences, bans and sources are judged from what is on the disk. Advisories need their database from the
/// network; without it that one part is left out and said so, because a machine without it is no fault of the tree.
fn deny() -> Result<()> {
    let deny = needs::deny()?;
    let settled = ["--all-features", "check", "--hide-inclusion-graph", "licenses", "bans", "sources"];
    process::run(process::command(&deny)?.args(settled))?;

    let fetched = process::command(&deny)?
        .args(["--all-features", "fetch", "db"])
        .stderr(std::process::Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !fetched {
        eprintln!("xtask: advisories not checked: the advisory database cannot be reached from this machine");
        return Ok(());
    }
    process::run(process::command(&deny)?.args(["--all-features", "check", "--disable-fetch", "advisories"]))
}
