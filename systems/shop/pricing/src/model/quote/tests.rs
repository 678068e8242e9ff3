//! Properties of a quote over arbitrary baskets, and the cases that people argue about.

use mainstay_core::{BasisPoints, Currency};
use proptest::prelude::*;

use super::*;

const UK: Rates = Rates { standard: 2_000, reduced: 500 };

fn variant(number: u8) -> VariantId {
    VariantId::from_bytes([number; 16])
}

fn gbp(minor: i64) -> Money {
    Money::new(minor, Currency::GBP)
}

fn price_list(rows: &[(u8, i64, TaxClass)]) -> HashMap<VariantId, Price> {
    rows.iter()
        .map(|&(number, minor, class)| (variant(number), Price { amount: gbp(minor), class }))
        .collect()
}

fn lines(rows: &[(u8, u32)]) -> Vec<Line> {
    rows.iter().map(|&(number, quantity)| Line { variant: variant(number), quantity }).collect()
}

/// Net, tax and total of a basket.
fn totals(quote: &Quote) -> (i64, i64, i64) {
    (quote.net.minor, quote.tax.minor, quote.total.minor)
}

#[test]
fn a_basket_by_hand() {
    // 3 × 9.99 at 20 % = 29.97 + 5.99(4); 1 × 4.50 at 5 % = 0.22(5), half to even 0.22; shipping 3.50 shared
    // 29.97 : 4.50 = 3.04 : 0.46, taxed 0.61 (0.608) + 0.02 (0.023).
    let prices = price_list(&[(1, 999, TaxClass::Standard), (2, 450, TaxClass::Reduced)]);
    let quote = quote(&lines(&[(1, 3), (2, 1)]), &prices, UK, gbp(350)).unwrap();
    assert_eq!(quote.lines[0].tax, gbp(599));
    assert_eq!(quote.lines[1].tax, gbp(22));
    assert_eq!(quote.shipping_tax, gbp(63));
    assert_eq!(totals(&quote), (2_997 + 450 + 350, 599 + 22 + 63, 3_797 + 684));
}

#[test]
fn zero_rated_goods_carry_untaxed_shipping_and_free_goods_the_standard_rate() {
    let prices = price_list(&[(1, 1_000, TaxClass::Zero), (2, 0, TaxClass::Reduced)]);
    assert_eq!(quote(&lines(&[(1, 1)]), &prices, UK, gbp(350)).unwrap().tax, gbp(0));
    assert_eq!(quote(&lines(&[(2, 1)]), &prices, UK, gbp(350)).unwrap().tax, gbp(70));
}

#[test]
fn absurd_baskets_are_refused_with_the_field() {
    let prices = price_list(&[(1, i64::MAX, TaxClass::Standard), (2, 1, TaxClass::Standard)]);
    let refusal = |basket: &[(u8, u32)]| quote(&lines(basket), &prices, UK, gbp(0)).unwrap_err();
    assert!(refusal(&[]).is(&codes::INVALID));
    assert_eq!(refusal(&[(2, 1), (2, 0)]).fields()[0].path, "lines[1].quantity");
    assert_eq!(refusal(&[(2, QUANTITY_MAX), (2, 1)]).fields()[0].path, "lines[1].quantity");
    assert_eq!(refusal(&[(2, u32::MAX), (2, u32::MAX)]).fields()[0].path, "lines[0].quantity");
    assert!(refusal(&[(1, 2)]).is(&codes::INVALID), "the line is too large");
    assert!(refusal(&[(1, 1), (2, 1)]).is(&codes::INVALID), "the sum is too large");
    assert!(refusal(&vec![(2, 1); LINES_MAX + 1]).is(&codes::INVALID));
    let missing = refusal(&[(2, 1), (9, 1), (8, 1)]);
    assert!(missing.is(&PRICE_MISSING));
    let paths: Vec<&str> = missing.fields().iter().map(|field| field.path.as_str()).collect();
    assert_eq!(paths, ["lines[1].variant_id", "lines[2].variant_id"]);
}

