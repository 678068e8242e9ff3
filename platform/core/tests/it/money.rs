//! Money: no unit appears or vanishes, whatever the amounts.

use mainstay_core::{BasisPoints, Currency, Money};
use proptest::prelude::*;

fn pounds(minor: i64) -> Money {
    Money::new(minor, Currency::GBP)
}

proptest! {
    #[test]
    fn an_allocation_sums_to_the_whole(minor in any::<i32>(), weights in prop::collection::vec(0u64..1_000_000, 1..40)) {
        let whole = pounds(minor.into());
        let parts = whole.allocate(&weights).unwrap();
        prop_assert_eq!(Money::sum(Currency::GBP, parts.iter().copied()).unwrap(), whole);
        let total: u64 = weights.iter().sum();
        if total > 0 {
            for (part, weight) in parts.iter().zip(&weights) {
                let exact = f64::from(minor) * (*weight as f64) / (total as f64);
                prop_assert!((part.minor as f64 - exact).abs() < 1.0 + 1e-6, "{part} is not near {exact}");
            }
        }
    }

    #[test]
    fn a_portion_is_within_half_a_unit(minor in -1_000_000_000i64..1_000_000_000, rate in 0u32..30_000) {
        let portion = pounds(minor).portion(BasisPoints(rate)).unwrap();
        let twice_off = (i128::from(portion.minor) * 10_000 - i128::from(minor) * i128::from(rate)).abs() * 2;
        prop_assert!(twice_off <= 10_000);
    }

    #[test]
    fn text_and_back(minor in any::<i64>().prop_filter("i64::MIN has no magnitude", |m| *m != i64::MIN)) {
        for currency in [Currency::GBP, Currency::JPY, "KWD".parse().unwrap()] {
            let money = Money::new(minor, currency);
            prop_assert_eq!(Money::parse(&money.amount(), currency).unwrap(), money);
        }
    }
}

#[test]
fn halves_round_to_even() {
    for (minor, rate, expect) in
        [(1, 5_000, 0), (3, 5_000, 2), (5, 5_000, 2), (-1, 5_000, 0), (-3, 5_000, -2), (250, 2_000, 50)]
    {
        assert_eq!(pounds(minor).portion(BasisPoints(rate)).unwrap(), pounds(expect), "{minor} at {rate}");
    }
}

#[test]
fn what_is_no_exact_amount_is_refused() {
    for text in ["", ".", "1.", ".5", "1.234", "1e3", "+1", "--1", "1,00", "99999999999999999999", "١"] {
        assert!(Money::parse(text, Currency::GBP).is_err(), "{text}");
    }
    assert!(Money::parse("0.5", Currency::JPY).is_err());
    assert!(pounds(i64::MAX).checked_add(pounds(1)).is_err());
    assert!(pounds(1).checked_add(Money::new(1, Currency::EUR)).is_err());
}

#[test]
fn json_carries_amounts_as_text() {
    let json = serde_json::to_string(&pounds(-1205)).unwrap();
    assert_eq!(json, r#"{"amount":"-12.05","currency":"GBP"}"#);
    assert_eq!(serde_json::from_str::<Money>(&json).unwrap(), pounds(-1205));
    assert!(serde_json::from_str::<Money>(r#"{"amount":12.05,"currency":"GBP"}"#).is_err());
    assert!(serde_json::from_str::<Money>(r#"{"amount":"12.055","currency":"GBP"}"#).is_err());
}
