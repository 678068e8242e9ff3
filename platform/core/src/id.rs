//! Typed ids: UUIDv7, 16 bytes at rest, `ord_` and 26 Crockford characters outside.
//!
//! Ids page, they never order facts: two of one millisecond are in no order, and clocks step back.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;

use uuid::Uuid;

use crate::clock::Clock;
use crate::codes;
use crate::error::{Error, Result};
use crate::time::Timestamp;

/// Names a kind of thing. Each kind is declared once, beside its contract; a test holds the prefixes apart.
pub trait IdKind: 'static {
    /// Two to four lower-case letters.
    const PREFIX: &'static str;
}

/// The id of one thing of kind `K`.
pub struct Id<K>(Uuid, PhantomData<fn() -> K>);

/// An id whose kind only its prefix tells: as cheap to keep as the id, and written as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnyId {
    prefix: &'static str,
    value: u128,
}

const TEXT_LENGTH: usize = 26;
const PREFIX_LENGTH_MAX: usize = 4;
// Crockford's base 32, lower case: no i, l, o, u. https://www.crockford.com/base32.html
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

impl<K: IdKind> Id<K> {
    /// A new id, unique everywhere.
    pub fn generate(clock: &Clock) -> Self {
        let millis = u64::try_from(clock.now().as_micros() / 1_000).unwrap_or_default();
        let random: [u8; 10] = rand::random();
        Self::wrap(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }

    /// The id of something that exists exactly once for this thing, such as the payment of a checkout: the same
    /// bytes under another kind, so that it can be computed anywhere and needs no look-up.
    pub fn twin<J: IdKind>(self) -> Id<J> {
        Id::wrap(self.0)
    }

    /// The id of the one thing that `label` names within this thing.
    pub fn derive<J: IdKind>(self, label: &str) -> Id<J> {
        Id::wrap(Uuid::new_v5(&self.0, label.as_bytes()))
    }

    /// The id of the one thing that has this number within this thing, which came into being at that moment. Those of
    /// one thing sort by their numbers, so what is kept by id grows at one end.
    pub fn number<J: IdKind>(self, at: Timestamp, number: u64) -> Id<J> {
        // Laid out as a new id is: the moment, the version, 12 bits, the variant, 62 bits. In place of chance stand 40 bits
        // of the number and 34 of what tells things of one moment apart, and numbers that are higher still.
        let telling = Uuid::new_v5(&self.0, &number.to_be_bytes()).as_u128() & ((1 << 34) - 1);
        let bits = u128::from(number) << 34 | telling;
        let (first, last) = (bits >> 62 & 0xfff, bits & ((1 << 62) - 1));
        let millis = u128::try_from(at.as_micros() / 1_000).unwrap_or_default() & ((1 << 48) - 1);
        Id::wrap(Uuid::from_u128(millis << 80 | 7 << 76 | first << 64 | 2 << 62 | last))
    }

    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self::wrap(Uuid::from_bytes(bytes))
    }

    /// From bytes of a message or a row; `core.invalid` unless there are 16.
    pub fn try_from_slice(bytes: &[u8]) -> Result<Self> {
        Uuid::from_slice(bytes).map(Self::wrap).map_err(|_| Self::invalid())
    }

    fn invalid() -> Error {
        codes::INVALID.error(format!("this is not an id that begins with {}_", K::PREFIX))
    }
}

impl<K> Id<K> {
    const fn wrap(uuid: Uuid) -> Self {
        Self(uuid, PhantomData)
    }

    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// The bytes as a message carries them.
    pub fn to_vec(&self) -> Vec<u8> {
        self.0.as_bytes().to_vec()
    }
}

impl<K: IdKind> From<Id<K>> for AnyId {
    fn from(id: Id<K>) -> Self {
        Self { prefix: K::PREFIX, value: id.0.as_u128() }
    }
}

impl<K: IdKind> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&AnyId::from(*self), f)
    }
}

