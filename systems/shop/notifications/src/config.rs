//! `[shop.notifications]`.

use std::time::Duration;

use mainstay_jobs::Rate;
use serde::{Deserialize, Serialize};

/// How mails leave.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Mails in a second at most, as mail servers ask for; more wait their turn. 0 is no limit. Default: 0.
    pub mails_per_second: u32,
}

impl Config {
    pub(crate) fn rate(&self) -> Option<Rate> {
        (self.mails_per_second > 0).then(|| Rate::new(self.mails_per_second, Duration::from_secs(1)))
    }
}
