//! Setting up the log.

use mainstay_core::Clock;
use mainstay_telemetry::{Options, Registry, TELEMETRY_UNUSABLE, init};

#[test]
fn a_filter_that_is_none_is_refused_with_the_key() {
    let options = Options { log: "=??=".to_owned(), ..Options::default() };
    let error = init(&options, &Clock::system(), "test").map(drop).unwrap_err();
    assert!(error.is(&TELEMETRY_UNUSABLE));
    assert!(error.message().contains("telemetry.log"), "{error}");
}

#[tokio::test]
async fn an_address_that_is_none_is_refused_with_the_key() {
    let options = Options { otlp: "not an address".to_owned(), ..Options::default() };
    let error = init(&options, &Clock::system(), "test").map(drop).unwrap_err();
    assert!(error.message().contains("telemetry.otlp"), "{error}");
}

#[test]
fn starting_twice_keeps_the_first_log() {
    let first = init(&Options::default(), &Clock::system(), "test").unwrap();
    let second = init(&Options::default(), &Clock::system(), "test").unwrap();
    let registry = Registry::new();
    first.register(&registry);
    second.register(&registry);
    assert_eq!(registry.encode().matches("mainstay_log_lines_dropped_total 0").count(), 1);
}

#[test]
fn an_unknown_key_is_refused() {
    let error = serde_json::from_str::<Options>(r#"{"log": "info", "colour": true}"#).unwrap_err();
    assert!(error.to_string().contains("colour"), "{error}");
}
