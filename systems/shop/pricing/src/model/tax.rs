//! Tax by destination: a standard and a reduced rate for each country that taxes a parcel here, nothing elsewhere.

use std::collections::BTreeMap;

use mainstay_core::{BasisPoints, Result, codes};
use serde::{Deserialize, Serialize};

use super::{Country, TaxClass};

/// (country, standard, reduced) in basis points. A country with several reduced rates is listed with the one that
/// covers most reduced goods; Denmark has none, so its two figures are the same. `[shop.pricing.tax]` overrides a
/// row when a law changes before a release does.
const BUILT_IN: &[(&str, u32, u32)] = &[
    ("AT", 2_000, 1_000),
    ("BE", 2_100, 600),
    ("CZ", 2_100, 1_200),
    ("DE", 1_900, 700),
    ("DK", 2_500, 2_500),
    ("ES", 2_100, 1_000),
    ("FR", 2_000, 550),
    ("GB", 2_000, 500),
    ("IE", 2_300, 1_350),
    ("IT", 2_200, 1_000),
    ("LU", 1_700, 800),
    ("NL", 2_100, 900),
    ("PL", 2_300, 800),
    ("PT", 2_300, 600),
    ("SE", 2_500, 1_200),
];

/// Above this a rate is a typing mistake: no country taxes goods at more than their price.
const RATE_MAX: u32 = 10_000;

/// One country's rates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rates {
    /// For [`TaxClass::Standard`], in basis points.
    pub standard: u32,
    /// For [`TaxClass::Reduced`], in basis points.
    pub reduced: u32,
}

impl Rates {
    /// The rate of a class, in basis points; zero-rated goods are at nothing everywhere.
    pub fn of(self, class: TaxClass) -> BasisPoints {
        BasisPoints(match class {
            TaxClass::Standard => self.standard,
            TaxClass::Reduced => self.reduced,
            TaxClass::Zero => 0,
        })
    }
}

/// One country's rates as an operator writes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RatesConfig {
    /// Basis points, 2000 for 20 %.
    pub standard: u32,
    /// Basis points.
    pub reduced: u32,
}

/// Every country's rates.
#[derive(Clone, Debug)]
pub struct TaxTable(BTreeMap<Country, Rates>);

impl TaxTable {
    /// The built-in table with an operator's rows laid over it.
    ///
    /// # Errors
    /// `core.invalid` for a country that is not two capital letters, or a rate above 100 %.
    pub fn new(overrides: &BTreeMap<String, RatesConfig>) -> Result<Self> {
        let mut rows = BTreeMap::new();
        for &(country, standard, reduced) in BUILT_IN {
            rows.insert(country.parse()?, Rates { standard, reduced });
        }
        for (country, rates) in overrides {
            if rates.standard > RATE_MAX || rates.reduced > RATE_MAX {
                return Err(codes::INVALID.error(format!(
                    "[shop.pricing.tax.{country}] has a rate above 10000 basis points; write 2000 for 20 %"
                )));
            }
            rows.insert(country.parse()?, Rates { standard: rates.standard, reduced: rates.reduced });
        }
        Ok(TaxTable(rows))
    }

    /// The rates at a destination; no tax where the table has no row.
    pub fn rates(&self, country: Country) -> Rates {
        self.0.get(&country).copied().unwrap_or_default()
    }
}
