//! Why a line is refused: the first reason of the mapping's list that applies.

use serde::{Serialize, Serializer};

/// A reason, in the order in which they are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refusal {
    Unreadable,
    NotAnInvoice,
    BadDate,
    BadNumber,
    UnknownCountry,
    NotAProduct,
    WrongQuantity,
    PriceNotPositive,
    FinerThanAPenny,
    CarriageAlone,
    RefundOfGuest,
    RefundUnmatched,
}

impl Refusal {
    /// Every reason, in the mapping's order.
    pub const ALL: [Self; 12] = [
        Self::Unreadable,
        Self::NotAnInvoice,
        Self::BadDate,
        Self::BadNumber,
        Self::UnknownCountry,
        Self::NotAProduct,
        Self::WrongQuantity,
        Self::PriceNotPositive,
        Self::FinerThanAPenny,
        Self::CarriageAlone,
        Self::RefundOfGuest,
        Self::RefundUnmatched,
    ];

    /// The mapping's name for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::NotAnInvoice => "not_an_invoice",
            Self::BadDate => "bad_date",
            Self::BadNumber => "bad_number",
            Self::UnknownCountry => "unknown_country",
            Self::NotAProduct => "not_a_product",
            Self::WrongQuantity => "wrong_quantity",
            Self::PriceNotPositive => "price_not_positive",
            Self::FinerThanAPenny => "finer_than_a_penny",
            Self::CarriageAlone => "carriage_alone",
            Self::RefundOfGuest => "refund_of_guest",
            Self::RefundUnmatched => "refund_unmatched",
        }
    }
}

impl Serialize for Refusal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
