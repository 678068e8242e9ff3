//! Two programs that share no code read the mapping in the same way.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use shop_retail::Plan;

use crate::support::dirty;

/// What the proof prints for a file.
fn proof(file: &Path, until: &str) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../xtask/proof/retail.py");
    let output = Command::new("python3").arg(script).arg(file).args(["--until", until]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn ours(file: &Path, until: &str) -> Value {
    let until = if until.is_empty() { None } else { Some(format!("{until}T00:00:00Z").parse().unwrap()) };
    serde_json::to_value(Plan::open(file, until).unwrap().figures()).unwrap()
}

#[test]
fn the_proof_agrees_about_every_kind_of_dirt() {
    for until in ["", "2020-03-06", "2020-01-01"] {
        let (ours, theirs) = (ours(&dirty(), until), proof(&dirty(), until));
        assert_eq!(ours, theirs, "until {until:?}");
    }
    let all = ours(&dirty(), "");
    assert_eq!(
        all["refused"].as_object().unwrap().len(),
        shop_retail::Refusal::ALL.len(),
        "a reason is missing"
    );
}

/// The real year, where it can be had: its first two months, which hold most kinds of its dirt.
#[test]
fn the_proof_agrees_about_a_real_shop() {
    let Some(file) = std::env::var_os("MAINSTAY_RETAIL_CSV").map(PathBuf::from) else {
        eprintln!("MAINSTAY_RETAIL_CSV is not set; the file that was made by hand has to do");
        return;
    };
    assert_eq!(ours(&file, "2011-02-01"), proof(&file, "2011-02-01"));
}