fn class() -> impl Strategy<Value = TaxClass> {
    prop_oneof![Just(TaxClass::Standard), Just(TaxClass::Reduced), Just(TaxClass::Zero)]
}

fn a_price_list() -> impl Strategy<Value = HashMap<VariantId, Price>> {
    prop::collection::vec((0..5_000_000_000i64, class()), 8).prop_map(|rows| {
        let rows: Vec<_> = (0u8..).zip(rows).map(|(number, (minor, class))| (number, minor, class)).collect();
        price_list(&rows)
    })
}

fn a_basket() -> impl Strategy<Value = Vec<Line>> {
    prop::collection::vec((0u8..8, 1..5_000u32), 1..40).prop_map(|rows| lines(&rows))
}

proptest! {
    #[test]
    fn totals_are_the_sums_of_the_parts(
        prices in a_price_list(), basket in a_basket(),
        standard in 0..=10_000u32, reduced in 0..=10_000u32, delivery in 0..100_000i64,
    ) {
        let rates = Rates { standard, reduced };
        let quote = quote(&basket, &prices, rates, gbp(delivery)).unwrap();
        let net: i64 = quote.lines.iter().map(|line| line.net.minor).sum();
        let tax: i64 = quote.lines.iter().map(|line| line.tax.minor).sum();
        prop_assert_eq!(quote.net.minor, net + delivery);
        prop_assert_eq!(quote.tax.minor, tax + quote.shipping_tax.minor);
        prop_assert_eq!(quote.total.minor, quote.net.minor + quote.tax.minor);
        for line in &quote.lines {
            let BasisPoints(rate) = rates.of(prices[&line.variant].class);
            prop_assert_eq!(line.tax_basis_points, rate);
            prop_assert_eq!(line.net.minor, line.unit_net.minor * i64::from(line.quantity));
            let exact = i128::from(line.net.minor) * i128::from(rate);
            let off = (i128::from(line.tax.minor) * 10_000 - exact).abs();
            prop_assert!(off <= 5_000, "{} is more than half a penny off", line.tax);
        }
        // Three shares, each at most half a unit off, and each share at most one unit off its exact weight.
        let highest = i128::from(delivery) * i128::from(standard.max(reduced));
        prop_assert!(i128::from(quote.shipping_tax.minor) * 10_000 <= highest + 15_000);
    }

    #[test]
    fn neither_order_nor_splitting_changes_the_totals(
        prices in a_price_list(), basket in a_basket(), seed in any::<u64>(), delivery in 0..100_000i64,
    ) {
        let first = quote(&basket, &prices, UK, gbp(delivery)).unwrap();
        let mut shuffled = basket.clone();
        shuffled.rotate_left((seed % basket.len() as u64) as usize);
        shuffled.reverse();
        let mut split = Vec::new();
        for line in &basket {
            let part = line.quantity / 2;
            split.extend([part, line.quantity - part].iter().filter(|quantity| **quantity > 0).map(
                |quantity| Line { variant: line.variant, quantity: *quantity },
            ));
        }
        for other in [shuffled, split] {
            let other = quote(&other, &prices, UK, gbp(delivery)).unwrap();
            prop_assert_eq!(totals(&first), totals(&other));
            prop_assert_eq!(first.shipping_tax, other.shipping_tax);
        }
    }

    #[test]
    fn nothing_panics(
        minors in prop::collection::vec(0..=i64::MAX, 4), delivery in 0..=i64::MAX,
        quantities in prop::collection::vec((0u8..6, any::<u32>()), 0..20),
    ) {
        let rows: Vec<_> = (0u8..).zip(minors).map(|(number, minor)| (number, minor, TaxClass::Standard)).collect();
        let prices = price_list(&rows);
        let _ = quote(&lines(&quantities), &prices, UK, gbp(delivery));
    }
}
