//! Builds with optimisation, for which a profile says what runs often.
//!
//! The profile was counted by [`crate::train`] and belongs to one compiler: the names in it are those that this compiler
//! gives. With another one the build is without it, and says so.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;

use crate::process;
use crate::workspace::{self, Result};

/// The binary and what measures it. A build of the binary alone finds its names in the same profile, since the
/// benchmarks turn on no feature of a dependency that the binary does not: features are part of the names.
pub const PACKAGES: [&str; 4] = ["--package", "mainstay", "--package", "mainstay-bench"];

/// Compilers, as a profile is named after them.
pub struct Compiler {
    pub release: String,
    pub host: String,
}

impl Compiler {
    pub fn of_this_machine() -> Result<Self> {
        let told = process::output("rustc", &["-vV"]).ok_or("rustc does not say which one it is")?;
        Self::read(&told).ok_or_else(|| format!("rustc's version cannot be read: {told}"))
    }

    fn read(told: &str) -> Option<Self> {
        let field = |name: &str| told.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
        Some(Self { release: field("release: ")?, host: field("host: ")? })
    }

    /// Where its profile lies, if there is one.
    pub fn profile(&self) -> Result<PathBuf> {
        Ok(workspace::root()?.join("xtask/profile").join(format!("{}-{}.gz", self.release, self.host)))
    }
}

/// Builds the packages with optimisation and with the profile of this compiler.
pub fn build(packages: &[&str]) -> Result<()> {
    let compiler = Compiler::of_this_machine()?;
    let mut build = process::cargo(&["build", "--release"])?;
    build.args(packages);
    let profile = compiler.profile()?;
    if profile.exists() {
        let unpacked = unpack(&profile, &workspace::target()?.join("profile"))?;
        build.arg("--config").arg(flags(&[
            &format!("-Cprofile-use={}", unpacked.display()),
            // What never ran in training is not in it, and what has changed since is compiled as if it were not: neither is
            // news to who builds.
            "-Cllvm-args=-pgo-warn-missing-function=false",
            "-Cllvm-args=-no-pgo-warn-mismatch",
        ])?);
    } else {
        eprintln!(
            "xtask: no profile is there for Rust {} on {}; the build is a slower one (`cargo xtask train` makes one)",
            compiler.release, compiler.host
        );
    }
    process::run(&mut build)
}

/// Cargo's setting that adds `flags` to those of the workspace.
pub fn flags(flags: &[&str]) -> Result<String> {
    // An array of strings reads the same in JSON and in TOML.
    let array = serde_json::to_string(flags).map_err(|error| error.to_string())?;
    Ok(format!("build.rustflags={array}"))
}

/// The profile as the compiler reads it. Its name changes with what is in it, so that cargo sees a new one.
fn unpack(packed: &Path, folder: &Path) -> Result<PathBuf> {
    let unreadable = |error: std::io::Error| format!("{} cannot be read: {error}", packed.display());
    let bytes = fs::read(packed).map_err(unreadable)?;
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    let unpacked = folder.join(format!("{:016x}.profdata", hasher.finish()));
    if !unpacked.exists() {
        let mut profile = Vec::new();
        GzDecoder::new(bytes.as_slice()).read_to_end(&mut profile).map_err(unreadable)?;
        put(&profile, &unpacked)?;
    }
    Ok(unpacked)
}

/// Writes a file whole or not at all, whenever it is stopped. Its folder is made if it is not there.
pub fn put(bytes: &[u8], file: &Path) -> Result<()> {
    // Under another name first.
    let unfinished = file.with_extension(std::process::id().to_string());
    file.parent()
        .map_or(Ok(()), fs::create_dir_all)
        .and_then(|()| fs::write(&unfinished, bytes))
        .and_then(|()| fs::rename(&unfinished, file))
        .map_err(|error| format!("{} cannot be written: {error}", file.display()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    #[test]
    fn compilers_are_told_apart() {
        let told = "rustc 1.95.0 (59807616e 2026-04-14)\nbinary: rustc\nhost: x86_64-unknown-linux-gnu\nrelease: 1.95.0\n";
        let compiler = Compiler::read(told).unwrap();
        assert!(compiler.profile().unwrap().ends_with("xtask/profile/1.95.0-x86_64-unknown-linux-gnu.gz"));
        assert!(Compiler::read("rustc 1.95.0").is_none());
    }

    #[test]
    fn flags_are_read_by_cargo_as_they_were_meant() {
        let expect = r#"build.rustflags=["-Cprofile-use=/a \"b\"/c","-Clto=off"]"#;
        assert_eq!(flags(&[r#"-Cprofile-use=/a "b"/c"#, "-Clto=off"]).unwrap(), expect);
    }

    #[test]
    fn another_profile_has_another_name() {
        let folder = tempfile::tempdir().unwrap();
        let (packed, unpacked) = (folder.path().join("a.gz"), folder.path().join("unpacked"));
        let unpacked_from = |content: &str| {
            let mut encoder = GzEncoder::new(fs::File::create(&packed).unwrap(), Compression::fast());
            encoder.write_all(content.as_bytes()).unwrap();
            encoder.finish().unwrap();
            unpack(&packed, &unpacked).unwrap()
        };
        let (first, second, again) = (unpacked_from("one"), unpacked_from("two"), unpacked_from("one"));
        assert_ne!(first, second);
        assert_eq!(first, again);
        assert_eq!(fs::read_to_string(&second).unwrap(), "two");

        fs::write(&packed, "no profile").unwrap();
        assert!(unpack(&packed, &unpacked).unwrap_err().contains("a.gz cannot be read"));
        assert_eq!(fs::read_dir(&unpacked).unwrap().count(), 2, "nothing half done stays behind");
    }

    #[test]
    fn the_benchmarks_turn_on_no_feature_that_the_binary_does_not() {
        let with_features = |packages: &[&str]| -> BTreeSet<String> {
            let mut tree =
                process::cargo(&["tree", "--locked", "--edges", "no-dev", "--prefix", "none"]).unwrap();
            let told = tree.args(["--format", "{p} {f}"]).args(packages).output().unwrap();
            assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
            let told = String::from_utf8(told.stdout).unwrap();
            // What was listed before has a mark.
            told.lines().map(|line| line.trim_end_matches(" (*)").to_owned()).collect()
        };
        let alone = with_features(&PACKAGES[..2]);
        assert!(alone.len() > 100);
        let beside_benchmarks = with_features(&PACKAGES);
        let others: Vec<_> = alone.difference(&beside_benchmarks).collect();
        assert!(others.is_empty(), "these have other features beside the benchmarks: {others:#?}");
    }

    #[test]
    fn every_kept_profile_can_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let kept = workspace::root().unwrap().join("xtask/profile");
        for profile in fs::read_dir(kept).unwrap() {
            let unpacked = unpack(&profile.unwrap().path(), folder.path()).unwrap();
            // The magic number of LLVM's indexed profiles.
            assert!(fs::read(unpacked).unwrap().starts_with(b"\xfflprofi\x81"));
        }
    }
}
