//! Which doors there are: the routes as the contract has them, the calls as the files of the contracts do.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn files(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() && path.file_name().is_none_or(|name| name != "tests") {
            files(&path, ending, found);
        } else if path.extension().is_some_and(|extension| extension == ending) {
            found.push(path);
        }
    }
}

/// `METHOD /path` of every route that the binary's contract has, which is every route that a process mounts: a service
/// whose routes differ from its contract does not start.
pub fn routes() -> BTreeSet<String> {
    let contract = mainstay::systems::contract();
    contract.routes().iter().map(|route| format!("{} {}", route.method, route.path)).collect()
}

/// `/package.Service/Method` of every call of the shop's contracts.
pub fn calls() -> BTreeSet<String> {
    let mut calls = BTreeSet::new();
    let mut contracts = Vec::new();
    files(&root().join("contracts/shop"), "proto", &mut contracts);
    for path in contracts {
        let text = fs::read_to_string(path).unwrap();
        let word = |line: &str, before: &str| {
            let rest = line.trim_start().strip_prefix(before)?;
            Some(rest.split(|letter: char| !letter.is_alphanumeric() && letter != '.').next()?.to_owned())
        };
        let package = text.lines().find_map(|line| word(line, "package ")).unwrap();
        let mut service = String::new();
        for line in text.lines() {
            if let Some(name) = word(line, "service ") {
                service = name;
            } else if let Some(method) = word(line, "rpc ") {
                calls.insert(format!("/{package}.{service}/{method}"));
            }
        }
    }
    assert!(calls.len() > 15, "{calls:?}");
    calls
}
