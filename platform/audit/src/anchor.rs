//! The end of a log at some moment, to be kept where the log is not.

use data_encoding::HEXLOWER;
use mainstay_core::{Error, Result};

use crate::codes::BROKEN;

/// The number and hash of the last line. As text it is `17:9f86d0…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    pub number: i64,
    pub hash: Vec<u8>,
}

impl Anchor {
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.number.to_be_bytes().to_vec();
        bytes.extend_from_slice(&self.hash);
        bytes
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (number, hash) = bytes.split_at_checked(8)?;
        Some(Self { number: i64::from_be_bytes(number.try_into().ok()?), hash: hash.to_vec() })
    }
}

impl std::fmt::Display for Anchor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.number, HEXLOWER.encode(&self.hash))
    }
}

impl std::str::FromStr for Anchor {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let no_anchor = || BROKEN.error("an anchor cannot be read; it is a number, a colon and a hash");
        let (number, hash) = text.split_once(':').ok_or_else(no_anchor)?;
        let hash = HEXLOWER.decode(hash.as_bytes()).map_err(|_| no_anchor())?;
        Ok(Self { number: number.parse().map_err(|_| no_anchor())?, hash })
    }
}
