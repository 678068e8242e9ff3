//! Configuration: which layer wins, what is refused, what is shown.

use mainstay_core::Configuration;
use mainstay_core::config::Source;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Debug, PartialEq)]
#[serde(deny_unknown_fields, default)]
struct Orders {
    hold_minutes: u32,
    greeting: String,
}

impl Default for Orders {
    fn default() -> Self {
        Self { hold_minutes: 15, greeting: "hello".into() }
    }
}

fn load(file: &str, environment: &[(&str, &str)], flags: &[&str]) -> mainstay_core::Result<Configuration> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mainstay.toml");
    std::fs::write(&path, file).unwrap();
    let environment = environment.iter().map(|(name, value)| (name.to_string(), value.to_string()));
    let flags: Vec<String> = flags.iter().map(|flag| flag.to_string()).collect();
    Configuration::load(Some(&path), environment, &flags)
}

#[test]
fn flag_beats_environment_beats_file_beats_default() {
    let file = "[shop.orders]\nhold_minutes = 1\n";
    let environment =
        [("MAINSTAY_SHOP__ORDERS__HOLD_MINUTES", "2"), ("PATH", "/bin"), ("MAINSTAY_LOG", "debug")];
    let minutes =
        |configuration: Configuration| configuration.section::<Orders>("shop.orders").unwrap().hold_minutes;
    assert_eq!(minutes(load("", &[], &[]).unwrap()), 15);
    assert_eq!(minutes(load(file, &[], &[]).unwrap()), 1);
    assert_eq!(minutes(load(file, &environment, &[]).unwrap()), 2);
    assert_eq!(minutes(load(file, &environment, &["shop.orders.hold_minutes=3"]).unwrap()), 3);
}

#[test]
fn text_needs_no_quotes_in_a_shell() {
    let configuration = load("", &[], &["shop.orders.greeting=good day"]).unwrap();
    assert_eq!(configuration.section::<Orders>("shop.orders").unwrap().greeting, "good day");
}

#[test]
fn every_value_is_shown_with_its_source() {
    let configuration = load("", &[("MAINSTAY_SHOP__ORDERS__HOLD_MINUTES", "2")], &[]).unwrap();
    configuration.section::<Orders>("shop.orders").unwrap();
    let shown: Vec<_> = configuration.show().into_iter().map(|s| (s.key, s.value, s.source)).collect();
    let variable = Source::Environment("MAINSTAY_SHOP__ORDERS__HOLD_MINUTES".into());
    assert_eq!(
        shown,
        [
            ("shop.orders.greeting".to_owned(), "\"hello\"".to_owned(), Source::Default),
            ("shop.orders.hold_minutes".to_owned(), "2".to_owned(), variable),
        ]
    );
}

#[test]
fn passwords_in_addresses_are_not_shown() {
    let set = ["shop.orders.greeting=postgres://u:sekret@h/db"];
    let configuration = load("", &[], &set).unwrap();
    configuration.section::<Orders>("shop.orders").unwrap();
    let shown: Vec<String> = configuration.show().into_iter().map(|setting| setting.value).collect();
    assert_eq!(shown[0], "\"postgres://u:[masked]@h/db\"");
    let wrong = load("", &[], &["shop.orders.hold_minutes=postgres://u:sekret@h/db"]).unwrap();
    let error = wrong.section::<Orders>("shop.orders").unwrap_err();
    assert!(!error.to_string().contains("sekret"), "{error}");
}

#[test]
fn unknown_keys_are_refused_by_name() {
    let inside = load("[shop.orders]\nhold_minuts = 1\n", &[], &[]).unwrap();
    let error = inside.section::<Orders>("shop.orders").unwrap_err();
    assert!(error.message().contains("hold_minuts"), "{error}");

    let outside = load("[shop.oders]\nhold_minutes = 1\n", &[], &[]).unwrap();
    outside.section::<Orders>("shop.orders").unwrap();
    let error = outside.refuse_unknown().unwrap_err();
    assert!(error.message().contains("did you mean shop.orders.hold_minutes?"), "{error}");
}

#[test]
fn nonsense_is_refused() {
    assert!(load("no toml at all", &[], &[]).is_err());
    assert!(load("", &[], &["no-equals-sign"]).is_err());
    assert!(load("a = 1", &[], &["a.b=1"]).is_err());
    assert!(Configuration::load(Some(std::path::Path::new("no-such-file.toml")), [], &[]).is_err());
}
