//! schemathesis, a tester of contracts that others wrote, with all of its checks against the demo shop. It is installed
//! under cargo's target folder; where that cannot be, the test is left out, which under CI is a failure.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::Serving;

/// One version, so that a new one does not fail a change that has nothing to do with it.
const PACKAGE: &str = "schemathesis==4.32.5";

/// Examples of each route's fuzzing; the whole run stays within a minute or two.
const EXAMPLES: &str = "12";

#[test]
fn schemathesis_finds_nothing() {
    let Some(program) = installed() else {
        assert!(
            std::env::var_os("CI").is_none(),
            "{PACKAGE} cannot be installed; python3 with venv is needed"
        );
        eprintln!("skipped: {PACKAGE} cannot be installed here");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let shop = Serving::start(folder.path(), &["up", "shop", "--demo"]);
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemathesis.toml");
    // Wrong passwords slow down whoever guesses, and those tried at a change are guesses at the tester's own account: on a
    // machine that gives it the time for many it could not log in again. So they come last and by themselves.
    for operations in ["--exclude-operation-id", "--include-operation-id"] {
        asks(&program, &config, &shop, folder.path(), [operations, "changePassword"]);
    }
}

fn asks(program: &Path, config: &Path, shop: &Serving, folder: &Path, operations: [&str; 2]) {
    let output = Command::new(program)
        .current_dir(folder)
        .arg("--config-file")
        .arg(config)
        .args(["run", &format!("http://{}/openapi.json", shop.http)])
        .args([
            "--phases",
            "examples,coverage,fuzzing",
            "--max-examples",
            EXAMPLES,
            // Python 3.11 cannot parse in two threads at once: "AST constructor recursion depth mismatch".
            "--workers",
            "1",
            "--no-color",
        ])
        .args(operations)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(told.contains("generated"), "it ran nothing: {told}");
}

fn installed() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("schemathesis");
    let program = folder.join("bin/schemathesis");
    let runs = |program: &Path| {
        Command::new(program).arg("--version").output().is_ok_and(|told| told.status.success())
    };
    if !runs(&program) {
        let done = |command: &mut Command| command.status().is_ok_and(|status| status.success());
        let made = done(Command::new("python3").args(["-m", "venv"]).arg(&folder))
            && done(Command::new(folder.join("bin/pip")).args([
                "install",
                "--quiet",
                "--disable-pip-version-check",
                PACKAGE,
            ]));
        if !made {
            return None;
        }
    }
    runs(&program).then_some(program)
}
