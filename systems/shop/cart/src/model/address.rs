//! Where the goods go. Addresses of the world have few rules in common; only those that hold everywhere are checked.

use mainstay_core::{Error, Result, codes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::countries;

/// Longest line of an address, in characters; labels hold fewer, databases of carriers not many more.
const LINE_MAX: usize = 100;

/// Longest e-mail address, in bytes (RFC 5321 by way of RFC 3696's erratum 1690).
const EMAIL_MAX: usize = 254;

/// One line with something on it that can be seen.
const WORDS: &str =
    r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$";

/// A name, one `@`, and a domain with a point in it.
const EMAIL: &str = r#"^ *[^\s\u0000-\u001f\u007f-\u009f@<>,;"]+@[^\s\u0000-\u001f\u007f-\u009f@<>,;".]+(\.[^\s\u0000-\u001f\u007f-\u009f@<>,;".]+)+ *$"#;

/// Longest postcode, in characters.
const POSTCODE_MAX: usize = 12;

/// Where the goods go, and where mail about them goes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DeliveryAddress")]
pub struct Address {
    /// Where the shop writes to.
    #[schemars(length(max = EMAIL_MAX), regex(pattern = EMAIL))]
    #[schemars(example = &"ada@example.com")]
    pub email: String,
    /// Whose door it is.
    #[schemars(length(min = 1, max = LINE_MAX), regex(pattern = WORDS))]
    #[schemars(example = &"Ada Lovelace")]
    pub name: String,
    /// Street and number.
    #[schemars(length(min = 1, max = LINE_MAX), regex(pattern = WORDS))]
    #[schemars(example = &"12 St James's Square")]
    pub line1: String,
    /// Anything more; may be empty.
    #[serde(default)]
    #[schemars(length(max = LINE_MAX))]
    #[schemars(example = &"Second floor")]
    pub line2: String,
    /// Town.
    #[schemars(length(min = 1, max = LINE_MAX), regex(pattern = WORDS))]
    #[schemars(example = &"London")]
    pub city: String,
    /// Postcode; empty in countries that have none.
    #[serde(default)]
    #[schemars(length(max = POSTCODE_MAX))]
    #[schemars(example = &"SW1Y 4JH")]
    pub postcode: String,
    /// ISO 3166-1 alpha-2.
    #[schemars(length(max = 2), extend("enum" = countries::all()))]
    #[schemars(example = &"GB")]
    pub country: String,
}

impl Address {
    /// Trims every field, then refuses the address with every fault at once.
    ///
    /// # Errors
    /// `core.invalid` with one field for each fault.
    pub fn check(mut self) -> Result<Self> {
        let fields = [
            &mut self.email,
            &mut self.name,
            &mut self.line1,
            &mut self.line2,
            &mut self.city,
            &mut self.postcode,
        ];
        for field in fields {
            let trimmed = field.trim();
            if trimmed.len() < field.len() {
                *field = trimmed.to_owned();
            }
        }
        let mut faults: Option<Error> = None;
        let mut require = |sound: bool, path: &str, message: &str| {
            if !sound {
                let error =
                    faults.take().unwrap_or_else(|| codes::INVALID.error("the address is not complete"));
                faults = Some(error.with_field(path, message));
            }
        };
        require(is_email(&self.email), "email", "must be an e-mail address");
        for (path, value) in [("name", &self.name), ("line1", &self.line1), ("city", &self.city)] {
            require(!value.is_empty(), path, "is required");
            require(is_line(value), path, "must be at most 100 printable characters");
        }
        require(is_line(&self.line2), "line2", "must be at most 100 printable characters");
        require(
            countries::exists(&self.country),
            "country",
            "must be two capital letters of ISO 3166-1, such as GB",
        );
        let short = self.postcode.chars().count() <= POSTCODE_MAX && is_line(&self.postcode);
        require(short, "postcode", "must be at most 12 printable characters");
        let needed = !self.postcode.is_empty() || !countries::has_postcodes(&self.country);
        require(needed, "postcode", "is required");
        match faults {
            Some(error) => Err(error),
            None => Ok(self),
        }
    }
}

fn is_line(text: &str) -> bool {
    text.chars().count() <= LINE_MAX && !text.chars().any(char::is_control)
}

/// Whether mail could go there; only sending some tells more.
fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let plain = |letter: char| {
        !letter.is_control() && !letter.is_whitespace() && !matches!(letter, '<' | '>' | ',' | ';' | '"')
    };
    text.len() <= EMAIL_MAX
        && !local.is_empty()
        && text.chars().all(plain)
        && !local.contains('@')
        && domain.contains('.')
        && domain.split('.').all(|label| !label.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address() -> Address {
        Address {
            email: "ada@example.org".into(),
            name: "Ada King".into(),
            line1: "12 St James's Square".into(),
            line2: String::new(),
            city: "London".into(),
            postcode: "SW1Y 4JH".into(),
            country: "GB".into(),
        }
    }

    fn faults(change: impl FnOnce(&mut Address)) -> Vec<String> {
        let mut address = address();
        change(&mut address);
        match address.check() {
            Ok(_) => Vec::new(),
            Err(error) => error.fields().iter().map(|field| field.path.clone()).collect(),
        }
    }

    #[test]
    fn a_sound_address_is_trimmed_and_kept() {
        let padded = Address { city: "  London ".into(), line2: " ".into(), ..address() };
        assert_eq!(padded.check().unwrap(), address());
        assert_eq!(faults(|address| address.name = "Łukasz Żółć-O'Neil 李".into()), Vec::<String>::new());
        assert_eq!(
            faults(|address| (address.country, address.postcode) = ("HK".into(), "".into())),
            Vec::<String>::new()
        );
    }

    #[test]
    fn every_fault_is_told_at_once() {
        assert_eq!(
            faults(|address| *address = Address { line2: "x".repeat(101), ..Address::default() }),
            ["email", "name", "line1", "city", "line2", "country", "postcode"]
        );
        assert_eq!(faults(|address| address.name = "Ada\nBcc: all@example.org".into()), ["name"]);
        assert_eq!(faults(|address| address.postcode = "1".repeat(13)), ["postcode"]);
        for country in ["", "gb", "GBR", "XX", "UK", "G\u{301}"] {
            assert_eq!(faults(|address| address.country = country.into()), ["country"], "{country}");
        }
    }

    #[test]
    fn e_mail_addresses() {
        for good in ["a@b.co", "first.last+tag@sub.example.org", "ü@exämple.org"] {
            assert!(is_email(good), "{good}");
        }
        let long = format!("{}@example.org", "a".repeat(250));
        for bad in [
            "",
            "a",
            "a@",
            "@b.co",
            "a@b",
            "a@b..co",
            "a@.co",
            "a b@c.de",
            "a@b.co\r\nBcc: x@y.z",
            "<a@b.co>",
            "a@b@c.de",
            &long,
        ] {
            assert!(!is_email(bad), "{bad}");
        }
    }
}
