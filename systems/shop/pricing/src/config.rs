//! The section `[shop.pricing]`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::{MethodConfig, RatesConfig, default_methods};

/// Tax and shipping, which change by law and by contract and not by release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Rates by country that replace or add to the built-in table: `[shop.pricing.tax.GB]` with `standard` and
    /// `reduced` in basis points. Empty by default.
    pub tax: BTreeMap<String, RatesConfig>,
    /// Shipping methods as `[[shop.pricing.shipping]]`. By default a standard and an express method for the United
    /// Kingdom and the European Union and one for the rest of the world, in GBP, EUR and USD; a list given here
    /// replaces them all.
    pub shipping: Vec<MethodConfig>,
}

impl Default for Config {
    fn default() -> Self {
        Config { tax: BTreeMap::new(), shipping: default_methods() }
    }
}
