//! A value that cannot be printed or serialised by accident, and is wiped when it is dropped.

use std::fmt;

use zeroize::Zeroize;

/// Holds a password, a token or key bytes. It has no `Display` and no `Serialize`, its `Debug` shows nothing, and
/// reading it takes the word [`expose`](Secret::expose), which a reviewer can search for.
///
/// ```compile_fail
/// let secret = mainstay_secrets::Secret::new(String::from("tok_1"));
/// println!("{secret}");
/// ```
///
/// ```compile_fail
/// let secret = mainstay_secrets::Secret::new(String::from("tok_1"));
/// serde_json::to_string(&secret);
/// ```
#[derive(Clone)]
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself. Do not keep it, log it or put it into an error.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> From<T> for Secret<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl<'de, T: Zeroize + serde::Deserialize<'de>> serde::Deserialize<'de> for Secret<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self)
    }
}

/// A secret looks like what it holds; its format says that it is not to be shown.
impl<T: Zeroize + schemars::JsonSchema> schemars::JsonSchema for Secret<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("Secret_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let mut schema = T::json_schema(generator);
        schema.insert("format".into(), "password".into());
        schema.insert("writeOnly".into(), true.into());
        schema
    }
}
