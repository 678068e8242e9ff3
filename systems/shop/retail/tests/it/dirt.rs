//! The file with every kind of dirt: what becomes of it, and of it damaged further.

use proptest::prelude::*;
use shop_retail::Refusal;

use crate::support::{dirty, plan_of};

#[test]
fn every_line_has_one_fate() {
    let plan = plan_of(std::fs::read(dirty()).unwrap()).unwrap();
    assert_eq!((plan.lines, plan.accepted), (57, 22));
    assert_eq!(plan.accepted + plan.refused.iter().sum::<u64>(), plan.lines);
    for refusal in Refusal::ALL {
        assert!(plan.refused[refusal as usize] > 0, "the file shows no {}", refusal.name());
    }
    let figures = plan.figures();
    assert_eq!((figures.orders, figures.revenue, figures.refunded), (11, 1_062_837, 2_485));
}

proptest! {
    // Bytes flipped, cut off, put in: it is read or refused, and the count is never wrong.
    #[test]
    fn damage_is_counted_and_never_a_panic(
        cut in 0usize..4_000, flips in prop::collection::vec((0usize..4_000, any::<u8>()), 0..20),
    ) {
        let mut bytes = std::fs::read(dirty()).unwrap();
        for (place, byte) in flips {
            let length = bytes.len();
            bytes[place % length] = byte;
        }
        let length = bytes.len();
        bytes.truncate(length - cut % length);
        if let Ok(plan) = plan_of(bytes) {
            prop_assert_eq!(plan.accepted + plan.refused.iter().sum::<u64>(), plan.lines);
            let figures = plan.figures();
            prop_assert_eq!(figures.months.iter().map(|month| month.revenue).sum::<i64>(), figures.revenue);
            for (sku, pieces) in &figures.closing {
                prop_assert!(pieces <= &figures.opening[sku], "{} came back more often than it was sold", sku);
            }
        }
    }
}
