//! The words and rules of pricing. Pure: nothing here reads a database, a clock or a network.

mod quote;
mod shipping;
mod tax;

use std::fmt;
use std::str::FromStr;

use mainstay_core::{Error, Id, Money, codes};

pub use quote::{Line, PricedLine, Quote, quote};
pub use shipping::{MethodConfig, Offer, RATES_MAX, ShippingTable, check_rate, default_methods};
pub use tax::{Rates, RatesConfig, TaxTable};

/// Names a variant of the catalogue.
pub type VariantId = Id<shop_catalog_contracts::Variant>;

/// Most lines in one quote. A cart has at most 500; more is a mistake or an attack.
pub const LINES_MAX: usize = 500;

/// Most pieces in one line, a hundred times what a cart allows, so that other callers have room.
pub const QUANTITY_MAX: u32 = 1_000_000;

/// Most prices read by one call.
pub const PRICES_MAX: usize = 1_000;

/// Most prices set by one call, which tells them in one event for each list: some 120 kB. A price list is loaded in as
/// many calls as it takes.
pub const PRICES_SET_MAX: usize = 2_000;

/// What one piece costs on a price list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    /// Net of tax, never negative.
    pub amount: Money,
    /// Which of a country's rates applies.
    pub class: TaxClass,
}

/// The kind of goods in the eyes of the tax office.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TaxClass {
    /// Most things.
    Standard,
    /// What a country favours: often food, books, medicines.
    Reduced,
    /// Taxed at nothing everywhere.
    Zero,
}

impl TaxClass {
    /// Every class, in the order in which shipping is shared out among them.
    pub const ALL: [TaxClass; 3] = [TaxClass::Standard, TaxClass::Reduced, TaxClass::Zero];

    /// The word used in contracts and at rest.
    pub fn as_str(self) -> &'static str {
        match self {
            TaxClass::Standard => "standard",
            TaxClass::Reduced => "reduced",
            TaxClass::Zero => "zero",
        }
    }
}

impl FromStr for TaxClass {
    type Err = Error;

    fn from_str(word: &str) -> Result<Self, Error> {
        TaxClass::ALL
            .into_iter()
            .find(|class| class.as_str() == word)
            .ok_or_else(|| codes::INVALID.error("a tax class is standard, reduced or zero"))
    }
}

/// An ISO 3166-1 alpha-2 code, upper case. Which codes are assigned is no concern of pricing: an unknown one is
/// untaxed and shipped to as the rest of the world.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country([u8; 2]);

impl Country {
    /// The code, two capital letters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("??")
    }
}

impl FromStr for Country {
    type Err = Error;

    fn from_str(code: &str) -> Result<Self, Error> {
        match code.as_bytes() {
            &[first, second] if first.is_ascii_uppercase() && second.is_ascii_uppercase() => {
                Ok(Country([first, second]))
            }
            _ => Err(codes::INVALID.error("a country is two capital letters of ISO 3166-1, such as GB")),
        }
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests;
