//! What a type says against a body, in words for whoever sent it: serde's own name types of Rust, and quote what they
//! found, which may be a password.

use mainstay_core::FieldError;
use serde_path_to_error::{Error, Path, Segment};

use crate::contract::rules::below;

/// What our own types say is short; what they quote of a body may not be.
const MESSAGE_CHARS_MAX: usize = 200;

/// The one fault at which the type stopped.
pub(super) fn fault(error: &Error<serde_json::Error>) -> FieldError {
    let place = pointer(error.path());
    let text = error.inner().to_string();
    // The position is of no use beside the place.
    let text = text.split(" at line ").next().unwrap_or_default();
    for (start, message) in [
        ("missing field `", "is missing"),
        ("duplicate field `", "is there twice"),
        ("unknown field `", "is not known here"),
    ] {
        if let Some(rest) = text.strip_prefix(start) {
            let name = rest.split('`').next().unwrap_or_default();
            let field = below("", name);
            // Of an unknown one the place is that of the field already.
            let path = if place.ends_with(&field) && start.starts_with("unknown") {
                place
            } else {
                format!("{place}{field}")
            };
            return FieldError { path, message: message.to_owned() };
        }
    }
    let message = match text.starts_with("invalid ") || text.starts_with("unknown variant ") {
        true => unexpected(text),
        false => text.chars().take(MESSAGE_CHARS_MAX).collect(),
    };
    FieldError { path: place, message }
}

/// `invalid type: string "…", expected a number`: what was expected, where it is said in words and not in Rust.
fn unexpected(text: &str) -> String {
    let expected = text.rsplit_once(", expected ").map(|(_, expected)| expected);
    match expected.filter(|words| ["a ", "an ", "one of ", "`"].iter().any(|start| words.starts_with(start)))
    {
        Some(words) => format!("is not {}", words.chars().take(MESSAGE_CHARS_MAX).collect::<String>()),
        None => "is not of the kind that is wanted here".to_owned(),
    }
}

/// A place by RFC 6901.
pub(super) fn pointer(path: &Path) -> String {
    path.iter().fold(String::new(), |place, segment| match segment {
        Segment::Seq { index } => format!("{place}/{index}"),
        Segment::Map { key } | Segment::Enum { variant: key } => below(&place, key),
        Segment::Unknown => place,
    })
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only what is refused matters")]
    struct Thing {
        name: String,
        #[serde(default)]
        parts: Vec<Thing>,
        #[serde(default)]
        size: Option<Size>,
        #[serde(default)]
        count: u8,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Size {
        Small,
        Large,
    }

    #[test]
    fn a_type_is_heard_in_words() {
        for (text, path, message) in [
            (r#"{"name":"a","name":"b"}"#, "/name", "is there twice"),
            (r#"{"name":"a","parts":[{"name":"a","name":"b"}]}"#, "/parts/0/name", "is there twice"),
            (r#"{"parts":[]}"#, "/name", "is missing"),
            (r#"{"name":"a","parts":[{"name":"b","na/me":1}]}"#, "/parts/0/na~1me", "is not known here"),
            (r#"{"name":["hunter2"]}"#, "/name", "is not a string"),
            (r#"{"name":"a","count":"hunter2"}"#, "/count", "is not of the kind that is wanted here"),
            (r#"{"name":"a","count":300}"#, "/count", "is not of the kind that is wanted here"),
            (r#"{"name":"a","size":"hunter2"}"#, "/size", "is not `small` or `large`"),
            (r#"[[1]]"#, "/0", "is not a string"),
        ] {
            let mut reader = serde_json::Deserializer::from_str(text);
            let error = serde_path_to_error::deserialize::<_, Thing>(&mut reader).unwrap_err();
            let fault = fault(&error);
            assert_eq!((fault.path.as_str(), fault.message.as_str()), (path, message), "{text}");
        }
    }
}