impl fmt::Display for AnyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Written in one piece, since each piece may make a text grow once more.
        let prefix = self.prefix.as_bytes();
        let mut text = [b'_'; PREFIX_LENGTH_MAX + 1 + TEXT_LENGTH];
        let length = prefix.len().min(PREFIX_LENGTH_MAX) + 1 + TEXT_LENGTH;
        let (head, digits) = text[..length].split_at_mut(length - TEXT_LENGTH);
        head.iter_mut().zip(prefix.iter().take(PREFIX_LENGTH_MAX)).for_each(|(slot, letter)| *slot = *letter);
        let mut value = self.value;
        for slot in digits.iter_mut().rev() {
            *slot = ALPHABET[(value & 31) as usize];
            value >>= 5;
        }
        f.write_str(std::str::from_utf8(&text[..length]).map_err(|_| fmt::Error)?)
    }
}

impl<K: IdKind> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<K: IdKind> FromStr for Id<K> {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let digits = text
            .strip_prefix(K::PREFIX)
            .and_then(|rest| rest.strip_prefix('_'))
            .filter(|digits| digits.len() == TEXT_LENGTH)
            .ok_or_else(Self::invalid)?;
        let mut value: u128 = 0;
        for (place, digit) in digits.bytes().enumerate() {
            let five = ALPHABET.iter().position(|letter| *letter == digit).ok_or_else(Self::invalid)? as u128;
            // 26 digits hold 130 bits: the first may only use three of its five.
            if place == 0 && five > 7 {
                return Err(Self::invalid());
            }
            value = value << 5 | five;
        }
        Ok(Self::wrap(Uuid::from_u128(value)))
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K> Copy for Id<K> {}

impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<K> Eq for Id<K> {}

impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}

impl<K> Hash for Id<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<K: IdKind> serde::Serialize for Id<K> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, K: IdKind> serde::Deserialize<'de> for Id<K> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text<K>(PhantomData<K>);
        impl<K: IdKind> serde::de::Visitor<'_> for Text<K> {
            type Value = Id<K>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "an id that begins with {}_", K::PREFIX)
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Id<K>, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Text(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Thing;
    impl IdKind for Thing {
        const PREFIX: &'static str = "thg";
    }

    #[test]
    fn text_and_back() {
        let id = Id::<Thing>::generate(&Clock::system());
        assert_eq!(id.to_string().len(), 30);
        assert_eq!(id.to_string().parse::<Id<Thing>>().unwrap(), id);
        assert_eq!(Id::<Thing>::from_bytes([0xff; 16]).to_string(), "thg_7zzzzzzzzzzzzzzzzzzzzzzzzz");
    }

    #[test]
    fn foreign_text_is_refused() {
        for text in [
            "",
            "thg_",
            "ord_00000000000000000000000000",
            "thg_0000000000000000000000000",
            "thg_8zzzzzzzzzzzzzzzzzzzzzzzzz",
            "thg_0000000000000000000000000u",
            "thg_0000000000000000000000000\u{e9}",
        ] {
            assert!(text.parse::<Id<Thing>>().is_err(), "{text}");
        }
    }

    #[test]
    fn derived_ids_are_stable_and_apart() {
        let id = Id::<Thing>::from_bytes([7; 16]);
        assert_eq!(id.derive::<Thing>("a"), id.derive::<Thing>("a"));
        assert_ne!(id.derive::<Thing>("a"), id.derive::<Thing>("b"));
    }

    #[test]
    fn numbered_ids_are_stable_apart_and_in_order() {
        let (one, other) = (Id::<Thing>::from_bytes([7; 16]), Id::<Thing>::from_bytes([8; 16]));
        let at = Timestamp::from_micros(1_764_000_000_000_000);
        let of = |id: Id<Thing>, number| id.number::<Thing>(at, number);
        assert_eq!(of(one, 5), of(one, 5));
        assert_ne!(of(one, 5), of(other, 5));
        assert_ne!(of(one, 5), of(one, 5 + (1 << 40)), "numbers that are too high for their place");
        let ids = [0, 1, 2, 255, 256, (1 << 28) - 1, 1 << 28, (1 << 40) - 1].map(|number| of(one, number));
        assert!(ids.is_sorted());
        let later = one.number::<Thing>(at + std::time::Duration::from_millis(1), 0);
        assert!(ids.iter().all(|id| *id < later));
        for id in ids {
            assert_eq!((id.0.get_version_num(), id.0.get_variant()), (7, uuid::Variant::RFC4122));
        }
    }
}
