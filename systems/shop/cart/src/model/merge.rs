//! Two carts of one buyer become one, at login: quantities add, and nothing is lost.

use super::{Cart, LINES_MAX, QUANTITY_MAX, State};

/// Puts `from` into `into` and leaves `from` as a pointer to it. What `into` does not say yet, such as an address, it
/// takes over. Answers whether it did: two carts that together are larger than a cart can be stay two.
pub fn merge(from: &mut Cart, into: &mut Cart) -> bool {
    if from.currency != into.currency || !fits(from, into) {
        return false;
    }
    for line in std::mem::take(&mut from.lines) {
        match into.lines.iter_mut().find(|present| present.variant == line.variant) {
            Some(present) => present.quantity += line.quantity,
            None => {
                let place = into.lines.last().map_or(0, |last| last.place + 1);
                into.lines.push(super::Line { place, ..line });
            }
        }
    }
    into.address = into.address.take().or_else(|| from.address.take());
    into.shipping_method = into.shipping_method.take().or_else(|| from.shipping_method.take());
    into.payment = into.payment.take().or_else(|| from.payment.take());
    into.version += 1;
    from.version += 1;
    from.state = State::Merged(into.id);
    from.owner.clone_from(&into.owner);
    (from.address, from.shipping_method, from.payment) = (None, None, None);
    true
}

fn fits(from: &Cart, into: &Cart) -> bool {
    let mut count = into.lines.len();
    for line in &from.lines {
        match into.lines.iter().find(|present| present.variant == line.variant) {
            Some(present) if present.quantity + line.quantity > QUANTITY_MAX => return false,
            Some(_) => {}
            None => count += 1,
        }
    }
    count <= LINES_MAX
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use mainstay_core::Currency;
    use proptest::prelude::*;

    use super::*;
    use crate::model::{Address, CartId, VariantId};

    fn cart(number: u8, owner: &str, lines: &[(u8, u32)]) -> Cart {
        let mut cart = Cart::new(CartId::from_bytes([number; 16]), owner.into(), Currency::GBP);
        for &(variant, quantity) in lines {
            cart.add(VariantId::from_bytes([variant; 16]), quantity, "SKU".into(), "name".into()).unwrap();
        }
        cart
    }

    fn pieces(carts: &[&Cart]) -> BTreeMap<VariantId, u32> {
        let mut sums = BTreeMap::new();
        for line in carts.iter().flat_map(|cart| &cart.lines) {
            *sums.entry(line.variant).or_default() += line.quantity;
        }
        sums
    }

    #[test]
    fn what_is_missing_is_taken_over_and_what_is_there_stays() {
        let (mut from, mut into) = (cart(1, "ses_1", &[(1, 1)]), cart(2, "acc_1", &[(1, 2)]));
        from.address = Some(Address { city: "Hull".into(), ..Address::default() });
        from.shipping_method = Some("express".into());
        into.shipping_method = Some("standard".into());
        assert!(merge(&mut from, &mut into));
        assert_eq!(into.address.unwrap().city, "Hull");
        assert_eq!(into.shipping_method.unwrap(), "standard");
        assert_eq!((from.state, from.owner.as_str()), (State::Merged(into.id), "acc_1"));
        assert!(from.address.is_none() && from.lines.is_empty());
    }

    #[test]
    fn carts_that_do_not_fit_together_stay_as_they_are() {
        let (mut from, mut into) = (cart(1, "ses_1", &[(1, QUANTITY_MAX)]), cart(2, "acc_1", &[(1, 1)]));
        let before = (from.clone(), into.clone());
        assert!(!merge(&mut from, &mut into));
        assert_eq!((from, into), before);
        let mut euros = cart(3, "ses_1", &[(1, 1)]);
        euros.currency = Currency::EUR;
        assert!(!merge(&mut euros, &mut cart(2, "acc_1", &[])));
    }

    proptest! {
        #[test]
        fn no_piece_is_lost_or_doubled(
            left in prop::collection::vec((0u8..30, 1u32..6_000), 0..30),
            right in prop::collection::vec((0u8..30, 1u32..6_000), 0..30),
        ) {
            let once = |rows: &[(u8, u32)]| rows.iter().copied().collect::<BTreeMap<_, _>>().into_iter().collect::<Vec<_>>();
            let (mut from, mut into) = (cart(1, "ses_1", &once(&left)), cart(2, "acc_1", &once(&right)));
            let before = pieces(&[&from, &into]);
            let merged = merge(&mut from, &mut into);
            prop_assert_eq!(pieces(&[&from, &into]), before);
            prop_assert_eq!(merged, from.lines.is_empty() && from.state != State::Open);
            prop_assert!(into.lines.iter().all(|line| line.quantity <= QUANTITY_MAX));
        }
    }
}
