//! The load generator against a shop, and its bounds.

use serde_json::Value;

use crate::process::{Serving, run};

#[test]
fn a_load_visits_a_shop_and_tells_how_long_it_waited() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Serving::start(folder.path(), &["up", "shop", "--demo", "--data", "data"]);
    let at = shop.http.to_string();
    let output = run(
        folder.path(),
        &[
            "load",
            "shop",
            "--at",
            &at,
            "--rate",
            "8",
            "--seconds",
            "3",
            "--mix",
            "2,2,1,2",
            "--lines-max",
            "3",
            "--json",
        ],
    );
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |request: &str| lines.iter().find(|line| line["request"] == request).unwrap_or(&Value::Null);
    assert!(lines.last().unwrap()["visits"]["begun"].as_u64().unwrap() > 5, "{text}");
    for request in ["list", "product", "search", "cart", "item", "checkout"] {
        assert!(of(request)["count"].as_u64().unwrap_or_default() > 0, "no {request}: {text}");
        assert_eq!(of(request)["failed"], 0, "{text}");
        let reasons = of(request)["reasons"].as_object().unwrap().values();
        assert_eq!(
            reasons.map(|count| count.as_u64().unwrap()).sum::<u64>(),
            of(request)["refused"],
            "{text}"
        );
        assert!(of(request)["p50_ms"].as_f64().unwrap() <= of(request)["max_ms"].as_f64().unwrap());
    }
}

#[test]
fn a_load_is_bounded_and_stays_on_this_machine() {
    let folder = tempfile::tempdir().unwrap();
    for words in [
        ["--rate", "0"],
        ["--rate", "1e9"],
        ["--rate", "NaN"],
        ["--seconds", "0"],
        ["--seconds", "86400"],
        ["--mix", "0,0,0,0"],
        ["--mix", "1,2,3"],
        ["--lines-max", "0"],
        ["--at", "192.0.2.1:80"],
        ["--at", "nowhere"],
    ] {
        let output = run(folder.path(), &[&["load", "shop"][..], &words].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(64), "{words:?}: {said}");
    }
    let nobody = run(folder.path(), &["load", "shop", "--at", "127.0.0.1:1", "--seconds", "1"]);
    assert_eq!(nobody.status.code(), Some(1));
}
