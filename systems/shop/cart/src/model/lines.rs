//! What is in a cart: putting in, changing, taking out, all within the bounds.

use mainstay_core::{Error, Result, codes};

use super::{Cart, LINES_MAX, QUANTITY_MAX, VariantId};
use crate::codes::{LINE_UNKNOWN, TOO_LARGE};

/// Some pieces of one variant. A cart has at most one line of a variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Of what.
    pub variant: VariantId,
    /// How many.
    pub quantity: u32,
    /// The warehouse's name for it when it was put in.
    pub sku: String,
    /// People's name for it when it was put in.
    pub name: String,
    /// Orders the lines.
    pub place: u32,
}

impl Cart {
    /// Puts pieces in; to those of the same variant they add. Answers the line as it is then.
    ///
    /// # Errors
    /// `core.invalid` for a quantity outside 1 to 10,000, `cart.too_large` beyond the bounds.
    pub fn add(&mut self, variant: VariantId, quantity: u32, sku: String, name: String) -> Result<&Line> {
        require_quantity(quantity)?;
        let index = match self.lines.iter().position(|line| line.variant == variant) {
            Some(index) => {
                let line = &mut self.lines[index];
                // Both are at most 10,000, so the sum cannot overflow.
                if line.quantity + quantity > QUANTITY_MAX {
                    return Err(too_large("quantity", format!("the cart has {} already", line.quantity)));
                }
                line.quantity += quantity;
                (line.sku, line.name) = (sku, name);
                index
            }
            None => {
                if self.lines.len() >= LINES_MAX {
                    return Err(too_large("variant_id", "the cart has 500 lines already".to_owned()));
                }
                let place = self.lines.last().map_or(0, |last| last.place + 1);
                self.lines.push(Line { variant, quantity, sku, name, place });
                self.lines.len() - 1
            }
        };
        Ok(&self.lines[index])
    }

    /// Makes a line's quantity what the buyer says; nothing means out. Answers the line as it is then, if it is.
    ///
    /// # Errors
    /// `cart.line_unknown`, or `core.invalid` for more than 10,000.
    pub fn set_quantity(&mut self, variant: VariantId, quantity: u32) -> Result<Option<&Line>> {
        let Some(index) = self.lines.iter().position(|line| line.variant == variant) else {
            return Err(LINE_UNKNOWN.error("the cart does not hold this"));
        };
        if quantity == 0 {
            self.lines.remove(index);
            return Ok(None);
        }
        require_quantity(quantity)?;
        self.lines[index].quantity = quantity;
        Ok(Some(&self.lines[index]))
    }

    /// Takes a line out; of one that is not there, nothing. Answers whether it was there.
    pub fn remove(&mut self, variant: VariantId) -> bool {
        let before = self.lines.len();
        self.lines.retain(|line| line.variant != variant);
        self.lines.len() < before
    }
}

fn require_quantity(quantity: u32) -> Result<()> {
    if quantity == 0 || quantity > QUANTITY_MAX {
        return Err(codes::INVALID
            .error("the quantity is out of range")
            .with_field("quantity", "must be between 1 and 10000"));
    }
    Ok(())
}

fn too_large(path: &str, why: String) -> Error {
    TOO_LARGE.error("the cart cannot hold that much").with_field(path, why)
}

#[cfg(test)]
mod tests {
    use mainstay_core::Currency;
    use proptest::prelude::*;

    use super::*;
    use crate::model::CartId;

    fn cart() -> Cart {
        Cart::new(CartId::from_bytes([1; 16]), "ses_1".into(), Currency::GBP)
    }

    fn variant(number: u32) -> VariantId {
        let mut bytes = [0; 16];
        bytes[..4].copy_from_slice(&number.to_be_bytes());
        VariantId::from_bytes(bytes)
    }

    fn add(cart: &mut Cart, number: u32, quantity: u32) -> Result<u32> {
        cart.add(variant(number), quantity, "SKU".into(), "name".into()).map(|line| line.quantity)
    }

    #[test]
    fn pieces_of_one_variant_add_up() {
        let mut cart = cart();
        assert_eq!(add(&mut cart, 1, 2).unwrap(), 2);
        assert_eq!(add(&mut cart, 2, 1).unwrap(), 1);
        assert_eq!(add(&mut cart, 1, 3).unwrap(), 5);
        assert_eq!(cart.lines.len(), 2);
    }

    #[test]
    fn the_bounds_hold() {
        let mut cart = cart();
        for quantity in [0, QUANTITY_MAX + 1, u32::MAX] {
            assert!(add(&mut cart, 1, quantity).unwrap_err().is(&codes::INVALID));
        }
        add(&mut cart, 1, QUANTITY_MAX).unwrap();
        assert!(add(&mut cart, 1, 1).unwrap_err().is(&TOO_LARGE));
        for number in 2..=LINES_MAX as u32 {
            add(&mut cart, number, 1).unwrap();
        }
        assert!(add(&mut cart, 0, 1).unwrap_err().is(&TOO_LARGE));
        assert_eq!(add(&mut cart, 2, 1).unwrap(), 2, "a full cart still takes more of what it has");
        assert!(cart.set_quantity(variant(2), QUANTITY_MAX + 1).is_err());
    }

    #[test]
    fn a_line_is_changed_and_taken_out() {
        let mut cart = cart();
        assert!(cart.set_quantity(variant(1), 2).unwrap_err().is(&LINE_UNKNOWN));
        add(&mut cart, 1, 5).unwrap();
        assert_eq!(cart.set_quantity(variant(1), 2).unwrap().map(|line| line.quantity), Some(2));
        assert!(cart.set_quantity(variant(1), 0).unwrap().is_none());
        add(&mut cart, 1, 5).unwrap();
        assert!(cart.remove(variant(1)));
        assert!(!cart.remove(variant(1)));
        assert!(cart.lines.is_empty());
    }

    proptest! {
        #[test]
        fn adding_in_any_order_gives_the_same_pieces(
            additions in prop::collection::vec((0u32..20, 1u32..50), 0..60),
        ) {
            let (mut forwards, mut backwards) = (cart(), cart());
            for (number, quantity) in &additions {
                add(&mut forwards, *number, *quantity).unwrap();
            }
            for (number, quantity) in additions.iter().rev() {
                add(&mut backwards, *number, *quantity).unwrap();
            }
            let pieces = |cart: &Cart| {
                let mut pieces: Vec<_> = cart.lines.iter().map(|line| (line.variant, line.quantity)).collect();
                pieces.sort();
                pieces
            };
            prop_assert_eq!(pieces(&forwards), pieces(&backwards));
            let sum: u32 = forwards.lines.iter().map(|line| line.quantity).sum();
            prop_assert_eq!(sum, additions.iter().map(|(_, quantity)| quantity).sum::<u32>());
            prop_assert!(forwards.lines.is_sorted_by(|one, next| one.place < next.place));
        }
    }
}
