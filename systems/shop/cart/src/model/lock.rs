//! A cart and its checkout: one buys it at a time, a repeat is the same, and an Unlock may overtake its Lock.

use mainstay_core::{Error, Result};

use super::{Cart, CheckoutId, State};
use crate::codes::{CHECKOUT_RUNNING, EMPTY, INCOMPLETE, ORDERED, UNLOCKED};

/// What a Lock is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnLock {
    /// Freeze the cart.
    Freeze,
    /// It was done before.
    Done,
}

/// What an Unlock is to do, besides being remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnUnlock {
    /// Thaw the cart.
    Thaw,
    /// Another checkout has the cart, or none: leave it.
    Leave,
}

/// Decides about a Lock. `called_off` says that this checkout has unlocked already.
///
/// # Errors
/// `cart.unlocked` after its Unlock, `cart.checkout_running` while another checkout has the cart, `cart.ordered` once
/// it is sold, `cart.empty` and `cart.incomplete` when there is nothing to buy or something is missing.
pub fn on_lock(cart: &Cart, checkout: CheckoutId, called_off: bool) -> Result<OnLock> {
    if called_off {
        return Err(UNLOCKED.error("this checkout has let go of the cart"));
    }
    match cart.state {
        State::Locked(holder) | State::Ordered(holder) if holder == checkout => Ok(OnLock::Done),
        State::Locked(_) => Err(CHECKOUT_RUNNING.error("another checkout is buying this cart")),
        State::Ordered(_) | State::Merged(_) => Err(ORDERED.error("this cart has become an order")),
        State::Open => require_complete(cart).map(|()| OnLock::Freeze),
    }
}

/// Decides about an Unlock. A cart that was sold stays sold.
pub fn on_unlock(cart: &Cart, checkout: CheckoutId) -> OnUnlock {
    match cart.state {
        State::Locked(holder) if holder == checkout => OnUnlock::Thaw,
        State::Locked(_) | State::Ordered(_) | State::Merged(_) | State::Open => OnUnlock::Leave,
    }
}

/// Refuses a cart that cannot be bought as it is.
///
/// # Errors
/// `cart.empty`, or `cart.incomplete` with a field for each thing that is missing.
pub fn require_complete(cart: &Cart) -> Result<()> {
    if cart.lines.is_empty() {
        return Err(EMPTY.error("there is nothing in the cart"));
    }
    let present = [
        ("address", cart.address.is_some()),
        ("shipping", cart.shipping_method.is_some()),
        ("payment", cart.payment.is_some()),
    ];
    let mut refused: Option<Error> = None;
    for (path, _) in present.into_iter().filter(|(_, present)| !present) {
        let error = refused.unwrap_or_else(|| INCOMPLETE.error("the cart cannot be bought yet"));
        refused = Some(error.with_field(path, "is not set yet"));
    }
    refused.map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use mainstay_core::Currency;

    use super::*;
    use crate::model::{Address, CartId, PaymentToken, VariantId};

    fn checkout(number: u8) -> CheckoutId {
        CheckoutId::from_bytes([number; 16])
    }

    fn complete(state: State) -> Cart {
        let mut cart = Cart::new(CartId::from_bytes([1; 16]), "ses_1".into(), Currency::GBP);
        cart.add(VariantId::from_bytes([1; 16]), 1, "SKU".into(), "name".into()).unwrap();
        cart.address = Some(Address::default());
        cart.shipping_method = Some("standard".into());
        cart.payment = Some(PaymentToken::parse("tok_ok").unwrap());
        cart.state = state;
        cart
    }

    #[test]
    fn every_state_under_its_own_and_another_checkout() {
        let other = CartId::from_bytes([2; 16]);
        for (state, own, foreign) in [
            (State::Open, Ok(OnLock::Freeze), Ok(OnLock::Freeze)),
            (State::Locked(checkout(1)), Ok(OnLock::Done), Err("cart.checkout_running")),
            (State::Ordered(checkout(1)), Ok(OnLock::Done), Err("cart.ordered")),
            (State::Merged(other), Err("cart.ordered"), Err("cart.ordered")),
        ] {
            let cart = complete(state);
            let decide =
                |number| on_lock(&cart, checkout(number), false).map_err(|error| error.code().to_owned());
            assert_eq!(decide(1), own.map_err(str::to_owned), "{state:?}");
            assert_eq!(decide(2), foreign.map_err(str::to_owned), "{state:?}");
            assert!(on_lock(&cart, checkout(1), true).unwrap_err().is(&UNLOCKED), "{state:?}");
        }
    }

    #[test]
    fn only_the_holder_thaws() {
        let locked = complete(State::Locked(checkout(1)));
        assert_eq!(on_unlock(&locked, checkout(1)), OnUnlock::Thaw);
        assert_eq!(on_unlock(&locked, checkout(2)), OnUnlock::Leave);
        assert_eq!(on_unlock(&complete(State::Ordered(checkout(1))), checkout(1)), OnUnlock::Leave);
    }

    #[test]
    fn what_is_missing_is_named_all_at_once() {
        let mut cart = complete(State::Open);
        cart.address = None;
        cart.payment = None;
        let refused = on_lock(&cart, checkout(1), false).unwrap_err();
        assert!(refused.is(&INCOMPLETE));
        let paths: Vec<_> = refused.fields().iter().map(|field| field.path.as_str()).collect();
        assert_eq!(paths, ["address", "payment"]);
        cart.lines.clear();
        assert!(on_lock(&cart, checkout(1), false).unwrap_err().is(&EMPTY));
    }
}
