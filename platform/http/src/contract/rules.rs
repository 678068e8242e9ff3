//! Checks a request against its schema, and says everything that is wrong with it at once.

use std::any::TypeId;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, LazyLock};

use jsonschema::error::ValidationErrorKind;
use jsonschema::{PatternOptions, ValidationError, Validator};
use mainstay_core::FieldError;
use parking_lot::RwLock;
use schemars::JsonSchema;
use serde_json::Value;

use crate::contract::schema;

/// Faults told at once. Somebody who made more has the first ones to begin with, and an answer stays small.
const FAULTS_MAX: usize = 32;

/// A pattern that is longer says nothing to people.
const FORM_CHARS_MAX: usize = 60;

/// Characters of a name that the sender made up; enough to find it again.
const NAME_CHARS_MAX: usize = 100;

/// The compiled schema of one type.
pub(crate) struct Rules {
    validator: Validator,
    /// The schema itself, for reading texts of a query as what they are to be.
    pub(crate) schema: Value,
}

/// Compiled once for a type, which never changes: not state, but a constant that takes a while to compute.
static COMPILED: LazyLock<RwLock<HashMap<TypeId, Arc<Rules>>>> = LazyLock::new(RwLock::default);

impl Rules {
    pub(crate) fn of<T: JsonSchema + 'static>() -> Arc<Self> {
        let id = TypeId::of::<T>();
        if let Some(rules) = COMPILED.read().get(&id) {
            return Arc::clone(rules);
        }
        let rules = Arc::new(Self::compile(schema::alone::<T>()));
        Arc::clone(COMPILED.write().entry(id).or_insert(rules))
    }

    fn compile(schema: Value) -> Self {
        let validator = jsonschema::options()
            .with_draft(jsonschema::Draft::Draft202012)
            .with_pattern_options(PatternOptions::regex())
            .should_validate_formats(true)
            .build(&schema)
            // A schema that a type of ours gives and that is none refuses everything: found by the first test of the
            // route, and safe.
            .or_else(|error| {
                tracing::error!(error = %error, "a schema of a request cannot be used");
                jsonschema::validator_for(&Value::Bool(false))
            });
        match validator {
            Ok(validator) => Self { validator, schema },
            Err(error) => unreachable!("`false` is a schema: {error}"),
        }
    }

    pub(crate) fn allow(&self, value: &Value) -> bool {
        self.validator.is_valid(value)
    }

    /// What is wrong, each with its place as a JSON pointer.
    pub(crate) fn faults(&self, value: &Value) -> Vec<FieldError> {
        let mut faults = Vec::new();
        for error in self.validator.iter_errors(value) {
            self.tell(&error, &mut faults);
            if faults.len() >= FAULTS_MAX {
                break;
            }
        }
        faults.truncate(FAULTS_MAX);
        // A text that is empty is too short and of the wrong form, which is one fault.
        let told: HashSet<String> =
            faults.iter().filter(|fault| !fault.is_blank).map(|fault| fault.field.path.clone()).collect();
        let is_news = |fault: &Fault| !fault.is_blank || !told.contains(&fault.field.path);
        faults.into_iter().filter(is_news).map(|fault| fault.field).collect()
    }

    /// What a text with a pattern is, where its schema says so.
    fn name_of_form(&self, error: &ValidationError<'_>) -> Option<String> {
        let (of_field, _) = error.schema_path().as_str().rsplit_once('/')?;
        // The title of the whole is the name of its type.
        let schema = self.schema.pointer(of_field).filter(|_| !of_field.is_empty())?;
        if schema.get("format").is_some_and(|format| format == "email") {
            return Some("e-mail address".to_owned());
        }
        let title = schema.get("title")?.as_str()?;
        let first = title.chars().next()?;
        Some(format!("{}{}", first.to_lowercase(), &title[first.len_utf8()..]))
    }

    fn tell(&self, error: &ValidationError<'_>, faults: &mut Vec<Fault>) {
        let place = error.instance_path().as_str();
        let is_blank = matches!(error.kind(), ValidationErrorKind::Pattern { .. }) && is_blank(error);
        let mut at = |path: String, message: String| {
            faults.push(Fault { field: FieldError { path, message }, is_blank })
        };
        match error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected } => {
                for name in unexpected.iter().take(FAULTS_MAX) {
                    at(below(place, name), "is not known here".to_owned());
                }
            }
            ValidationErrorKind::Required { property } => {
                at(below(place, property.as_str().unwrap_or_default()), "is missing".to_owned());
            }
            // What may be absent is written as `a thing or null`; the thing's own faults are what the sender wants to hear.
            ValidationErrorKind::AnyOf { context } => {
                let of_the_thing = context.iter().find(|faults| {
                    faults.iter().all(|fault| !matches!(fault.kind(), ValidationErrorKind::Type { .. }))
                });
                match of_the_thing {
                    Some(inner) => inner.iter().for_each(|fault| self.tell(fault, faults)),
                    None => at(place.to_owned(), "is none of what is allowed here".to_owned()),
                }
            }
            kind => at(place.to_owned(), self.words(kind, error)),
        }
    }

    // The value itself is never quoted: it may be a password.
    fn words(&self, kind: &ValidationErrorKind, error: &ValidationError<'_>) -> String {
        match kind {
            ValidationErrorKind::MaxLength { limit } => format!("has more than {limit} characters"),
            ValidationErrorKind::MinLength { limit: 1 } => "is empty".to_owned(),
            ValidationErrorKind::MinLength { limit } => format!("has fewer than {limit} characters"),
            ValidationErrorKind::MaxItems { limit } => format!("has more than {limit} entries"),
            ValidationErrorKind::MinItems { limit: 1 } => "has no entries".to_owned(),
            ValidationErrorKind::MinItems { limit } => format!("has fewer than {limit} entries"),
            ValidationErrorKind::Maximum { limit } => format!("is more than {limit}"),
            ValidationErrorKind::Minimum { limit } => format!("is less than {limit}"),
            ValidationErrorKind::Pattern { pattern }
                if pattern == schema::LINE || pattern == schema::TEXT =>
            {
                "has a control character".to_owned()
            }
            ValidationErrorKind::Pattern { pattern } if pattern.len() <= FORM_CHARS_MAX => {
                format!("is not of the form {pattern}")
            }
            ValidationErrorKind::Pattern { .. } if is_blank(error) => "is empty".to_owned(),
            ValidationErrorKind::Pattern { .. } => match self.name_of_form(error) {
                Some(name) => format!("is no {name}"),
                None => "has something in it that cannot be there".to_owned(),
            },
            ValidationErrorKind::Enum { options } => format!("is not one of {options}"),
            ValidationErrorKind::Format { format } if format == "email" => "is no e-mail address".to_owned(),
            ValidationErrorKind::Format { format } => format!("is not a {format}"),
            _ => {
                let masked = error.masked().to_string();
                masked.strip_prefix("value ").unwrap_or(&masked).to_owned()
            }
        }
    }
}

