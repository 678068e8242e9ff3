//! What the log writes.

use mainstay_core::{Clock, Stopwatch, Timestamp};
use mainstay_telemetry::{Options, Registry, init};
use serde_json::Value;

use crate::again;

#[test]
fn lines_are_json_off_a_terminal_with_the_clocks_time() {
    if again::is_child() {
        let (clock, _) = Clock::manual(Timestamp::from_micros(1_900_000_000_000_000));
        let options = Options { log: "info,it::lines=debug".to_owned(), ..Options::default() };
        let guard = init(&options, &clock, "test").expect("a log");
        tracing::debug!(order.id = "ord_1", lines = 3, "order placed");
        tracing::debug!(target: "elsewhere", "not wanted");
        drop(guard);
        return;
    }
    let output = again::run("lines::lines_are_json_off_a_terminal_with_the_clocks_time");
    let text = String::from_utf8(output.stderr).expect("text");
    let lines: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    assert_eq!(lines.len(), 1, "{text}");
    assert_eq!(lines[0]["message"], "order placed");
    assert_eq!((&lines[0]["order.id"], &lines[0]["lines"]), (&"ord_1".into(), &3.into()));
    assert_eq!((&lines[0]["level"], &lines[0]["target"]), (&"DEBUG".into(), &"it::lines".into()));
    assert_eq!(lines[0]["timestamp"], "2030-03-17T17:46:40.000000Z");
}

#[test]
fn a_log_that_nobody_takes_drops_lines_and_holds_nobody_up() {
    if !again::is_child() {
        let text = again::run_unread("lines::a_log_that_nobody_takes_drops_lines_and_holds_nobody_up");
        let dropped = text.lines().find_map(|line| line.strip_prefix("mainstay_log_lines_dropped_total "));
        assert!(dropped.is_some_and(|count| count.parse::<u64>().is_ok_and(|count| count > 0)), "{text}");
        return;
    }
    let guard = init(&Options::default(), &Clock::system(), "test").expect("a log");
    let registry = Registry::new();
    guard.register(&registry);
    // More than the queue and the pipe hold together.
    let watch = Stopwatch::start();
    for number in 0..50_000 {
        tracing::info!(number, "a line of a flood");
    }
    assert!(watch.elapsed().as_secs() < 60);
    println!("{}", registry.encode());
}
