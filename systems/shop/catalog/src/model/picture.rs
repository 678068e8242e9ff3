//! Pictures that the shop keeps itself: each in a few sizes, at addresses that say what is there and so never change.

use std::str::FromStr;

use mainstay_blobs::Digest;
use mainstay_core::{Error, codes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Names a picture: the digest of the file that was sent.
pub type PictureId = Digest;

/// How a [`PictureId`] is written.
pub const PICTURE_ID: &str = "^[0-9a-f]{64}$";

/// Where pictures are, before their name.
const PLACE: &str = "/v1/pictures/";

/// In which size a picture is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum PictureSize {
    /// At most 160 pixels wide and high.
    Thumb,
    /// At most 640.
    Medium,
    /// At most 1600.
    Large,
}

impl PictureSize {
    /// The largest first, in which order each is made of the one before.
    pub const ALL: [Self; 3] = [Self::Large, Self::Medium, Self::Thumb];

    /// The word in addresses and at rest.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Thumb => "thumb",
            Self::Medium => "medium",
            Self::Large => "large",
        }
    }

    /// The longer edge in pixels: a list, a page, and a page on a dense screen. A smaller picture stays as it is.
    pub const fn edge(self) -> u32 {
        match self {
            Self::Thumb => 160,
            Self::Medium => 640,
            Self::Large => 1_600,
        }
    }
}

/// What the sizes of a picture are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureFormat {
    /// Where every pixel is opaque.
    Jpeg,
    /// Where one is not.
    Png,
}

impl PictureFormat {
    /// The word at rest.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Jpeg => "jpeg",
            Self::Png => "png",
        }
    }

    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
        }
    }
}

impl FromStr for PictureFormat {
    type Err = Error;

    fn from_str(word: &str) -> Result<Self, Error> {
        [Self::Jpeg, Self::Png]
            .into_iter()
            .find(|format| format.as_str() == word)
            .ok_or_else(|| codes::DATA_LOSS.error("a stored picture is of no known format"))
    }
}

/// Where a picture is shown.
pub fn picture_address(id: PictureId, size: PictureSize) -> String {
    format!("{PLACE}{id}/{}", size.as_str())
}

/// The picture of ours that an address shows, if it shows one.
pub fn picture_at(address: &str) -> Option<PictureId> {
    let (id, size) = address.strip_prefix(PLACE)?.split_once('/')?;
    PictureSize::ALL.iter().any(|known| known.as_str() == size).then(|| id.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_ours_is_known_again() {
        let id = Digest::of(b"a picture");
        for size in PictureSize::ALL {
            assert_eq!(picture_at(&picture_address(id, size)), Some(id));
        }
        for other in [
            "/pictures/cover.jpg".to_owned(),
            format!("/v1/pictures/{id}"),
            format!("/v1/pictures/{id}/huge"),
            format!("/v1/pictures/{id}/large/"),
            format!("https://elsewhere.example/v1/pictures/{id}/large"),
            "/v1/pictures/../large".to_owned(),
        ] {
            assert_eq!(picture_at(&other), None, "{other}");
        }
    }
}
