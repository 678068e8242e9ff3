//! Attributes: typed properties of products that are defined once for the whole catalogue, so that buyers can filter
//! by them and a typing mistake does not make a property of its own.

use std::collections::{BTreeMap, HashMap};
use std::str::FromStr;

use mainstay_core::{Error, Result, codes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::{Faults, WORDS, is_name, is_slug};

/// Longest text of an attribute, in characters.
const TEXT_MAX: usize = 200;

/// The definition of an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Its name in addresses and files, such as `material`; for ever.
    pub code: String,
    /// Its name for people.
    pub name: String,
    /// What its values are; for ever, since products have such values.
    pub kind: AttributeKind,
    /// What numbers are measured in, such as `ml`; empty for none.
    pub unit: String,
    /// Whether search offers it as a filter.
    pub filterable: bool,
}

/// What the values of an attribute are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AttributeKind {
    Text,
    Number,
    Flag,
}

impl AttributeKind {
    /// The word used in contracts and at rest.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Flag => "flag",
        }
    }
}

impl FromStr for AttributeKind {
    type Err = Error;

    fn from_str(word: &str) -> Result<Self, Error> {
        [Self::Text, Self::Number, Self::Flag]
            .into_iter()
            .find(|kind| kind.as_str() == word)
            .ok_or_else(|| codes::INVALID.error("an attribute is text, number or flag"))
    }
}

/// One product's value of an attribute.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum AttributeValue {
    Flag(bool),
    Number(f64),
    Text(#[schemars(length(min = 1, max = TEXT_MAX), regex(pattern = WORDS))] String),
}

impl AttributeValue {
    const fn kind(&self) -> AttributeKind {
        match self {
            Self::Flag(_) => AttributeKind::Flag,
            Self::Number(_) => AttributeKind::Number,
            Self::Text(_) => AttributeKind::Text,
        }
    }

    /// The value as a filter names it.
    pub fn as_text(&self) -> String {
        match self {
            Self::Flag(flag) => flag.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text.clone(),
        }
    }

    fn is_sound(&self) -> bool {
        match self {
            Self::Flag(_) => true,
            Self::Number(number) => number.is_finite(),
            Self::Text(text) => is_name(text, TEXT_MAX),
        }
    }
}

/// Refuses a definition with any fault.
///
/// # Errors
/// `core.invalid` with a field for each.
pub fn check_attribute(attribute: &Attribute) -> Result<()> {
    let mut faults = Faults::new("the attribute cannot be stored as it is");
    if !is_slug(&attribute.code) {
        faults.add("code", "must be 1 to 80 lower-case letters, digits and single dashes");
    }
    if !is_name(&attribute.name, 80) {
        faults.add("name", "must be 1 to 80 printable characters");
    }
    if !attribute.unit.is_empty() && !is_name(&attribute.unit, 20) {
        faults.add("unit", "must be at most 20 printable characters");
    }
    faults.into_result()
}

/// Refuses values that no definition fits. `defined` holds at least the definitions that are used; `at`
/// stands before the names of fields.
///
/// # Errors
/// `core.invalid` with a field for each.
pub fn check_values(
    values: &BTreeMap<String, AttributeValue>,
    defined: &HashMap<String, AttributeKind>,
    at: &str,
) -> Result<()> {
    let mut faults = Faults::new("the product cannot be stored as it is").at(at);
    for (code, value) in values {
        let path = || format!("attributes.{code}");
        match defined.get(code) {
            None => faults.add(path(), "is not defined; define it under /v1/attributes first"),
            Some(kind) if *kind != value.kind() => {
                faults.add(path(), format!("must be a {}", kind.as_str()));
            }
            Some(_) if !value.is_sound() => {
                faults.add(path(), "must be a finite number or 1 to 200 printable characters");
            }
            Some(_) => {}
        }
    }
    faults.into_result()
}
