//! Names that must be unique over the whole workspace: prefixes of ids, and error codes.

use std::collections::BTreeMap;
use std::path::Path;

use mainstay_core::Code;

/// Every list of codes that the binary can raise.
fn lists() -> Vec<&'static [&'static Code]> {
    let mut lists = vec![
        mainstay_blobs::CODES,
        mainstay_core::codes::CODES,
        mainstay_core::config::CODES,
        mainstay_events::codes::CODES,
        mainstay_host::CODES,
        mainstay_http::CODES,
        mainstay_identity::CODES,
        mainstay_jobs::codes::CODES,
        mainstay_notify::CODES,
        mainstay_observe::CODES,
        mainstay_profile::CODES,
        mainstay_resilience::CODES,
        mainstay_rpc::CODES,
        mainstay_secrets::CODES,
        mainstay_sql::CODES,
        mainstay_telemetry::CODES,
        mainstay_uploads::CODES,
        mainstay_workflow::CODES,
    ];
    lists.extend(mainstay::shop::CODES);
    lists
}

#[test]
fn an_error_code_means_one_thing() {
    assert_eq!(mainstay_http::Catalogue::ambiguous(&lists()), Vec::<&str>::new());
    for code in lists().into_iter().flatten() {
        assert!(code.name.contains('.'), "{} has no area", code.name);
        assert!(!code.title.is_empty() && code.advice.ends_with('.'), "{} says too little", code.name);
    }
}

/// What a refusal's `type` leads to.
#[test]
fn every_code_that_a_contract_names_has_a_page() {
    let known: Vec<&str> = lists().into_iter().flatten().map(|code| code.name).collect();
    let document = mainstay::systems::contract().openapi();
    for code in document["components"]["examples"].as_object().unwrap().keys() {
        assert!(known.contains(&code.as_str()), "{code} is in no list, so it has no page");
    }
}

#[test]
fn a_prefix_belongs_to_one_kind_of_id() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut found = BTreeMap::<String, Vec<String>>::new();
    for floor in ["platform", "engines", "systems"] {
        visit(&root.join(floor), &mut found);
    }
    assert!(found.len() >= 12, "{found:?}");
    for (prefix, places) in found {
        assert_eq!(places.len(), 1, "{prefix}_ is declared in {places:?}");
        assert!((2..=4).contains(&prefix.len()), "{prefix}");
    }
}

/// Reads declarations off the sources, so that no kind can be forgotten here. Test modules may invent their own.
fn visit(folder: &Path, found: &mut BTreeMap<String, Vec<String>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if path.file_name().is_some_and(|name| name != "tests" && name != "target") {
                visit(&path, found);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            for declaration in code.split("const PREFIX: &'static str = \"").skip(1) {
                let prefix = declaration.split('"').next().unwrap_or_default().to_owned();
                found.entry(prefix).or_default().push(path.display().to_string());
            }
        }
    }
}
