//! Takes out of a state what people wrote: names, addresses, mail, tokens. Shape, ids, numbers and the words that code
//! chooses from stay, so that one sees where a run stands.

use serde_json::Value;

/// Keys whose values are chosen by code and not by people.
const PLAIN_KEYS: &[&str] =
    &["state", "method", "shipping_method", "currency", "sku", "code", "step", "kind", "status"];

/// The state as JSON, redacted; what is no JSON is hidden whole.
pub fn state(text: &str) -> Value {
    match serde_json::from_str(text) {
        Ok(mut value) => {
            redact(&mut value, "");
            value
        }
        Err(_) => hidden(text),
    }
}

fn redact(value: &mut Value, key: &str) {
    match value {
        Value::String(text) => {
            let plain = PLAIN_KEYS.contains(&key) || key.ends_with("_at") || is_id(text) || is_number(text);
            if !plain {
                *value = hidden(text);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| redact(item, key)),
        Value::Object(fields) => fields.iter_mut().for_each(|(key, value)| redact(value, key)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn hidden(text: &str) -> Value {
    Value::String(format!("({} characters)", text.chars().count()))
}

/// A prefix, an underscore and 26 characters: an id of the platform's.
fn is_id(text: &str) -> bool {
    text.split_once('_').is_some_and(|(prefix, rest)| {
        prefix.len() <= 4 && rest.len() == 26 && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

/// An amount, which is text in JSON.
fn is_number(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 20
        && text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_people_wrote_is_gone_and_where_the_run_stands_is_not() {
        let id = "ord_01ARZ3NDEKTSV4RRFFQ69G5FAV";
        let text = json!({
            "order": id, "email": "ada@home.example", "token": "tok_secret", "quantity": 2, "shipping_method": "standard",
            "total": {"amount": "12.50", "currency": "GBP"}, "lines": [{"sku": "MUG-1", "name": "Mug"}],
            "address": {"line1": "1 High Street"},
        });
        let redacted = state(&text.to_string());
        assert_eq!(redacted["order"], id);
        assert_eq!((&redacted["quantity"], &redacted["total"]["amount"]), (&json!(2), &json!("12.50")));
        assert_eq!(
            (&redacted["lines"][0]["sku"], &redacted["shipping_method"]),
            (&json!("MUG-1"), &json!("standard"))
        );
        let shown = redacted.to_string();
        for secret in ["ada", "tok_secret", "High Street", "Mug\""] {
            assert!(!shown.contains(secret), "{shown}");
        }
        assert_eq!(state("{broken"), json!("(7 characters)"));
    }
}
