//! Flat shipping methods: a price for a country group and a currency, whatever the parcel holds.

use std::collections::BTreeMap;

use mainstay_core::{Currency, Money, Result, codes};
use serde::{Deserialize, Serialize};

use super::Country;

/// Most rows in the table; a person wrote each of them.
const METHODS_MAX: usize = 200;

/// The European Union, written `EU` in a method's countries.
const EUROPEAN_UNION: &[&str] = &[
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT",
    "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
];

/// A row of `[[shop.pricing.shipping]]`. The first row that has the code, serves the country and has a price in
/// the currency wins, so that `standard` may stand once for each group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MethodConfig {
    /// What a cart names, such as `standard`.
    pub code: String,
    /// What a buyer reads.
    pub name: String,
    /// Two-letter codes, `EU` for the European Union, `*` for everywhere.
    pub countries: Vec<String>,
    /// The net price by currency, such as `{ GBP = "3.50" }`.
    pub net: BTreeMap<String, String>,
}

/// One way to send a parcel, as offered for a destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// What a cart names.
    pub code: String,
    /// What a buyer reads.
    pub name: String,
    /// Net of tax.
    pub net: Money,
}

/// The checked table.
#[derive(Clone, Debug)]
pub struct ShippingTable(Vec<Method>);

#[derive(Clone, Debug)]
struct Method {
    everywhere: bool,
    countries: Vec<Country>,
    offers: Vec<Offer>,
}

impl ShippingTable {
    /// Checks an operator's rows.
    ///
    /// # Errors
    /// `core.invalid` naming the first row that cannot be used.
    pub fn new(rows: &[MethodConfig]) -> Result<Self> {
        if rows.len() > METHODS_MAX {
            return Err(codes::INVALID.error("[[shop.pricing.shipping]] may have at most 200 rows"));
        }
        rows.iter().map(Method::new).collect::<Result<Vec<_>>>().map(ShippingTable)
    }

    /// What a method costs to a country, if it goes there in that currency.
    pub fn find(&self, code: &str, country: Country, currency: Currency) -> Option<&Offer> {
        self.offers(country, currency).find(|offer| offer.code == code)
    }

    /// Each method that goes to a country, once, in the table's order.
    pub fn list(&self, country: Country, currency: Currency) -> Vec<&Offer> {
        let mut found: Vec<&Offer> = Vec::new();
        for offer in self.offers(country, currency) {
            if !found.iter().any(|earlier| earlier.code == offer.code) {
                found.push(offer);
            }
        }
        found
    }

    fn offers(&self, country: Country, currency: Currency) -> impl Iterator<Item = &Offer> {
        let serving =
            self.0.iter().filter(move |method| method.everywhere || method.countries.contains(&country));
        serving.filter_map(move |method| method.offers.iter().find(|offer| offer.net.currency == currency))
    }
}

impl Method {
    fn new(row: &MethodConfig) -> Result<Self> {
        let refuse = |what: String| codes::INVALID.error(format!("shipping method {:?}: {what}", row.code));
        if row.code.is_empty() || row.name.is_empty() {
            return Err(refuse("code and name must not be empty".into()));
        }
        let mut method = Method { everywhere: false, countries: Vec::new(), offers: Vec::new() };
        for country in &row.countries {
            match country.as_str() {
                "*" => method.everywhere = true,
                "EU" => {
                    for member in EUROPEAN_UNION {
                        method.countries.push(member.parse()?);
                    }
                }
                code => method.countries.push(code.parse()?),
            }
        }
        for (currency, net) in &row.net {
            let net = Money::parse(net, currency.parse()?)?;
            if net.minor < 0 {
                return Err(refuse("a price must not be negative".into()));
            }
            method.offers.push(Offer { code: row.code.clone(), name: row.name.clone(), net });
        }
        if method.offers.is_empty() || (method.countries.is_empty() && !method.everywhere) {
            return Err(refuse("countries and net must not be empty".into()));
        }
        Ok(method)
    }
}

/// Most rates set by one call, as of prices.
pub const RATES_MAX: usize = 1_000;

/// Longest code of a rate, in bytes, which is what a cart can name.
const CODE_MAX: usize = 40;

/// Longest name, in characters.
const NAME_MAX: usize = 200;

/// Refuses a rate that no cart could name or nobody could read; the field and what is wrong with it.
pub fn check_rate(rate: &Offer) -> std::result::Result<(), (&'static str, &'static str)> {
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
    if rate.code.is_empty() || rate.code.len() > CODE_MAX || !rate.code.bytes().all(letter) {
        return Err(("code", "must be 1 to 40 lower-case letters, digits, - and _"));
    }
    let name = &rate.name;
    if name.trim().is_empty() || name.chars().count() > NAME_MAX || name.chars().any(char::is_control) {
        return Err(("name", "must be 1 to 200 printable characters"));
    }
    if rate.net.minor < 0 {
        return Err(("net", "must not be negative"));
    }
    Ok(())
}

/// What a fresh shop offers: one or two ways to each of home, the European Union and the rest of the world.
pub fn default_methods() -> Vec<MethodConfig> {
    let method =
        |code: &str, name: &str, countries: &str, pounds: &str, euros: &str, dollars: &str| MethodConfig {
            code: code.into(),
            name: name.into(),
            countries: vec![countries.into()],
            net: BTreeMap::from([
                ("GBP".into(), pounds.into()),
                ("EUR".into(), euros.into()),
                ("USD".into(), dollars.into()),
            ]),
        };
    vec![
        method("standard", "Standard, 2 to 4 days", "GB", "3.50", "4.20", "4.60"),
        method("express", "Express, next working day", "GB", "7.95", "9.50", "10.40"),
        method("standard", "Standard, 4 to 7 days", "EU", "8.50", "9.90", "10.90"),
        method("express", "Express, 2 to 3 days", "EU", "16.50", "19.50", "21.50"),
        method("standard", "International, 7 to 15 days", "*", "14.50", "16.90", "18.50"),
    ]
}
