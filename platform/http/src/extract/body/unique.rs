//! Whether a text of JSON says each thing once. A tree keeps the last of two fields with one name, so that what was
//! checked and what somebody else in front of us read may differ.

use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::words::pointer;

/// Whether no object in it has two fields with one name.
pub fn is_unique(bytes: &[u8]) -> bool {
    serde_json::from_slice::<Unique>(bytes).is_ok()
}

/// The place of a field that its object has already, as a JSON pointer.
pub(super) fn doubled(bytes: &[u8]) -> Option<String> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let refused = serde_path_to_error::deserialize::<_, Unique>(&mut reader).err()?;
    Some(pointer(refused.path()))
}

/// The second of a name: refused where it stands, so that its place is known.
struct Doubled;

impl<'de> Deserialize<'de> for Doubled {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer)?;
        Err(D::Error::custom("a field is there twice"))
    }
}

struct Unique;

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Walk)
    }
}

struct Walk;

impl<'de> Visitor<'de> for Walk {
    type Value = Unique;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("each field once")
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_unit<E: Error>(self) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Unique, A::Error> {
        while items.next_element::<Unique>()?.is_some() {}
        Ok(Unique)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Unique, A::Error> {
        let mut names = HashSet::new();
        while let Some(name) = fields.next_key::<String>()? {
            if !names.insert(name) {
                fields.next_value::<Doubled>()?;
            }
            fields.next_value::<Unique>()?;
        }
        Ok(Unique)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_that_is_there_twice_is_found_wherever_it_is() {
        for (text, unique) in [
            (r#"{"a":1,"b":[{"a":1},{"a":1.5}],"c":null,"d":"x","e":true,"f":-1}"#, true),
            ("[]", true),
            (r#"{"a":1,"a":1}"#, false),
            (r#"{"a":1.0,"a":2}"#, false),
            (r#"[{"b":{"a":1,"a":1}}]"#, false),
        ] {
            assert_eq!(is_unique(text.as_bytes()), unique, "{text}");
        }
        assert_eq!(doubled(br#"[{"b":{"a":1,"a":[1]}}]"#).as_deref(), Some("/0/b/a"));
        assert_eq!(doubled(br#"{"a":1,"b":{"a":1}}"#), None);
    }
}
