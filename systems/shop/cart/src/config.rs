//! The section `[shop.cart]`.

use std::time::Duration;

use mainstay_core::Result;
use mainstay_core::config::BAD_CONFIGURATION;
use serde::{Deserialize, Serialize};

/// What concerns carts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Days after its last change until a cart is deleted, with the address in it. Default: 90.
    pub keep_days: u32,
    /// The country (ISO 3166-1 alpha-2) that totals are estimated for until the buyer gives an address. Default: `GB`.
    pub estimate_for: String,
}

impl Default for Config {
    fn default() -> Self {
        Config { keep_days: 90, estimate_for: "GB".into() }
    }
}

impl Config {
    /// Checks what serde cannot.
    ///
    /// # Errors
    /// `core.bad_configuration` naming the key.
    pub fn check(&self) -> Result<()> {
        if self.keep_days == 0 {
            return Err(BAD_CONFIGURATION
                .error("shop.cart.keep_days is 0; write how many days a cart is kept, such as 90"));
        }
        if !crate::model::country_exists(&self.estimate_for) {
            return Err(BAD_CONFIGURATION.error(
                "shop.cart.estimate_for is no country; write two capital letters of ISO 3166-1, such as GB",
            ));
        }
        Ok(())
    }

    /// How long a cart is kept after its last change.
    pub fn keep(&self) -> Duration {
        Duration::from_secs(u64::from(self.keep_days) * 24 * 60 * 60)
    }
}
