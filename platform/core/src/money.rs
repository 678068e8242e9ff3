//! Exact money: minor units of a currency, checked arithmetic, half-even rounding, amounts as strings in JSON.

use std::fmt;
use std::str::FromStr;

use crate::codes;
use crate::error::{Error, Result};

/// An ISO 4217 currency by its three letters.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency([u8; 3]);

// ISO 4217 currencies whose minor unit is not a hundredth.
pub(crate) const WITHOUT_MINOR: [&[u8; 3]; 15] = [
    b"BIF", b"CLP", b"DJF", b"GNF", b"ISK", b"JPY", b"KMF", b"KRW", b"PYG", b"RWF", b"UGX", b"UYI", b"VND",
    b"VUV", b"XAF",
];
pub(crate) const IN_THOUSANDTHS: [&[u8; 3]; 7] = [b"BHD", b"IQD", b"JOD", b"KWD", b"LYD", b"OMR", b"TND"];

impl Currency {
    pub const GBP: Self = Self(*b"GBP");
    pub const EUR: Self = Self(*b"EUR");
    pub const USD: Self = Self(*b"USD");
    pub const JPY: Self = Self(*b"JPY");

    /// Digits after the point.
    pub fn exponent(self) -> u32 {
        if WITHOUT_MINOR.contains(&&self.0) {
            0
        } else if IN_THOUSANDTHS.contains(&&self.0) {
            3
        } else {
            2
        }
    }

    pub fn as_str(&self) -> &str {
        // Only upper-case ASCII letters pass `from_str`.
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }
}

impl FromStr for Currency {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match <[u8; 3]>::try_from(text.as_bytes()) {
            Ok(letters) if letters.iter().all(u8::is_ascii_uppercase) => Ok(Self(letters)),
            _ => Err(codes::INVALID.error("a currency is three capital letters, such as GBP")),
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl serde::Serialize for Currency {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> serde::Deserialize<'de> for Currency {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        std::borrow::Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A rate in hundredths of a per cent: 2000 is 20 %.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[schemars(example = 2_000)]
pub struct BasisPoints(pub u32);

/// An amount. Negative ones are debts, refunds, corrections.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    pub minor: i64,
    pub currency: Currency,
}

impl Money {
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    pub const fn zero(currency: Currency) -> Self {
        Self { minor: 0, currency }
    }

    pub const fn is_zero(self) -> bool {
        self.minor == 0
    }

    pub fn checked_add(self, other: Self) -> Result<Self> {
        self.same_currency(other)?;
        self.minor.checked_add(other.minor).map(|minor| Self { minor, ..self }).ok_or_else(too_large)
    }

    pub fn checked_sub(self, other: Self) -> Result<Self> {
        self.same_currency(other)?;
        self.minor.checked_sub(other.minor).map(|minor| Self { minor, ..self }).ok_or_else(too_large)
    }

    pub fn checked_mul(self, factor: i64) -> Result<Self> {
        self.minor.checked_mul(factor).map(|minor| Self { minor, ..self }).ok_or_else(too_large)
    }

    /// The sum of amounts of one currency; zero of `currency` when there are none.
    pub fn sum(currency: Currency, amounts: impl IntoIterator<Item = Self>) -> Result<Self> {
        amounts.into_iter().try_fold(Self::zero(currency), Self::checked_add)
    }

    /// The share at `rate`, rounded half to even.
    pub fn portion(self, rate: BasisPoints) -> Result<Self> {
        const WHOLE: i128 = 10_000;
        let exact = i128::from(self.minor) * i128::from(rate.0);
        let (floor, remainder) = (exact.div_euclid(WHOLE), exact.rem_euclid(WHOLE));
        let up = remainder * 2 > WHOLE || (remainder * 2 == WHOLE && floor % 2 != 0);
        let minor = i64::try_from(floor + i128::from(up)).map_err(|_| too_large())?;
        Ok(Self { minor, ..self })
    }

    /// Splits the amount by weights without losing a unit: each part gets its floor, and what is left goes, one unit
    /// each, to the parts with the largest remainders, the earlier ones first. All weights zero counts as all equal.
    pub fn allocate(self, weights: &[u64]) -> Result<Vec<Self>> {
        if weights.is_empty() {
            return Err(codes::INVALID.error("an amount cannot be split among nobody"));
        }
        let equal = vec![1; weights.len()];
        let weights = if weights.iter().all(|weight| *weight == 0) { &equal } else { weights };
        let total: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
        let magnitude = i128::from(self.minor).abs();
        let sign = i128::from(self.minor.signum());
        let mut parts: Vec<i128> = Vec::with_capacity(weights.len());
        let mut remainders: Vec<(i128, usize)> = Vec::with_capacity(weights.len());
        for (place, weight) in weights.iter().enumerate() {
            let exact = magnitude * i128::from(*weight);
            parts.push(exact / total);
            remainders.push((exact % total, place));
        }
        let left = magnitude - parts.iter().sum::<i128>();
        remainders.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        for (_, place) in remainders.iter().take(usize::try_from(left).unwrap_or_default()) {
            parts[*place] += 1;
        }
        parts
            .into_iter()
            .map(|part| {
                i64::try_from(part * sign).map(|minor| Self { minor, ..self }).map_err(|_| too_large())
            })
            .collect()
    }

    /// Reads `12.34`; finer than a minor unit is refused, not rounded.
    pub fn parse(text: &str, currency: Currency) -> Result<Self> {
        let refuse = |why: &'static str| codes::INVALID.error(why);
        let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let numeric = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !numeric(whole) || !numeric(fraction) || digits.ends_with('.') {
            return Err(refuse("an amount is written like 12.34"));
        }
        let exponent = currency.exponent() as usize;
        if fraction.len() > exponent {
            return Err(refuse("an amount finer than the currency's smallest unit is refused"));
        }
        let scaled = format!("{whole}{fraction:0<exponent$}");
        let minor: i64 = scaled.parse().map_err(|_| too_large())?;
        Ok(Self { minor: if negative { -minor } else { minor }, currency })
    }

    /// The amount alone, such as `12.34`.
    pub fn amount(self) -> String {
        let exponent = self.currency.exponent();
        let sign = if self.minor < 0 { "-" } else { "" };
        let magnitude = self.minor.unsigned_abs();
        if exponent == 0 {
            return format!("{sign}{magnitude}");
        }
        let unit = 10u64.pow(exponent);
        format!("{sign}{}.{:0width$}", magnitude / unit, magnitude % unit, width = exponent as usize)
    }

    fn same_currency(self, other: Self) -> Result<()> {
        if self.currency == other.currency {
            return Ok(());
        }
        Err(codes::INVALID.error(format!("{} and {} cannot be added", self.currency, other.currency)))
    }
}

fn too_large() -> Error {
    codes::INVALID.error("the amount is too large")
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount(), self.currency)
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire<'a> {
    #[serde(borrow)]
    amount: std::borrow::Cow<'a, str>,
    currency: Currency,
}

impl serde::Serialize for Money {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Wire { amount: self.amount().into(), currency: self.currency }.serialize(serializer)
    }
}

impl<'de> serde::Deserialize<'de> for Money {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wire = Wire::deserialize(deserializer)?;
        Self::parse(&wire.amount, wire.currency).map_err(serde::de::Error::custom)
    }
}
