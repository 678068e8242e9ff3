//! The section `[shop.imports]`.

use std::time::Duration;

use mainstay_core::Result;
use mainstay_core::config::BAD_CONFIGURATION;
use serde::{Deserialize, Serialize};

/// What concerns imports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Days after its end until an import is deleted, with the lines that could not be used. Default: 90.
    pub keep_days: u32,
    /// Days until an import whose file never came to its end is deleted, with all that is staged. Default: 7.
    pub abandoned_days: u32,
}

impl Default for Config {
    fn default() -> Self {
        Config { keep_days: 90, abandoned_days: 7 }
    }
}

impl Config {
    /// Checks what serde cannot.
    ///
    /// # Errors
    /// `core.bad_configuration` naming the key.
    pub fn check(&self) -> Result<()> {
        for (key, days, such) in
            [("keep_days", self.keep_days, 90), ("abandoned_days", self.abandoned_days, 7)]
        {
            if days == 0 {
                return Err(BAD_CONFIGURATION.error(format!(
                    "shop.imports.{key} is 0; write how many days an import is kept, such as {such}"
                )));
            }
        }
        Ok(())
    }

    /// How long an import that ended is kept.
    pub fn keep(&self) -> Duration {
        days(self.keep_days)
    }

    /// How long an import waits for the rest of its file.
    pub fn abandoned(&self) -> Duration {
        days(self.abandoned_days)
    }
}

fn days(count: u32) -> Duration {
    Duration::from_secs(u64::from(count) * 24 * 60 * 60)
}
