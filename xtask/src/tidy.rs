//! The tidiness rules that no lint knows: every file says what it is for, none grows past reading, and no
//! module hides behind `mod.rs` or a name that means nothing.

use std::fs;
use std::path::Path;

use crate::workspace::{self, Result};

/// Folders with Rust sources; `target` and hidden folders are never entered.
const SOURCES: [&str; 8] =
    ["platform", "engines", "systems", "testkit", "mainstay", "bench", "xtask", "fuzz"];

/// A file past this many lines holds more than one idea.
const LINES_MAX: usize = 500;

/// Names that say nothing about what a module holds.
const EMPTY_NAMES: [&str; 5] = ["mod", "utils", "util", "common", "helpers"];

/// Refuses with every file that breaks a rule.
pub fn check() -> Result<()> {
    let root = workspace::root()?;
    let mut faults = Vec::new();
    for folder in SOURCES {
        visit(&root, &root.join(folder), &mut faults)?;
    }
    if faults.is_empty() { Ok(()) } else { Err(format!("untidy files:\n  {}", faults.join("\n  "))) }
}

fn visit(root: &Path, folder: &Path, faults: &mut Vec<String>) -> Result<()> {
    let unreadable = |error: std::io::Error| format!("{} cannot be read: {error}", folder.display());
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            if !name.starts_with('.') && !matches!(&*name, "target" | "node_modules") {
                visit(root, &path, faults)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).map_err(unreadable)?;
            let shown = path.strip_prefix(root).unwrap_or(&path).display().to_string();
            let stem = path.file_stem().unwrap_or_default().to_string_lossy();
            faults.extend(faults_of(&stem, &text).into_iter().map(|fault| format!("{shown}: {fault}")));
        }
    }
    Ok(())
}

/// What is wrong with a file of this name and text.
fn faults_of(stem: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    if !text.starts_with("//!") {
        faults.push("does not open with `//!` and what it is for".into());
    }
    let lines = text.lines().count();
    if lines > LINES_MAX {
        faults.push(format!("has {lines} lines, more than {LINES_MAX}: it holds more than one idea"));
    }
    if EMPTY_NAMES.contains(&stem) {
        faults.push(format!("`{stem}` says nothing about what it holds"));
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_found() {
        for (stem, text, count) in [
            ("scope", "//! What a service may reach.\n", 0),
            ("scope", "use std::fs;\n", 1),
            ("utils", "//! Things.\n", 1),
            ("mod", "", 2),
        ] {
            assert_eq!(faults_of(stem, text).len(), count, "{stem}: {text}");
        }
        assert_eq!(faults_of("long", &format!("//! Long.\n{}", "\n".repeat(LINES_MAX))).len(), 1);
    }
}
