//! The section `[shop.auth]`.

use std::time::Duration;

use mainstay_core::Result;
use mainstay_core::config::BAD_CONFIGURATION;
use serde::{Deserialize, Serialize};

/// What concerns accounts and their credentials.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Who issues access tokens: the `iss` in them, by custom the public address of the shop. Default: `mainstay`.
    pub issuer: String,
    /// Whom access tokens are for: the `aud` in them. Default: `shop`.
    pub audience: String,
    /// The address of the pages that mails link to, such as `https://shop.example.org`. Empty: a mail shows the code
    /// alone. Default: empty.
    pub links: String,
    /// Days until the key that signs access tokens is replaced by itself. Default: 30.
    pub signing_key_days: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            issuer: "mainstay".into(),
            audience: "shop".into(),
            links: String::new(),
            signing_key_days: 30,
        }
    }
}

impl Config {
    /// Checks what serde cannot.
    ///
    /// # Errors
    /// `core.bad_configuration` naming the key.
    pub fn check(&self) -> Result<()> {
        if self.issuer.is_empty() || self.audience.is_empty() {
            return Err(BAD_CONFIGURATION.error(
                "shop.auth.issuer or shop.auth.audience is empty; write a name or an address, such as mainstay",
            ));
        }
        if self.signing_key_days == 0 {
            return Err(BAD_CONFIGURATION
                .error("shop.auth.signing_key_days is 0; write how many days a key signs, such as 30"));
        }
        Ok(())
    }

    /// How long a key signs.
    pub fn signing_key_life(&self) -> Duration {
        Duration::from_secs(u64::from(self.signing_key_days) * 24 * 3_600)
    }
}
