//! `cargo xtask fuzz`: looks for input that breaks a parser, for so long.
//!
//! The targets are in `fuzz/`, laid out as `cargo fuzz` has them, and run under it as they are. Here they are built without
//! it, by the stable compiler: coverage is what libFuzzer needs to find its way, and our parsers have no `unsafe` for
//! which a sanitizer would be. What was found is kept in `fuzz/artifacts`, the inputs that led there in `fuzz/corpus`.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::workspace::{self, Result};
use crate::{needs, process};

/// Counters on every edge, the table that says where they are, and what is compared with what. The flags of
/// `.cargo/config.toml` do not reach a build with flags of its own, so the one that dependencies need is said again.
const FLAGS: &str = "--cfg tokio_unstable -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
                     -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
                     -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares";

/// The longest input: what comes before a handler is bounded below it, and files are repeated beyond it by their target.
const INPUT_BYTES_MAX: usize = 4_096;

/// A parser that takes more for one such input is broken.
const MEMORY_MB_MAX: usize = 1_024;
const SECONDS_MAX: usize = 10;

/// Look for input that breaks a parser.
#[derive(Args)]
pub struct Fuzz {
    /// One of the files in fuzz/fuzz_targets, without its ending
    target: String,
    /// How long to look
    #[arg(long, default_value_t = 3_600)]
    seconds: u64,
    /// Build it and say where it is
    #[arg(long)]
    build_only: bool,
}

impl Fuzz {
    pub fn run(self) -> Result<()> {
        needs::to_build()?;
        let folder = workspace::root()?.join("fuzz");
        let source = folder.join("fuzz_targets").join(&self.target).with_extension("rs");
        if !source.is_file() {
            return Err(format!("there is no {}", source.display()));
        }
        let program = build(&folder, &self.target)?;
        if self.build_only {
            println!("{}", program.display());
            return Ok(());
        }
        let corpus = folder.join("corpus").join(&self.target);
        let artifacts = folder.join("artifacts").join(&self.target);
        for folder in [&corpus, &artifacts] {
            std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        }
        let mut fuzzing = process::command(program)?;
        fuzzing
            .args([corpus, folder.join("seeds").join(&self.target)])
            .arg(format!("-artifact_prefix={}/", artifacts.display()))
            .arg(format!("-max_total_time={}", self.seconds))
            .arg(format!("-max_len={INPUT_BYTES_MAX}"))
            .arg(format!("-rss_limit_mb={MEMORY_MB_MAX}"))
            .arg(format!("-timeout={SECONDS_MAX}"))
            .arg("-print_final_stats=1");
        process::run(&mut fuzzing)
    }
}

/// Builds a target, apart from everything that is not instrumented. The platform is named, or else the flags would reach
/// what runs while it is built.
fn build(folder: &Path, target: &str) -> Result<PathBuf> {
    let version = process::output("rustc", &["-vV"]).ok_or("rustc does not say its version")?;
    let platform = version.lines().find_map(|line| line.strip_prefix("host: "));
    let platform = platform.ok_or("rustc does not say its platform")?;
    // What is fuzzed is built of the very versions that the product is.
    let lock = |folder: &Path| folder.join("Cargo.lock");
    std::fs::copy(lock(&workspace::root()?), lock(folder))
        .map_err(|error| format!("Cargo.lock cannot be copied to {}: {error}", folder.display()))?;
    let built = workspace::target()?.join("fuzz");
    let manifest = folder.join("Cargo.toml");
    let mut build = process::cargo(&["build", "--release", "--bin", target, "--target", platform])?;
    build.arg("--manifest-path").arg(manifest).arg("--target-dir").arg(&built);
    process::run(build.env("RUSTFLAGS", FLAGS))?;
    Ok(built.join(platform).join("release").join(target))
}
