//! One address that mail can be sent to.

use std::fmt;
use std::str::FromStr;

use mainstay_core::{Error, Result};

use crate::codes;

/// An address such as `name@example.org`: one, in ASCII, and nothing that a header could take for more.
///
/// Narrower than the standard on purpose: quoted local parts and comments are only ever seen in attacks.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Address(String);

/// The longest path that SMTP takes. <https://www.rfc-editor.org/errata/eid1690>
const MAX_BYTES: usize = 254;
/// The form of an address as people type it, with blanks around that are taken off, as a pattern for contracts; what
/// has that form and is too long is refused all the same.
pub const PATTERN: &str = r"^ *[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,64}(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,63})*@[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)* *$";

const MAX_LOCAL_BYTES: usize = 64;

impl Address {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands behind the `@`.
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

fn is_valid(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let atom = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&byte);
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    text.len() <= MAX_BYTES
        && local.len() <= MAX_LOCAL_BYTES
        && local.split('.').all(|part| !part.is_empty())
        && local.bytes().all(atom)
        && domain.split('.').all(label)
}

impl FromStr for Address {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if is_valid(text) {
            return Ok(Self(text.to_owned()));
        }
        Err(codes::BAD_ADDRESS.error("this is not one address such as name@example.org"))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

// An address is personal: what is printed for debugging ends up in logs.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "…@{}", self.domain())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_have_is_taken() {
        for text in ["a@b", "Ada.Lovelace+shop@mail.example.org", "o'neil@example.com", "x_y-z@1.example"] {
            assert_eq!(text.parse::<Address>().unwrap().as_str(), text);
        }
    }

    #[test]
    fn what_could_be_more_than_one_address_is_refused() {
        for text in [
            "",
            "a",
            "@b",
            "a@",
            "a@b@c",
            "a b@c",
            "a@b,c@d",
            "a@b\r\nBcc: c@d",
            "a@b\n",
            "\"a\"@b",
            "a@b;c",
            "<a@b>",
            "a..b@c",
            ".a@b",
            "a@-b",
            "a@b..c",
            "a@b.",
            "ä@b",
            "a@ä",
            "a\0@b",
        ] {
            assert!(text.parse::<Address>().is_err(), "{text:?}");
        }
        assert!(format!("{}@b", "a".repeat(65)).parse::<Address>().is_err());
        assert!(format!("a@{}", "b".repeat(254)).parse::<Address>().is_err());
    }

    #[test]
    fn debugging_does_not_tell_the_person() {
        let address: Address = "ada@example.org".parse().unwrap();
        assert_eq!(format!("{address:?}"), "…@example.org");
    }
}
