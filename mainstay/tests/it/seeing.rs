//! What an operator sees of a running shop, by the commands that look at it.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use crate::process::{Serving, call, run};

/// Runs a command until it prints something; one JSON value a line.
fn until_told(folder: &Path, words: &[&str]) -> Vec<Value> {
    for _ in 0..600 {
        let output = run(folder, words);
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        let values: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        if !values.is_empty() {
            return values;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("{words:?} told nothing");
}

#[test]
fn a_request_is_found_from_its_trace_to_its_profile() {
    let folder = tempfile::tempdir().unwrap();
    let words = ["up", "shop", "--demo", "--set", "telemetry.sample=1.0", "--set", "telemetry.log=\"warn\""];
    let serving = Serving::start(folder.path(), &words);
    let admin = serving.operators().to_string();
    let at = ["--at", admin.as_str()];
    let answer = call(serving.http, "GET", "/v1/products", "", "", "").unwrap();
    assert_eq!(answer.status, 200);

    let list = ["traces", "list", "--name", "GET /v1/products", "--json"];
    let found = until_told(folder.path(), &[&list[..], &at].concat());
    let trace = found[0]["trace"].as_str().unwrap().to_owned();
    assert_eq!(found[0]["result"], "ok");
    let drawn = run(folder.path(), &[&["traces", "show", trace.as_str()][..], &at].concat());
    let drawn = String::from_utf8(drawn.stdout).unwrap();
    assert!(drawn.contains("GET /v1/products") && drawn.contains("└─ "), "{drawn}");

    let lines =
        until_told(folder.path(), &[&["logs", "serves", "--level", "info", "--json"][..], &at].concat());
    assert!(lines.iter().any(|line| line["message"] == "serves"), "{lines:?}");
    let metrics = until_told(folder.path(), &[&["metrics", "list", "resident", "--json"][..], &at].concat());
    assert!(
        metrics.iter().any(|metric| metric["metric"] == "mainstay_process_resident_bytes"),
        "{metrics:?}"
    );
    let series = ["metrics", "show", "mainstay_process_resident_bytes", "--json"];
    let series = until_told(folder.path(), &[&series[..], &at].concat());
    assert!(series[0]["points"][0]["value"].as_f64().unwrap() > 1e6);
    let tasks = until_told(folder.path(), &[&["profile", "tasks", "--json"][..], &at].concat());
    assert!(tasks.iter().any(|task| task["task"] == "http.listener"), "{tasks:?}");

    for (kind, file) in [("cpu", "cpu.svg"), ("heap", "heap.svg"), ("heap", "heap.pb.gz")] {
        let seconds: &[&str] = if kind == "cpu" { &["--seconds", "1"] } else { &[] };
        let words = [&["profile", kind, "--out", file][..], seconds, &at].concat();
        let output = run(folder.path(), &words);
        assert!(output.status.success(), "{kind}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(std::fs::metadata(folder.path().join(file)).unwrap().len() > 100);
    }
    let heap = std::fs::read_to_string(folder.path().join("heap.svg")).unwrap();
    assert!(heap.contains("mainstay"), "the functions of the heap have names");

    // The public door knows nothing of it.
    for path in ["/v1/traces", "/v1/logs", "/v1/profiles/cpu", "/v1/process"] {
        assert_eq!(call(serving.http, "GET", path, "", "", "").unwrap().status, 404, "{path}");
    }
    serving.stop();
}

#[test]
fn a_stranger_gets_no_profile_and_no_trace() {
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    std::fs::write(&token, "0123456789abcdef0123456789abcdef").unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&token, mode).unwrap();
    let key = format!("http.admin.token_file={:?}", token.display().to_string());
    let serving = Serving::start(folder.path(), &["up", "shop", "--demo", "--set", &key]);
    let admin = serving.operators();
    for path in ["/v1/profiles/cpu", "/v1/profiles/heap", "/v1/traces", "/v1/logs/tail", "/v1/process"] {
        assert_eq!(call(admin, "GET", path, "", "", "").unwrap().status, 401, "{path}");
    }
    let at = admin.to_string();
    let refused = run(folder.path(), &["traces", "list", "--at", &at]);
    assert!(!refused.status.success());
    let known = run(folder.path(), &["traces", "list", "--at", &at, "--token-file", "token"]);
    assert!(known.status.success(), "{}", String::from_utf8_lossy(&known.stderr));
    serving.stop();
}
