//! The parts of a path that a route leaves open, as what the handler wants them to be.

use serde::de::value::{Error, SeqDeserializer, StrDeserializer};
use serde::de::{Deserializer, Error as _, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

/// All of them: a tuple where there are several, a value where there is one.
#[derive(Clone, Copy)]
pub(super) struct Places<'de>(&'de [Box<str>]);

impl<'de> Places<'de> {
    pub(super) fn new(places: &'de [Box<str>]) -> Self {
        Self(places)
    }

    fn only(self) -> Result<Place<'de>, Error> {
        match self.0 {
            [place] => Ok(Place(place)),
            places => Err(Error::custom(format_args!("{} parts of the path are no one value", places.len()))),
        }
    }

    fn all<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(SeqDeserializer::new(self.0.iter().map(|place| Place(place))))
    }
}

macro_rules! only {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            self.only()?.$method(visitor)
        })*
    };
}

impl<'de> Deserializer<'de> for Places<'de> {
    type Error = Error;

    only! {
        deserialize_any deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_i128 deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        deserialize_f32 deserialize_f64
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.only()?.deserialize_enum(name, variants, visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.all(visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Error> {
        if self.0.len() == length {
            return self.all(visitor);
        }
        Err(Error::custom(format_args!("the path leaves {} parts open, not {length}", self.0.len())))
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_tuple(length, visitor)
    }

    forward_to_deserialize_any! {
        char str string bytes byte_buf option unit unit_struct map struct identifier ignored_any
    }
}

/// One of them.
#[derive(Clone, Copy)]
struct Place<'de>(&'de str);

macro_rules! parsed {
    ($($method:ident $visit:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            let value = self.0.parse();
            visitor.$visit(value.map_err(|_| Error::custom("a part of the path has another form"))?)
        })*
    };
}

impl<'de> Deserializer<'de> for Place<'de> {
    type Error = Error;

    parsed! {
        deserialize_bool visit_bool deserialize_i8 visit_i8 deserialize_i16 visit_i16 deserialize_i32 visit_i32 deserialize_i64 visit_i64
        deserialize_i128 visit_i128 deserialize_u8 visit_u8 deserialize_u16 visit_u16 deserialize_u32 visit_u32
        deserialize_u64 visit_u64 deserialize_u128 visit_u128 deserialize_f32 visit_f32 deserialize_f64 visit_f64
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_borrowed_str(self.0)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        StrDeserializer::<Error>::new(self.0).deserialize_enum(name, variants, visitor)
    }

    forward_to_deserialize_any! {
        char str string bytes byte_buf option unit unit_struct seq tuple tuple_struct map struct identifier
        ignored_any
    }
}

impl<'de> IntoDeserializer<'de, Error> for Place<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

#[cfg(test)]
mod tests {
    use mainstay_core::{Id, IdKind};
    use serde::Deserialize;
    use serde::de::DeserializeOwned;

    use super::*;

    fn read<T: DeserializeOwned>(places: &[&str]) -> Option<T> {
        let places: Vec<Box<str>> = places.iter().map(|place| (*place).into()).collect();
        T::deserialize(Places::new(&places)).ok()
    }

    #[derive(Debug, PartialEq, Eq)]
    struct Thing;

    impl IdKind for Thing {
        const PREFIX: &'static str = "thg";
    }

    #[derive(Debug, PartialEq, Eq, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Size {
        Small,
        Large,
    }

    #[derive(Debug, PartialEq, Eq, Deserialize)]
    struct Name(String);

    #[test]
    fn one_part_is_a_value_and_several_are_a_tuple() {
        let id = Id::<Thing>::from_bytes([7; 16]);
        assert_eq!(read::<String>(&["a b"]).as_deref(), Some("a b"));
        assert_eq!(read::<(String,)>(&["a"]), Some(("a".to_owned(),)));
        assert_eq!(read::<Name>(&["a"]), Some(Name("a".to_owned())));
        assert_eq!(read::<Id<Thing>>(&[&id.to_string()]), Some(id));
        assert_eq!(read::<(Id<Thing>, u32)>(&[&id.to_string(), "12"]), Some((id, 12)));
        assert_eq!(read::<(Name, Size)>(&["a", "large"]), Some((Name("a".to_owned()), Size::Large)));
        assert_eq!(read::<Vec<String>>(&["a", "b"]), Some(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(read::<(bool, i64, f64)>(&["true", "-3", "0.5"]), Some((true, -3, 0.5)));
    }

    #[test]
    fn what_has_another_form_is_refused() {
        assert_eq!(read::<String>(&["a", "b"]), None);
        assert_eq!(read::<String>(&[]), None);
        assert_eq!(read::<(String, String)>(&["a"]), None);
        assert_eq!(read::<(String,)>(&["a", "b"]), None);
        assert_eq!(read::<u16>(&["65536"]), None);
        assert_eq!(read::<(Name, Size)>(&["a", "huge"]), None);
        assert_eq!(read::<Id<Thing>>(&["thg_"]), None);
    }
}