/// A fault, and whether it is that of a text which is empty and should have a form.
struct Fault {
    field: FieldError,
    is_blank: bool,
}

fn is_blank(error: &ValidationError<'_>) -> bool {
    error.instance().as_str().is_some_and(|text| text.trim().is_empty())
}

/// The pointer of a field, by RFC 6901.
pub(crate) fn below(place: &str, name: &str) -> String {
    let name: String = name.chars().take(NAME_CHARS_MAX).collect();
    format!("{place}/{}", name.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema matters")]
    struct Person {
        #[schemars(
            title = "E-mail address",
            length(max = 20),
            regex(pattern = r"^[a-z0-9]{1,64}(\.[a-z0-9]{1,64})*@[a-z0-9]{1,64}(\.[a-z0-9]{1,64})*$")
        )]
        email: String,
        #[schemars(extend("format" = "email"), length(max = 20), regex(pattern = r"^[a-z0-9]{1,64}(\.[a-z0-9]{1,64})*@[a-z0-9]{1,64}(\.[a-z0-9]{1,64})*$"))]
        other: Option<String>,
        #[schemars(
            length(min = 1, max = 5),
            regex(
                pattern = r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$"
            )
        )]
        name: String,
    }

    #[test]
    fn each_fault_is_told_once_and_as_what_it_is() {
        let rules = Rules::of::<Person>();
        let good = json!({ "email": "ada@shop.example", "name": "Ada" });
        for (field, value, expected) in [
            ("email", json!("ada@shop.example"), &[][..]),
            ("email", json!("not"), &["is no e-mail address"]),
            ("email", json!(""), &["is empty"]),
            (
                "email",
                json!("a much longer text that is none"),
                &["has more than 20 characters", "is no e-mail address"],
            ),
            ("name", json!(""), &["is empty"]),
            ("name", json!("   "), &["is empty"]),
            ("name", json!("a\u{7}"), &["has something in it that cannot be there"]),
        ] {
            let mut person = good.clone();
            person[field] = value.clone();
            let faults = rules.faults(&person);
            assert!(faults.iter().all(|fault| fault.path == format!("/{field}")), "{value}: {faults:?}");
            let mut messages: Vec<&str> = faults.iter().map(|fault| fault.message.as_str()).collect();
            messages.sort_unstable();
            assert_eq!(messages, expected, "{value}");
        }
        let mut person = good;
        person["other"] = json!("not");
        assert_eq!(rules.faults(&person)[0].message, "is no e-mail address");
    }
}
