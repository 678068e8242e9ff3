//! The operators' commands, beside a shop that runs and on its own.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use crate::buying::buy;
use crate::process::{Serving, run};

fn stdout(folder: &Path, words: &[&str]) -> String {
    let output = run(folder, words);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn operators_look_into_a_running_shop() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Serving::start(folder.path(), &["up", "shop", "--demo"]);
    let (_, order) = buy(shop.http);

    let runs = stdout(folder.path(), &["sagas", "list", "--all", "--json"]);
    let run: serde_json::Value = serde_json::from_str(runs.lines().next().unwrap()).unwrap();
    assert_eq!(run["saga"], "shop.checkout", "{runs}");
    let journal =
        stdout(folder.path(), &["sagas", "inspect", "shop/orders", run["run"].as_str().unwrap(), "--json"]);
    assert!(journal.lines().count() >= 5, "{journal}");

    let consumers = stdout(folder.path(), &["events", "list", "--json"]);
    assert!(consumers.contains("\"shop.orders.order\""), "{consumers}");
    stdout(folder.path(), &["jobs", "counts"]);
    stdout(folder.path(), &["jobs", "schedules", "--json"]);

    let words = ["retention", "shop/orders", "--json", "--set", "shop.orders.archive_days=10"];
    let kept: Vec<serde_json::Value> =
        stdout(folder.path(), &words).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |what: &str| kept.iter().find(|line| line["what"] == what).unwrap();
    let orders = of("orders");
    assert_eq!((&orders["rows"], &orders["due"], &orders["days"]), (&1.into(), &0.into(), &10.into()));
    assert_eq!((&orders["source"], &of("events")["source"]), (&"flag".into(), &"default".into()));
    assert_eq!(of("idempotency keys")["rows"], 1);

    // The mail goes out on its own time; what is compared here is money, which has moved or is about to.
    let compared = reconciled(folder.path(), shop.provider.unwrap());
    let captured = order["total"]["amount"].as_str().unwrap();
    assert_eq!(compared.matches(captured).count(), 3, "payments, provider and ledger: {compared}");
    shop.stop();
}

/// What the three accounts say, once the capture, which follows the placing, is through.
fn reconciled(folder: &Path, provider: SocketAddr) -> String {
    let url = format!("shop.payments.provider_url=\"http://{provider}\"");
    for _ in 0..50 {
        let output = run(folder, &["shop", "reconcile", "--json", "--set", &url]);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success()
            && text.lines().any(|line| line.contains("ledger") && !line.contains("\"0.00 GBP\",\"currency"))
        {
            return text;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("payments and provider do not agree");
}

#[test]
fn the_schema_goes_up_and_down() {
    let folder = tempfile::tempdir().unwrap();
    let applied = stdout(folder.path(), &["migrate", "up", "shop/orders"]);
    assert!(applied.contains("shop.orders"), "{applied}");
    let after = stdout(folder.path(), &["migrate", "status", "shop/orders", "--json"]);
    assert!(after.lines().all(|line| line.contains("\"applied\"")), "{after}");
    let down = ["migrate", "down", "shop/orders", "--module", "shop.orders", "--to", "0"];
    assert!(stdout(folder.path(), &down).contains("taken back"));
    let refused = run(folder.path(), &["sagas", "list", "shop/orders"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("mainstay migrate up shop/orders"));
}

#[test]
fn looking_at_an_empty_folder_leaves_it_empty() {
    let folder = tempfile::tempdir().unwrap();
    for words in [
        &["sagas", "list"][..],
        &["sagas", "list", "shop/orders", "--all"],
        &["events", "list"],
        &["jobs", "counts"],
        &["jobs", "schedules"],
        &["migrate", "status"],
        &["migrate", "down", "shop/orders", "--module", "shop.orders", "--to", "0"],
        &["shop", "reconcile"],
    ] {
        let output = run(folder.path(), words);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{words:?}: {said}");
        assert!(said.contains("nothing has run in the folder data yet"), "{words:?}: {said}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "{words:?} made something");
    }
    // A folder in which one service works is looked at, and the others are not made beside it.
    stdout(folder.path(), &["migrate", "up", "shop/orders"]);
    let made = |name: &str| folder.path().join("data").join(name).exists();
    assert!(made("shop.orders.db") && !made("shop.cart.db"));
    stdout(folder.path(), &["sagas", "list"]);
    assert!(!made("shop.cart.db"));
}

#[test]
fn the_engines_keep_their_promises_here() {
    let folder = tempfile::tempdir().unwrap();
    // A few of many: the whole suite has tests of its own.
    let kept = stdout(folder.path(), &["verify", "lease", "--json"]);
    assert!(kept.lines().count() >= 2, "{kept}");
    assert!(kept.lines().all(|line| line.contains("\"kept\":\"yes\"")), "{kept}");
}

#[test]
fn policies_are_explained_without_an_installation() {
    let folder = tempfile::tempdir().unwrap();
    let refused = stdout(folder.path(), &["access", "explain", "customer", "orders.refund"]);
    assert!(refused.ends_with("no: no policy permits it\n"), "{refused}");
    let allowed = stdout(folder.path(), &["access", "explain", "staff", "orders.refund", "--json"]);
    let allowed: serde_json::Value = serde_json::from_str(&allowed).unwrap();
    assert_eq!(
        (&allowed["allowed"], &allowed["policies"][0]["id"]),
        (&true.into(), &"staff.serve-buyers".into())
    );
    assert!(stdout(folder.path(), &["access", "actions"]).contains("orders.refund"));
    assert!(!run(folder.path(), &["access", "explain", "customer", "orders.steal"]).status.success());
}

#[test]
fn audit_logs_are_verified_anchored_and_exported_and_keys_replaced_beside_a_running_shop() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Serving::start(folder.path(), &["up", "shop", "--demo"]);
    stdout(folder.path(), &["keys", "rotate"]);
    let verified = stdout(folder.path(), &["audit", "verify", "--json"]);
    assert_eq!(verified.matches("\"whole\"").count(), verified.lines().count(), "{verified}");
    // The second time, the ends of the first are compared.
    stdout(folder.path(), &["audit", "verify"]);
    let exported = stdout(folder.path(), &["audit", "export", "shop/auth"]);
    let lines: Vec<serde_json::Value> =
        exported.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&lines[0]["number"], &lines[0]["action"]), (&1.into(), &"account.create".into()));
    assert_eq!(lines.last().unwrap()["action"], "signing_key.replace");
    let table = stdout(folder.path(), &["audit", "export", "shop/auth", "--format", "csv"]);
    assert_eq!(table.lines().count(), lines.len() + 1);
    assert!(stdout(folder.path(), &["audit", "list", "shop/catalog", "--json"]).contains("product.put"));
    shop.stop();
}
