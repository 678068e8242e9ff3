//! What a span is called.

use std::borrow::Cow;
use std::fmt;

use crate::text::Text;

/// A span's name: a text, or a verb with what it is done to. Put together only when the span is told.
#[derive(Clone, Debug)]
pub struct SpanName {
    verb: Option<&'static str>,
    what: Text,
}

impl SpanName {
    /// The name as it is told.
    pub(super) fn into_text(self) -> Text {
        match self.verb {
            Some(verb) => format!("{verb} {}", self.what).into(),
            None => self.what,
        }
    }
}

impl fmt::Display for SpanName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(verb) = self.verb {
            write!(f, "{verb} ")?;
        }
        f.write_str(&self.what)
    }
}

impl From<Text> for SpanName {
    fn from(what: Text) -> Self {
        Self { verb: None, what }
    }
}

impl From<&'static str> for SpanName {
    fn from(what: &'static str) -> Self {
        Text::from(what).into()
    }
}

impl From<String> for SpanName {
    fn from(what: String) -> Self {
        Text::from(what).into()
    }
}

impl From<Cow<'static, str>> for SpanName {
    fn from(what: Cow<'static, str>) -> Self {
        Text::from(what).into()
    }
}

/// A verb and its object: `("send", "shop.orders.placed")` is called `send shop.orders.placed`.
impl<T: Into<Text>> From<(&'static str, T)> for SpanName {
    fn from((verb, what): (&'static str, T)) -> Self {
        Self { verb: Some(verb), what: what.into() }
    }
}
