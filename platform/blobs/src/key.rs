//! Names of objects. What could lead out of the store is no key, so no engine has to think of it.

use std::fmt;
use std::str::FromStr;

use mainstay_core::{Error, Result};

use crate::codes::BAD_KEY;

/// Longest key, in bytes: within what object stores, file systems and their tools take, with room for an engine's own
/// prefix.
const KEY_BYTES_MAX: usize = 400;

/// Longest part: a file system takes 255, and an engine may add a letter.
const PART_BYTES_MAX: usize = 200;

/// Parts of a key; a file system has a folder for each but the last.
const PARTS_MAX: usize = 10;

/// Such as `pictures/9f86d081/large`: parts with slashes between, each of lower-case letters, digits, `-`, `_` and `.`,
/// none beginning or ending with a point. Upper case is refused, since some file systems take it for lower case.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobKey(String);

impl BlobKey {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key of what comes below this one.
    ///
    /// # Errors
    /// `blobs.bad_key` when it becomes too long.
    pub fn join(&self, below: &Self) -> Result<Self> {
        format!("{self}/{below}").parse()
    }

    /// What of the key comes below `above`, when it is below it: `a/b` is below `a`, and `ab` is not.
    pub fn below(&self, above: &Self) -> Option<Self> {
        let rest = self.0.strip_prefix(&above.0)?.strip_prefix('/')?;
        Some(Self(rest.to_owned()))
    }
}

fn is_part(part: &str) -> bool {
    let is_letter =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_' | b'.');
    let is_short = (1..=PART_BYTES_MAX).contains(&part.len());
    is_short && !part.starts_with('.') && !part.ends_with('.') && part.bytes().all(is_letter)
}

impl FromStr for BlobKey {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if text.len() <= KEY_BYTES_MAX && text.split('/').count() <= PARTS_MAX && text.split('/').all(is_part)
        {
            return Ok(Self(text.to_owned()));
        }
        Err(BAD_KEY.error("an object's key has up to 10 parts of lower-case letters, digits, - _ and ."))
    }
}

impl fmt::Display for BlobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for BlobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_lead_out_is_no_key() {
        for bad in [
            "",
            "/",
            "/a",
            "a/",
            "a//b",
            ".",
            "..",
            "../a",
            "a/../b",
            "a/..",
            "./a",
            "a\\b",
            "a\0b",
            "a b",
            "A",
            "~",
            "a/.hidden",
            "a.",
            "c:",
            "\u{e4}",
            "%2e%2e",
            "a\n",
            "a+",
            "a/b/c/d/e/f/g/h/i/j/k",
            &"a".repeat(201),
            &["a".repeat(150), "b".repeat(150), "c".repeat(150)].join("/"),
        ] {
            assert!(bad.parse::<BlobKey>().unwrap_err().is(&BAD_KEY), "{bad:?}");
        }
        for good in ["a", "a/b", "pictures/9f86/large.webp", "a-b_c.d", "0", "shop.catalog/0/x"] {
            assert_eq!(good.parse::<BlobKey>().unwrap().as_str(), good);
        }
    }

    #[test]
    fn below_is_by_whole_parts() {
        let key = |text: &str| text.parse::<BlobKey>().unwrap();
        assert_eq!(key("a/bc/d").below(&key("a")), Some(key("bc/d")));
        assert_eq!(key("a").join(&key("b/c")).unwrap(), key("a/b/c"));
        for above in ["a/b", "b", "a/bc/d", "a/bc/d/e"] {
            assert_eq!(key("a/bc/d").below(&key(above)), None, "{above}");
        }
        assert!(key(&"a".repeat(200)).join(&key(&"b/".repeat(9)[..17])).is_ok());
        assert!(key("a/b/c/d/e").join(&key("f/g/h/i/j/k")).is_err());
    }
}
