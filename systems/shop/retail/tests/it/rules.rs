//! Each rule of the mapping, on the smallest file that shows it.

use proptest::prelude::*;
use shop_retail::{Buyer, Deed, Order, Plan, Refund, Refusal};

use crate::support::{HEADER, plan, plan_of};

fn orders(plan: &Plan, place: usize) -> &[Order] {
    match &plan.invoices[place].deed {
        Deed::Sale(orders) => orders,
        Deed::Cancellation(_) => panic!("invoice {place} is a cancellation"),
    }
}

fn refunds(plan: &Plan, place: usize) -> &[Refund] {
    match &plan.invoices[place].deed {
        Deed::Cancellation(refunds) => refunds,
        Deed::Sale(_) => panic!("invoice {place} is a sale"),
    }
}

fn sale(invoice: u32, code: &str, pieces: i64, price: &str, minute: u32) -> String {
    format!("{invoice},{code},THING,{pieces}.0,2020-01-01 09:{minute:02}:00,{price},7.0,France")
}

fn cancellation(invoice: u32, code: &str, pieces: i64, price: &str, minute: u32) -> String {
    format!("C{}", sale(invoice, code, -pieces, price, minute))
}

fn plan_from(lines: &[String]) -> Plan {
    plan(&lines.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn a_variant_is_an_article_at_a_price() {
    let plan = plan_from(&[
        sale(100_001, "85123a", 2, "2.55", 0),
        sale(100_001, "85123A", 1, "2.550", 0),
        sale(100_001, "85123A", 1, "2.95", 0),
    ]);
    assert_eq!(plan.articles.len(), 1);
    let skus: Vec<String> = (0..plan.variants.len()).map(|variant| plan.sku(variant)).collect();
    assert_eq!(skus, ["85123A@255", "85123A@295"]);
    assert_eq!(orders(&plan, 0), [Order { lines: vec![(0, 3), (1, 1)], carriage: 0, total: 1_060 }]);
}

#[test]
fn a_sale_fills_as_many_carts_as_it_needs() {
    let mut lines: Vec<String> =
        (0..501).map(|number| sale(100_001, &format!("{number:05}"), 1, "0.01", 0)).collect();
    lines.push(sale(100_001, "POST", 1, "3.00", 0));
    let plan = plan_from(&lines);
    let found = orders(&plan, 0);
    assert_eq!(found.iter().map(|order| order.lines.len()).collect::<Vec<_>>(), [500, 1]);
    assert_eq!((found[0].carriage, found[0].total, found[1].carriage), (300, 800, 0));

    let plan = plan_from(&[sale(100_001, "00001", 20_001, "1", 0), sale(100_001, "00002", 1, "1", 0)]);
    let found: Vec<_> = orders(&plan, 0).iter().map(|order| order.lines.clone()).collect();
    assert_eq!(found, [vec![(0, 10_000)], vec![(0, 10_000)], vec![(0, 1), (1, 1)]]);
}

#[test]
fn the_newest_sale_is_given_back_first() {
    let plan = plan_from(&[
        sale(100_001, "00001", 5, "1", 0),
        sale(100_002, "00001", 3, "1", 1),
        cancellation(100_003, "00001", 4, "1", 2),
        cancellation(100_004, "00001", 4, "1", 3),
        cancellation(100_005, "00001", 1, "1", 4),
    ]);
    let taken = |place| -> Vec<(u32, u32)> {
        refunds(&plan, place).iter().map(|refund| (refund.order.sale.digits, refund.lines[0].1)).collect()
    };
    assert_eq!(taken(2), [(100_001, 1), (100_002, 3)]);
    assert_eq!(taken(3), [(100_001, 4)]);
    assert_eq!(plan.invoices.len(), 4, "nothing is left for the last one");
    assert_eq!(plan.refused[Refusal::RefundUnmatched as usize], 1);
}

#[test]
fn nothing_is_given_back_at_another_price_to_another_customer_or_before_it_was_sold() {
    for line in [
        cancellation(100_003, "00001", 1, "1.01", 2),
        cancellation(100_003, "00002", 1, "1", 2),
        cancellation(100_003, "00001", 1, "1", 2).replace("7.0", "8.0"),
        cancellation(100_003, "00001", 1, "1", 0).replace("09:00", "08:59"),
        cancellation(100_003, "POST", 1, "1", 2),
    ] {
        let plan = plan_from(&[sale(100_001, "00001", 5, "1", 0), line.clone()]);
        assert_eq!(plan.refused[Refusal::RefundUnmatched as usize], 1, "{line}");
        assert_eq!(plan.accepted, 1);
    }
}

#[test]
fn carriage_comes_back_as_a_sum_from_one_sale() {
    let plan = plan_from(&[
        sale(100_001, "00001", 1, "1", 0),
        sale(100_001, "POST", 2, "5", 0),
        sale(100_002, "00001", 1, "1", 1),
        sale(100_002, "DOT", 1, "6", 1),
        cancellation(100_003, "DOT", 1, "8", 2),
        cancellation(100_004, "POST", 1, "5", 3),
        cancellation(100_005, "POST", 1, "3", 4),
    ]);
    let from = |place| (refunds(&plan, place)[0].order.sale.digits, refunds(&plan, place)[0].total);
    assert_eq!(from(2), (100_001, 800));
    assert_eq!(from(3), (100_002, 500));
    assert_eq!(
        plan.refused[Refusal::RefundUnmatched as usize],
        1,
        "2 and 1 are left, and they are not added up"
    );
}

#[test]
fn each_guest_is_somebody_new_and_cannot_cancel() {
    let guest = |line: String| line.replace("7.0", "");
    let plan = plan_from(&[
        guest(sale(100_001, "00001", 1, "1", 0)),
        guest(sale(100_002, "00001", 1, "1", 1)),
        guest(cancellation(100_003, "00001", 1, "1", 2)),
        sale(100_004, "00001", 1, "1", 3),
    ]);
    let buyers: Vec<Buyer> = plan.invoices.iter().map(|invoice| invoice.buyer).collect();
    let numbers: Vec<_> = plan.invoices.iter().map(|invoice| invoice.number).collect();
    assert_eq!(buyers, [Buyer::Guest(numbers[0]), Buyer::Guest(numbers[1]), Buyer::Customer(7)]);
    assert_eq!(plan.refused[Refusal::RefundOfGuest as usize], 1);
}

#[test]
fn an_empty_file_and_a_wrong_header_are_refused_as_a_whole() {
    for file in ["", "\n\n", "InvoiceNo,StockCode\n1,2\n", "\"", &HEADER.replace("Country", "Land")] {
        let error = plan_of(file.as_bytes().to_vec()).unwrap_err();
        assert!(error.is(&mainstay_records::codes::HEADER), "{file:?}: {error}");
    }
    assert_eq!(plan_of(HEADER.as_bytes().to_vec()).unwrap().lines, 0);
}

proptest! {
    // Columns in another order, invoices in another order: the same plan.
    #[test]
    fn neither_the_order_of_columns_nor_of_invoices_matters(seed in any::<u64>(), sizes in prop::collection::vec(1usize..4, 2..12)) {
        let mut invoices: Vec<Vec<String>> = Vec::new();
        for (number, lines) in (100_001u32..).zip(&sizes) {
            let minute = number % 7;
            let line = |at: usize| if number.is_multiple_of(3) {
                cancellation(number, &format!("0000{at}"), 1, "1", minute)
            } else {
                sale(number, &format!("0000{at}"), 2, "1", minute)
            };
            invoices.push((0..*lines).map(line).collect());
        }
        let straight = plan_from(&invoices.concat());
        let mut state = seed;
        for last in (1..invoices.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            invoices.swap(last, usize::try_from(state >> 33).unwrap() % (last + 1));
        }
        let shuffled = plan_from(&invoices.concat());
        prop_assert_eq!(straight.figures(), shuffled.figures());

        let turned: Vec<String> = [HEADER.to_owned()].into_iter().chain(invoices.concat()).map(|line| {
            line.split(',').rev().collect::<Vec<_>>().join(",")
        }).collect();
        let turned = plan_of(turned.join("\n").into_bytes()).unwrap();
        prop_assert_eq!(turned.figures(), shuffled.figures());
    }
}
