//! The tables: what goes where, at which rate, and which rows are refused.

use std::collections::BTreeMap;

use mainstay_core::{BasisPoints, Currency, Money};

use super::*;

fn country(code: &str) -> Country {
    code.parse().unwrap()
}

fn tax(overrides: &[(&str, u32, u32)]) -> mainstay_core::Result<TaxTable> {
    let rows = overrides
        .iter()
        .map(|&(code, standard, reduced)| (code.to_owned(), RatesConfig { standard, reduced }));
    TaxTable::new(&rows.collect())
}

#[test]
fn rates_by_destination() {
    let table = tax(&[("NO", 2_500, 1_500), ("DE", 1_600, 500)]).unwrap();
    for (code, standard, reduced) in [
        ("GB", 2_000, 500),
        ("FR", 2_000, 550),
        ("IE", 2_300, 1_350),
        ("US", 0, 0),
        ("NO", 2_500, 1_500),
        ("DE", 1_600, 500),
    ] {
        let rates = table.rates(country(code));
        assert_eq!((rates.standard, rates.reduced), (standard, reduced), "{code}");
        assert_eq!(rates.of(TaxClass::Zero), BasisPoints(0));
    }
}

#[test]
fn a_rate_above_the_price_or_a_country_that_is_none_is_refused() {
    assert!(tax(&[("GB", 10_001, 0)]).is_err());
    assert!(tax(&[("gb", 2_000, 0)]).is_err());
    assert!(tax(&[("GBR", 2_000, 0)]).is_err());
}

#[test]
fn methods_by_destination_and_currency() {
    let table = ShippingTable::new(&default_methods()).unwrap();
    let price = |code, to, currency| table.find(code, country(to), currency).map(|offer| offer.net);
    assert_eq!(price("standard", "GB", Currency::GBP), Some(Money::new(350, Currency::GBP)));
    assert_eq!(price("standard", "FR", Currency::EUR), Some(Money::new(990, Currency::EUR)));
    assert_eq!(price("standard", "NZ", Currency::USD), Some(Money::new(1_850, Currency::USD)));
    assert_eq!(price("express", "NZ", Currency::USD), None);
    assert_eq!(price("standard", "GB", Currency::JPY), None);
    assert_eq!(price("drone", "GB", Currency::GBP), None);
    let listed: Vec<_> =
        table.list(country("GB"), Currency::GBP).into_iter().map(|offer| &offer.code).collect();
    assert_eq!(
        listed,
        ["standard", "express"],
        "each code once, although the world's standard serves GB too"
    );
}

#[test]
fn rows_that_cannot_be_used_are_refused() {
    let good = default_methods().remove(0);
    let refused = |change: &dyn Fn(&mut MethodConfig)| {
        let mut row = good.clone();
        change(&mut row);
        ShippingTable::new(&[row]).is_err()
    };
    assert!(!refused(&|_| {}));
    assert!(refused(&|row| row.code.clear()));
    assert!(refused(&|row| row.name.clear()));
    assert!(refused(&|row| row.countries.clear()));
    assert!(refused(&|row| row.countries.push("Britain".into())));
    assert!(refused(&|row| row.net = BTreeMap::new()));
    assert!(refused(&|row| drop(row.net.insert("GBP".into(), "-1.00".into()))));
    assert!(refused(&|row| drop(row.net.insert("GBP".into(), "1.001".into()))));
    assert!(refused(&|row| drop(row.net.insert("pounds".into(), "1.00".into()))));
    assert!(ShippingTable::new(&vec![good.clone(); 201]).is_err());
}
