//! `cargo xtask check`: all that is judged without running the product. Every check runs, so that one trip
//! shows every fault.

use clap::Args;

use crate::workspace::Result;
use crate::{floors, needs, process, tidy};

/// Formatting, lints, licences, the floors and the tidiness rules.
#[derive(Args)]
pub struct Check {
    /// Leave out cargo-deny, which may have to be fetched first
    #[arg(long)]
    without_deny: bool,
}

type Step = (&'static str, fn() -> Result<()>);

impl Check {
    pub fn run(self) -> Result<()> {
        needs::to_build()?;
        let mut steps: Vec<Step> =
            vec![("fmt", format), ("floors", floors::check), ("tidy", tidy::check), ("clippy", clippy)];
        if !self.without_deny {
            steps.push(("deny", deny));
        }
        let mut failed = Vec::new();
        for (name, step) in steps {
            eprintln!("xtask: check {name}");
            if let Err(failure) = step() {
                eprintln!("xtask: {failure}");
                failed.push(name);
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
    process::run(&mut process::cargo(&["fmt", "--all", "--check"])?)
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
