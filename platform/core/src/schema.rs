//! What ids, money and times look like to the outside, as JSON Schema: the words of every contract.
//!
//! A schema is not only told, it is enforced (`mainstay_http` checks bodies against it), so it accepts what reading
//! the type accepts, and no more.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::id::{Id, IdKind};
use crate::money::{Currency, IN_THOUSANDTHS, Money, WITHOUT_MINOR};
use crate::time::Timestamp;

/// Digits before the point. Fifteen of them and three behind it fit an `i64` of the smallest unit.
const AMOUNT_DIGITS: u32 = 15;
/// A sign, the digits, a point and three digits of the finest currencies.
const AMOUNT_CHARS_MAX: u32 = AMOUNT_DIGITS + 5;
/// The prefix has at most four letters; an underscore and 26 characters follow.
const ID_CHARS_MAX: u32 = 31;
/// `2030-01-31T12:00:00.123456789+01:00` has 35.
const TIME_CHARS_MAX: u32 = 40;

impl<K: IdKind> JsonSchema for Id<K> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Id_{}", K::PREFIX).into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let prefix = K::PREFIX;
        // Any id would do; this one says by its look that it is made up.
        let example = Id::<K>::from_bytes(*b"\x01\x95\x00an example id").to_string();
        json_schema!({
            "type": "string",
            "pattern": format!("^{prefix}_[0-7][0-9a-hjkmnp-tv-z]{{25}}$"),
            "maxLength": ID_CHARS_MAX,
            "examples": [example],
        })
    }
}

impl JsonSchema for Currency {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Currency".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "An ISO 4217 currency by its three letters.",
            "pattern": "^[A-Z]{3}$",
            "maxLength": 3,
            "examples": ["GBP"],
        })
    }
}

impl JsonSchema for Money {
    fn schema_name() -> Cow<'static, str> {
        "Money".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "description": "An exact amount. It is text, since numbers of JSON are read as inexact ones by many; \
                            digits finer than the currency's smallest unit are refused.",
            "properties": {
                "amount": {
                    "type": "string",
                    "pattern": format!("^-?[0-9]{{1,{AMOUNT_DIGITS}}}(\\.[0-9]{{1,3}})?$"),
                    "maxLength": AMOUNT_CHARS_MAX,
                },
                "currency": generator.subschema_for::<Currency>(),
            },
            "if": currency(&IN_THOUSANDTHS),
            "else": {
                "if": currency(&WITHOUT_MINOR),
                "then": { "properties": { "amount": { "pattern": "^[^.]*$" } } },
                "else": { "properties": { "amount": { "pattern": "^[^.]*(\\.[0-9]{1,2})?$" } } },
            },
            "required": ["amount", "currency"],
            "additionalProperties": false,
            "examples": [{ "amount": "12.34", "currency": "GBP" }],
        })
    }
}

/// An amount in one of these currencies.
fn currency(of: &[&[u8; 3]]) -> serde_json::Value {
    let names: Vec<String> = of.iter().map(|name| String::from_utf8_lossy(*name).into_owned()).collect();
    serde_json::json!({ "properties": { "currency": { "enum": names } } })
}

impl JsonSchema for Timestamp {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "An RFC 3339 time, to the microsecond.",
            "format": "date-time",
            "maxLength": TIME_CHARS_MAX,
            "examples": ["2030-01-31T12:00:00.000000Z"],
        })
    }
}

#[cfg(test)]
mod tests {
    use schemars::schema_for;

    use super::*;

    enum Kind {}
    impl IdKind for Kind {
        const PREFIX: &'static str = "knd";
    }

    #[test]
    fn examples_are_what_the_types_read() {
        let example = |schema: Schema| schema.get("examples").and_then(|all| all.get(0)).cloned().unwrap();
        let id = example(schema_for!(Id<Kind>));
        assert!(id.as_str().unwrap().parse::<Id<Kind>>().is_ok(), "{id}");
        assert!(serde_json::from_value::<Money>(example(schema_for!(Money))).is_ok());
        assert!(serde_json::from_value::<Currency>(example(schema_for!(Currency))).is_ok());
        assert!(serde_json::from_value::<Timestamp>(example(schema_for!(Timestamp))).is_ok());
    }
}
