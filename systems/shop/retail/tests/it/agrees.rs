//! Two programs that share no code read the mapping in the same way.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use shop_retail::Plan;

use crate::support::{HEADER, dirty};

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

/// Quotes and line ends put between the letters of lines that are good: which of them mean something is said once, in the
/// mapping, and read twice.
#[test]
fn the_proof_agrees_about_quotes_wherever_they_stand() {
    const LINE: &str = "536365,85123A,a holder,6,2020-03-01 08:26:00,2.55,17850,United Kingdom\n";
    const PIECES: [&str; 8] = ["\"", "\"\"", "\",\"", ",\"", "\",", "\"\n", "\r", "\r\n"];
    let folder = tempfile::tempdir().unwrap();
    for seed in 1..=12_u64 {
        // Enough of chance, the same each time.
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut draw = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            usize::try_from(state >> 33).unwrap() % below
        };
        let mut text = format!("{HEADER}\n");
        for _ in 0..400 {
            let mut line = LINE.to_owned();
            for _ in 0..draw(4) {
                let at = draw(line.len());
                line.insert_str(at, PIECES[draw(PIECES.len())]);
            }
            text.push_str(&line);
        }
        let file = folder.path().join(format!("{seed}.csv"));
        std::fs::write(&file, text).unwrap();
        assert_eq!(ours(&file, ""), proof(&file, ""), "seed {seed}");
    }
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
