//! `cargo xtask test`: every test of the workspace, then the examples in its documentation. What this machine
//! cannot run is left out, named, and counted as skipped, which under CI is a failure.

mod counts;
mod gaps;

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use clap::Args;

use self::counts::Counts;
use self::gaps::Gap;
use crate::workspace::{self, Result};
use crate::{needs, process};

/// Run every test.
#[derive(Args)]
pub struct Test {
    /// Run only tests whose names contain this
    filter: Option<String>,
    /// Only the tests of these packages; all of the workspace when none is named
    #[arg(long, short, value_name = "PACKAGE")]
    package: Vec<String>,
    /// Leave out the examples in the documentation
    #[arg(long)]
    without_examples: bool,
}

impl Test {
    pub fn run(self) -> Result<()> {
        needs::to_build()?;
        let gaps = gaps::found();
        for gap in &gaps {
            eprintln!("xtask: skipping {}: {}", gap.tests, gap.sentence);
        }

        let (mut counts, mut passed) = match needs::nextest()? {
            Some(nextest) => self.with_nextest(&nextest, &gaps)?,
            None => {
                eprintln!(
                    "xtask: cargo-nextest cannot be had here (`cargo install --locked cargo-nextest` builds it); using cargo's own runner"
                );
                self.with_cargo(&["--lib", "--bins", "--tests"], &gaps)?
            }
        };
        if !self.without_examples {
            let (examples, examples_passed) = self.with_cargo(&["--doc"], &[])?;
            counts.add(&examples);
            passed &= examples_passed;
        }

        println!("\n{counts}");
        if !passed || counts.failed > 0 {
            return Err("a test failed".into());
        }
        if counts.passed == 0 {
            return Err("no test ran".into());
        }
        if workspace::is_ci() && !gaps.is_empty() {
            return Err("tests were skipped, which under CI is a failure; the reasons stand above".into());
        }
        Ok(())
    }

    /// Which packages, as cargo and nextest both read it.
    fn scope(&self) -> Vec<String> {
        if self.package.is_empty() {
            return vec!["--workspace".into()];
        }
        self.package.iter().flat_map(|package| ["--package".to_owned(), package.clone()]).collect()
    }

    fn with_nextest(&self, nextest: &std::path::Path, gaps: &[Gap]) -> Result<(Counts, bool)> {
        let mut command = process::command(nextest)?;
        command.args(["nextest", "run"]).args(self.scope());
        if workspace::is_ci() {
            command.args(["--profile", "ci"]);
        }
        if !gaps.is_empty() {
            let left_out: Vec<String> = gaps.iter().map(|gap| format!("not test(/{}/)", gap.tests)).collect();
            command.args(["--filterset", &left_out.join(" and ")]);
        }
        command.args(self.filter.as_slice());
        let passed = process::succeeds(&mut command)?;
        let profile = if workspace::is_ci() { "ci" } else { "default" };
        // The runner keeps its reports in the clone, wherever cargo puts what it builds.
        let report = workspace::root()?.join("target").join("nextest").join(profile).join("junit.xml");
        let report = std::fs::read_to_string(&report)
            .map_err(|error| format!("the test runner left no report at {}: {error}", report.display()))?;
        let mut counts = Counts::of_junit(&report);
        counts.skipped += gaps.len();
        Ok((counts, passed))
    }

    fn with_cargo(&self, kinds: &[&str], gaps: &[Gap]) -> Result<(Counts, bool)> {
        let mut command = process::cargo(&["test", "--no-fail-fast"])?;
        command.args(self.scope()).args(kinds).arg("--").args(self.filter.as_slice());
        for gap in gaps {
            command.args(["--skip", gap.tests]);
        }
        let (lines, passed) = told(&mut command)?;
        let mut counts = Counts::of_lines(lines.iter().map(String::as_str));
        counts.skipped += gaps.len();
        Ok((counts, passed))
    }
}

/// Runs it, passing its lines on as they come and keeping the closing ones.
fn told(command: &mut Command) -> Result<(Vec<String>, bool)> {
    let shown = process::shown(command);
    let broken = |error: std::io::Error| format!("{shown} could not be followed: {error}");
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(broken)?;
    let mut kept = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).lines() {
            let line = line.map_err(broken)?;
            writeln!(std::io::stdout(), "{line}").map_err(broken)?;
            if line.starts_with("test result:") {
                kept.push(line);
            }
        }
    }
    Ok((kept, child.wait().map_err(broken)?.success()))
}
