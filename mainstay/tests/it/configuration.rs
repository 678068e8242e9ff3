//! A wrong configuration ends with 64 and one sentence; what stands in the way otherwise ends with 1.

use std::net::TcpListener;

use crate::process::run;

fn stderr(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn mistakes_are_named_in_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("broken.toml"), "# a shop\n[http\n").unwrap();
    for (words, expect) in [
        (&["up", "shop", "--set", "http.listem=127.0.0.1:1"][..], "listen"),
        (&["up", "shop", "--set", "shop.order.hold_seconds=1"], "did you mean shop.orders.hold_seconds?"),
        (&["up", "shop", "--set", "rpc.listen=nine"], "such as 127.0.0.1:8080"),
        (&["up", "shop", "--listen", "nine"], "http.listen is \"nine\""),
        (&["up", "shop", "--set", "retention.inbox_days=30"], "more than retention.outbox_days"),
        (&["up", "shop", "--set", "retention.jobs_days=0"], "retention.jobs_days is 0"),
        (&["up", "shop", "--config", "broken.toml"], "broken.toml is not valid TOML in line 2"),
        (&["up", "shop", "--set", "database.url=oracle:x"], "sqlite:"),
        (&["up", "shop", "--config", "none.toml"], "none.toml"),
        (&["up", "shop", "--demo", "--listen", "0.0.0.0:0", "--set", "http.listen=0.0.0.0:0"], "logins"),
        (&["--set", "http.secure=true", "up", "shop", "--set", "rpc.listen="], "after the command"),
        (&["serve", "shop/order"], "shop/orders"),
        (&["serve", "shop/orders"], "peers.\"shop.payments\""),
        (&["migrate", "down", "shop/orders", "--module", "orders", "--to", "0"], "shop.orders"),
    ] {
        let output = run(folder.path(), words);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(64), "{words:?}: {said}");
        assert!(said.contains(expect), "{words:?}: {said}");
        assert_eq!(said.trim_end().lines().count(), 1, "{words:?}: {said}");
        assert!(output.stdout.is_empty(), "{words:?}");
    }
}

#[test]
fn a_taken_port_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let output = run(folder.path(), &["up", "shop", "--set", &format!("http.listen={address}")]);
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(&address.to_string()) && said.contains("another process"), "{said}");
}

#[test]
fn a_provider_s_port_that_is_taken_is_named_with_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let key = format!("shop.test_provider.listen={}", taken.local_addr().unwrap());
    let output = run(folder.path(), &["up", "shop", "--demo", "--set", &key]);
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("another process") && said.contains("shop.test_provider.listen"), "{said}");
}

#[test]
fn a_data_folder_that_cannot_be_used_is_named_before_anything_in_it() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    for words in [&["up", "shop", "--demo", "--data", "file"][..], &["up", "shop", "--data", "file/inside"]] {
        let output = run(folder.path(), words);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("the data folder file") && said.contains("--data"), "{said}");
    }
    std::fs::create_dir(folder.path().join("damaged")).unwrap();
    std::fs::write(folder.path().join("damaged/shop.auth.db"), [7; 5_000]).unwrap();
    let said = stderr(&run(folder.path(), &["up", "shop", "--data", "damaged"]));
    assert!(said.contains("damaged/shop.auth.db is damaged, or no database"), "{said}");
}

#[test]
fn every_value_is_shown_with_its_source() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("mainstay.toml"), "[shop.orders]\nhold_seconds = 60\n").unwrap();
    let output = run(folder.path(), &["config", "show", "--json"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let shown = String::from_utf8(output.stdout).unwrap();
    let line = |key: &str| {
        let line = shown.lines().find(|line| line.contains(&format!("\"{key}\""))).unwrap_or_default();
        serde_json::from_str::<serde_json::Value>(line).unwrap_or_default()
    };
    assert_eq!(line("shop.orders.hold_seconds")["value"], "60");
    assert_eq!(line("shop.orders.hold_seconds")["source"], "file mainstay.toml");
    assert_eq!(line("http.listen")["source"], "environment MAINSTAY_HTTP__LISTEN");
    assert_eq!(line("process.drain_seconds")["source"], "default");
}
