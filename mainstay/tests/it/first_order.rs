//! The commands that a demo shop prints really place an order.

use std::process::Command;

use crate::process::Serving;

#[test]
fn the_printed_first_order_is_placed() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Serving::start(folder.path(), &["up", "shop", "--demo"]);
    let from = shop.welcome.find("shop=http").unwrap();
    let to = shop.welcome.find("Ctrl-C").unwrap();
    let output = Command::new("bash").args(["-e", "-c", &shop.welcome[from..to]]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let last = said.trim_end().lines().last().unwrap_or_default();
    let order: serde_json::Value = serde_json::from_str(last).unwrap_or_default();
    assert_eq!(order["state"], "placed", "{said}{}", String::from_utf8_lossy(&output.stderr));
    shop.stop();
}
