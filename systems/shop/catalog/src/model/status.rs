//! The life of a product: a draft, then published, at last archived. Any way between them is allowed, since a shop
//! brings things back.

use std::str::FromStr;

use mainstay_core::{Error, codes};
use serde::{Deserialize, Serialize};

/// Whether buyers see a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Staff work on it.
    Draft,
    /// Buyers see it and can buy it.
    Published,
    /// It was sold once; orders still speak of it.
    Archived,
}

impl Status {
    /// The word used in contracts and at rest.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Published => "published",
            Self::Archived => "archived",
        }
    }

    /// Whether it can be bought.
    pub const fn is_sellable(self) -> bool {
        matches!(self, Self::Published)
    }

    /// For callers that only know of `sellable`.
    pub const fn of_sellable(sellable: bool) -> Self {
        if sellable { Self::Published } else { Self::Draft }
    }
}

impl FromStr for Status {
    type Err = Error;

    fn from_str(word: &str) -> Result<Self, Error> {
        [Self::Draft, Self::Published, Self::Archived]
            .into_iter()
            .find(|status| status.as_str() == word)
            .ok_or_else(|| codes::INVALID.error("a status is draft, published or archived"))
    }
}
