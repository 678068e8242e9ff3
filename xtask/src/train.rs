//! `cargo xtask train`: counts what runs often, so that release builds can be made for it.
//!
//! Three steps: a build that counts how often each branch is taken, runs of it that do what a shop does all day, and
//! the counts of all processes as one file beside the sources. The compiler documents them as profile-guided
//! optimisation (the rustc book, "Profile Guided Optimization").

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::release::{self, Compiler};
use crate::workspace::{self, Result};
use crate::{needs, process};

/// Names the program that adds counts up, where the compiler's own is not to be used.
const VARIABLE: &str = "LLVM_PROFDATA";

/// The benchmarks that together do what a shop does all day.
const RUNS: [&str; 4] = ["checkout", "saga", "events", "year"];

/// Count what runs often, for release builds to be made for it
#[derive(Args)]
pub struct Train {}

impl Train {
    pub fn run(self) -> Result<()> {
        needs::to_build()?;
        let compiler = Compiler::of_this_machine()?;
        // Before a build of a quarter of an hour.
        let profdata = profdata(&compiler)?;

        let target = workspace::target()?.join("train");
        let counts = target.join("counts");
        empty(&counts)?;
        let counting = format!("-Cprofile-generate={}", counts.display());
        // The same profile as the release, since its settings are part of the names; without the long last step that
        // they ask for, since it comes after the counters were put in.
        let settings = release::flags(&[&counting, "-Clto=off", "-Clinker-plugin-lto=off"])?;
        let mut build = process::cargo(&["build", "--release", "--config", &settings])?;
        // Build scripts are built the same way, and what they do is not to be counted.
        build.args(release::PACKAGES).env("CARGO_TARGET_DIR", &target).env("LLVM_PROFILE_FILE", "/dev/null");
        process::run(&mut build)?;

        for name in RUNS {
            let mut bench = process::command(target.join("release/mainstay-bench"))?;
            process::run(
                bench.args([name, "--quick"]).env("LLVM_PROFILE_FILE", counts.join("%m-%p.profraw")),
            )?;
        }

        let sum = target.join("sum.profdata");
        // What never ran is left out: the compiler then knows nothing about it, rather than that it is rare.
        let merged = process::succeeds(
            process::command(&profdata)?.args(["merge", "--sparse", "--output"]).arg(&sum).arg(&counts),
        )?;
        if !merged {
            return Err(format!("{} does not read these counts; {}", profdata.display(), getting(&compiler)));
        }
        let profile = compiler.profile()?;
        let packed = packed(&sum).map_err(|error| format!("{} cannot be read: {error}", sum.display()))?;
        release::put(&packed, &profile)?;
        println!("{} is new; bench, replay and `up --release` build with it from now on", profile.display());
        Ok(())
    }
}

/// The program that adds counts up. It must know the format of this compiler's LLVM.
fn profdata(compiler: &Compiler) -> Result<PathBuf> {
    if let Some(named) = std::env::var_os(VARIABLE) {
        return Ok(named.into());
    }
    let root = process::output("rustc", &["--print", "sysroot"]).ok_or("rustc does not say where it lies")?;
    let own = Path::new(&root).join("lib/rustlib").join(&compiler.host).join("bin/llvm-profdata");
    if own.exists() { Ok(own) } else { Err(format!("llvm-profdata is missing; {}", getting(compiler))) }
}

fn getting(compiler: &Compiler) -> String {
    format!(
        "`rustup component add llvm-tools` gets the one of Rust {}, and {VARIABLE} names another",
        compiler.release
    )
}

/// Makes the folder, or empties it.
fn empty(folder: &Path) -> Result<()> {
    let cleared = if folder.exists() { fs::remove_dir_all(folder) } else { Ok(()) };
    cleared
        .and_then(|()| fs::create_dir_all(folder))
        .map_err(|error| format!("{} cannot be emptied: {error}", folder.display()))
}

/// The file's content, packed as small as it gets.
fn packed(sum: &Path) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    std::io::copy(&mut fs::File::open(sum)?, &mut encoder)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;

    use super::*;

    #[test]
    fn what_is_packed_is_the_whole_file() {
        let folder = tempfile::tempdir().unwrap();
        let (sum, counts) = (folder.path().join("sum"), "counts ".repeat(100_000));
        fs::write(&sum, &counts).unwrap();
        let mut unpacked = String::new();
        GzDecoder::new(packed(&sum).unwrap().as_slice()).read_to_string(&mut unpacked).unwrap();
        assert!(unpacked == counts);
    }
}
