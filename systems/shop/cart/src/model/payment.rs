//! The means of payment and of shipping, as far as a cart can judge them: by their shape. Whether a method goes to the
//! address is pricing's to say, and what a token is worth the provider's.

use std::fmt;

use mainstay_core::{Result, codes};

/// Longest token of a provider, in bytes.
const TOKEN_MAX: usize = 200;

/// Longest code of a shipping method, in bytes.
const METHOD_MAX: usize = 40;

/// A provider's token for a means of payment. Whoever has it can try to pay with it, so it is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct PaymentToken(String);

impl PaymentToken {
    /// Checks a buyer's token.
    ///
    /// # Errors
    /// `core.invalid` for what cannot be a token, above all for what may be a card number: those must never reach a
    /// shop's database.
    pub fn parse(text: &str) -> Result<Self> {
        let refuse = |why: &str| codes::INVALID.error("this is no payment token").with_field("token", why);
        if text.is_empty() || text.len() > TOKEN_MAX || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(refuse("must be 1 to 200 ASCII characters without spaces"));
        }
        if looks_like_card_number(text) {
            return Err(refuse("must be the provider's token, never a card number"));
        }
        Ok(PaymentToken(text.to_owned()))
    }

    /// A token that was checked when it came.
    pub fn from_stored(text: String) -> Self {
        PaymentToken(text)
    }

    /// The token, for the provider and the cart's own row.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PaymentToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PaymentToken(…)")
    }
}

/// 12 to 19 digits, perhaps with separators, whose check digit is right (ISO/IEC 7812).
fn looks_like_card_number(text: &str) -> bool {
    let digits: Vec<u32> = text.chars().filter_map(|letter| letter.to_digit(10)).collect();
    let only_digits =
        text.chars().all(|letter| letter.is_ascii_digit() || matches!(letter, '-' | '.' | '_' | '/'));
    if !only_digits || !(12..=19).contains(&digits.len()) {
        return false;
    }
    let doubled = |digit: u32| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| if place % 2 == 1 { doubled(*digit) } else { *digit })
        .sum();
    sum.is_multiple_of(10)
}

/// Refuses what cannot be the code of a shipping method.
///
/// # Errors
/// `core.invalid` naming the field.
pub fn check_shipping_method(method: &str) -> Result<()> {
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
    if method.is_empty() || method.len() > METHOD_MAX || !method.bytes().all(letter) {
        return Err(codes::INVALID
            .error("this is no shipping method")
            .with_field("method", "must be a code that /v1/shipping-methods lists"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_pass_and_card_numbers_do_not() {
        for good in ["tok_ok", "pm_1N3T00LkdIwHu7ix", "123456789012345678901234567890", "4242424242424241"] {
            assert!(PaymentToken::parse(good).is_ok(), "{good}");
        }
        let long = "t".repeat(TOKEN_MAX + 1);
        for bad in [
            "",
            "tok ok",
            "tok\n",
            "tök",
            &long,
            "4242424242424242",
            "4242-4242-4242-4242",
            "378282246310005",
        ] {
            assert_eq!(PaymentToken::parse(bad).unwrap_err().fields()[0].path, "token", "{bad}");
        }
    }

    #[test]
    fn a_token_is_not_printed() {
        assert!(!format!("{:?}", PaymentToken::parse("tok_secret").unwrap()).contains("secret"));
    }

    #[test]
    fn methods() {
        assert!(check_shipping_method("next-day_2").is_ok());
        for bad in ["", "Next", "a b", "ü", &"a".repeat(METHOD_MAX + 1)] {
            assert!(check_shipping_method(bad).is_err(), "{bad}");
        }
    }
}
