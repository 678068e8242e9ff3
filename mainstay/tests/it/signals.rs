//! Stopping: the first signal finishes what is held, the second one ends it at once; the next start goes on.

use std::time::Duration;

use crate::buying::{available, buy, check_out, fill};
use crate::process::{Serving, call};

#[test]
fn a_stopped_shop_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let first = Serving::start(folder.path(), &["up", "shop", "--demo"]);
    let at_first = available(first.http);
    let (filled, order) = buy(first.http);
    let path = format!("/v1/orders/{}", order["id"].as_str().unwrap());
    first.signal("TERM");
    let (status, said) = first.ended_within(Duration::from_secs(5));
    assert!(status.success(), "{status}");
    assert!(said.contains("stopped; everything that was acknowledged is on the disk"), "{said}");

    let second = Serving::start(folder.path(), &["up", "shop", "--demo"]);
    let again = call(second.http, "GET", &path, &filled.session, "", "").unwrap();
    assert_eq!(again.status, 200, "{}", again.body);
    assert_eq!(again.body["number"], order["number"]);
    // Demo data came once: the two that were bought are still gone.
    assert_eq!(available(second.http), at_first - 2);
    // The same key asks about the same order.
    let repeated = check_out(second.http, &filled, &filled.cart).unwrap();
    assert_eq!((repeated.status, &repeated.body["id"]), (201, &order["id"]), "{}", repeated.body);
    second.stop();
}

#[test]
fn an_order_that_is_being_placed_is_finished_first() {
    let folder = tempfile::tempdir().unwrap();
    let late = ["up", "shop", "--demo", "--set", "shop.test_provider.late_ms=700"];
    let shop = Serving::start(folder.path(), &late);
    let filled = fill(shop.http, 1, "tok_late");
    let address = shop.http;
    let placing = std::thread::spawn(move || check_out(address, &filled, "late-one"));
    std::thread::sleep(Duration::from_millis(250));
    shop.signal("INT");
    let answer = placing.join().unwrap().unwrap();
    assert_eq!(answer.status, 201, "{}", answer.body);
    let (status, _) = shop.ended_within(Duration::from_secs(10));
    assert!(status.success(), "{status}");
}

#[test]
fn a_second_signal_ends_it_at_once_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let late = ["up", "shop", "--demo", "--set", "shop.test_provider.late_ms=4000"];
    let shop = Serving::start(folder.path(), &late);
    let (buyer, order) = buy(shop.http);
    let filled = fill(shop.http, 1, "tok_late");
    let address = shop.http;
    let placing = std::thread::spawn(move || check_out(address, &filled, "cut-off"));
    std::thread::sleep(Duration::from_millis(250));
    shop.signal("INT");
    std::thread::sleep(Duration::from_millis(150));
    shop.signal("INT");
    let (status, _) = shop.ended_within(Duration::from_secs(1));
    assert_eq!(status.code(), Some(130), "what a shell reports after Ctrl-C");
    assert!(placing.join().unwrap().is_none(), "the request was cut, not answered wrongly");

    let again = Serving::start(folder.path(), &["up", "shop", "--demo"]);
    let path = format!("/v1/orders/{}", order["id"].as_str().unwrap());
    assert_eq!(call(again.http, "GET", &path, &buyer.session, "", "").unwrap().status, 200);
    again.stop();
}
