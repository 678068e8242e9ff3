//! Between the wire's amounts and the core's.

use mainstay_core::{Error, Money, Result, codes};

use super::Money as WireMoney;

impl From<Money> for WireMoney {
    fn from(money: Money) -> Self {
        Self { minor: money.minor, currency: money.currency.as_str().to_owned() }
    }
}

impl TryFrom<WireMoney> for Money {
    type Error = Error;

    fn try_from(wire: WireMoney) -> Result<Self> {
        Self::try_from(&wire)
    }
}

impl TryFrom<&WireMoney> for Money {
    type Error = Error;

    /// `core.invalid` when the currency is not three capital letters.
    fn try_from(wire: &WireMoney) -> Result<Self> {
        Ok(Self::new(wire.minor, wire.currency.parse()?))
    }
}

/// The amount of a message field that must be there; `core.invalid` naming the field when it is not, or is malformed.
pub fn required_money(wire: Option<&WireMoney>, field: &str) -> Result<Money> {
    let refuse = |why: &str| codes::INVALID.error("an amount is missing or malformed").with_field(field, why);
    let wire = wire.ok_or_else(|| refuse("is required"))?;
    Money::try_from(wire).map_err(|error| refuse(error.message()))
}

#[cfg(test)]
mod tests {
    use mainstay_core::Currency;

    use super::*;

    #[test]
    fn amounts_survive_the_wire() {
        for minor in [0, 1, -1, i64::MAX, i64::MIN] {
            let money = Money::new(minor, Currency::JPY);
            assert_eq!(Money::try_from(WireMoney::from(money)).unwrap(), money);
        }
    }

    #[test]
    fn a_missing_or_malformed_amount_names_its_field() {
        let malformed = WireMoney { minor: 1, currency: "pounds".into() };
        for wire in [None, Some(&malformed)] {
            let error = required_money(wire, "total").unwrap_err();
            assert!(error.is(&codes::INVALID));
            assert_eq!(error.fields()[0].path, "total");
        }
    }
}
