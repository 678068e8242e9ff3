//! What goes into a statement and comes out of a row.
//!
//! Five storage classes are enough for every engine planned. Ids travel as their 16 bytes, times as microseconds of
//! UTC, truth values as 0 and 1.

use mainstay_core::{Id, IdKind, Result, Timestamp};

use crate::codes;
use crate::connection::Columns;

/// One value, borrowed from who binds it or from the row that holds it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    Null,
    Integer(i64),
    Real(f64),
    Text(&'a str),
    Blob(&'a [u8]),
}

/// A value on its way into a statement: `&[name.into(), 7.into()]` fills `?1` and `?2`.
pub type Param<'a> = Value<'a>;

impl Value<'_> {
    /// The storage class, for messages.
    pub const fn class(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Integer(_) => "integer",
            Self::Real(_) => "real",
            Self::Text(_) => "text",
            Self::Blob(_) => "blob",
        }
    }
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<i32> for Value<'_> {
    fn from(value: i32) -> Self {
        Self::Integer(value.into())
    }
}

impl From<u32> for Value<'_> {
    fn from(value: u32) -> Self {
        Self::Integer(value.into())
    }
}

impl From<u16> for Value<'_> {
    fn from(value: u16) -> Self {
        Self::Integer(value.into())
    }
}

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Self::Integer(value.into())
    }
}

impl From<f64> for Value<'_> {
    fn from(value: f64) -> Self {
        Self::Real(value)
    }
}

impl From<Timestamp> for Value<'_> {
    fn from(value: Timestamp) -> Self {
        Self::Integer(value.as_micros())
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(value)
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(value: &'a String) -> Self {
        Self::Text(value)
    }
}

impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(value: &'a [u8]) -> Self {
        Self::Blob(value)
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Value<'a> {
    fn from(value: &'a [u8; N]) -> Self {
        Self::Blob(value)
    }
}

impl<'a> From<&'a Vec<u8>> for Value<'a> {
    fn from(value: &'a Vec<u8>) -> Self {
        Self::Blob(value)
    }
}

impl<'a, K: IdKind> From<&'a Id<K>> for Value<'a> {
    fn from(value: &'a Id<K>) -> Self {
        Self::Blob(value.as_bytes())
    }
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A type that a column can be read as.
pub trait FromColumn: Sized {
    /// `None` when the stored value is of another class or out of range.
    fn from_column(value: Value<'_>) -> Option<Self>;
}

impl FromColumn for i64 {
    fn from_column(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Integer(number) => Some(number),
            Value::Null | Value::Real(_) | Value::Text(_) | Value::Blob(_) => None,
        }
    }
}

macro_rules! from_integer {
    ($($number:ty),*) => {$(
        impl FromColumn for $number {
            fn from_column(value: Value<'_>) -> Option<Self> {
                i64::from_column(value).and_then(|number| number.try_into().ok())
            }
        }
    )*};
}

from_integer!(i32, u16, u32, u64);

impl FromColumn for bool {
    fn from_column(value: Value<'_>) -> Option<Self> {
        match i64::from_column(value) {
            Some(0) => Some(false),
            Some(1) => Some(true),
            _ => None,
        }
    }
}

impl FromColumn for f64 {
    fn from_column(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Real(number) => Some(number),
            Value::Null | Value::Integer(_) | Value::Text(_) | Value::Blob(_) => None,
        }
    }
}

impl FromColumn for String {
    fn from_column(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Text(text) => Some(text.to_owned()),
            Value::Null | Value::Integer(_) | Value::Real(_) | Value::Blob(_) => None,
        }
    }
}

impl FromColumn for Vec<u8> {
    fn from_column(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Blob(bytes) => Some(bytes.to_owned()),
            Value::Null | Value::Integer(_) | Value::Real(_) | Value::Text(_) => None,
        }
    }
}

impl FromColumn for Timestamp {
    fn from_column(value: Value<'_>) -> Option<Self> {
        i64::from_column(value).map(Self::from_micros)
    }
}

impl<K: IdKind> FromColumn for Id<K> {
    fn from_column(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Blob(bytes) => Self::try_from_slice(bytes).ok(),
            Value::Null | Value::Integer(_) | Value::Real(_) | Value::Text(_) => None,
        }
    }
}

impl<T: FromColumn> FromColumn for Option<T> {
    fn from_column(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            other => T::from_column(other).map(Some),
        }
    }
}

/// One row of an answer, valid while the closure that receives it runs.
pub struct Row<'a>(&'a dyn Columns);

impl<'a> Row<'a> {
    pub(crate) fn new(columns: &'a dyn Columns) -> Self {
        Self(columns)
    }

    /// The column at `index`, counted from 0; `sql.column` when it holds something else than a `T`.
    pub fn get<T: FromColumn>(&self, index: usize) -> Result<T> {
        let value = self.value(index)?;
        T::from_column(value)
            .ok_or_else(|| codes::not_readable(index, value.class(), std::any::type_name::<T>()))
    }

    /// The column at `index` without a copy.
    pub fn value(&self, index: usize) -> Result<Value<'_>> {
        self.0.value(index)
    }

    /// The text at `index` without a copy.
    pub fn text(&self, index: usize) -> Result<&str> {
        match self.value(index)? {
            Value::Text(text) => Ok(text),
            other => Err(codes::not_readable(index, other.class(), "text")),
        }
    }

    /// The bytes at `index` without a copy.
    pub fn blob(&self, index: usize) -> Result<&[u8]> {
        match self.value(index)? {
            Value::Blob(bytes) => Ok(bytes),
            other => Err(codes::not_readable(index, other.class(), "blob")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_do_not_fit_are_refused() {
        assert_eq!(u32::from_column(Value::Integer(-1)), None);
        assert_eq!(u64::from_column(Value::Integer(-1)), None);
        assert_eq!(i32::from_column(Value::Integer(i64::MAX)), None);
        assert_eq!(bool::from_column(Value::Integer(2)), None);
        assert_eq!(u64::from_column(Value::Integer(i64::MAX)), Some(i64::MAX as u64));
    }

    #[test]
    fn only_an_option_takes_null() {
        assert_eq!(Option::<i64>::from_column(Value::Null), Some(None));
        assert_eq!(Option::<i64>::from_column(Value::Text("7")), None);
        assert_eq!(String::from_column(Value::Null), None);
        assert_eq!(Value::from(None::<i64>), Value::Null);
    }
}
