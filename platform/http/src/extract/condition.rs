//! Conditions of a write: what keeps two people from undoing each other's changes without noticing.
//!
//! A thing's ETag is the number of its last change in quotes. Who changes it says by `If-Match` which version they saw;
//! who creates it may say `If-None-Match: *`. RFC 9110, 13.1, and RFC 6585, 3.

use axum::extract::FromRequestParts;
use bytes::Bytes;
use http::header::{IF_MATCH, IF_NONE_MATCH};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue};
use mainstay_core::Result;

use crate::codes::{CONDITION_FAILED, CONDITION_REQUIRED};
use crate::problem::Problem;

/// What a request says about the version that it changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Nothing.
    Unsaid,
    /// One of these versions is there; none of them for a header that names none of ours.
    Match(Vec<u64>),
    /// Something is there.
    Exists,
    /// Nothing is there.
    Absent,
}

impl Condition {
    /// Whether a change of what is at `version` now (nothing when it does not exist) may go on. Creating needs no
    /// condition.
    ///
    /// # Errors
    /// `http.condition_required` (428) for a change without one, `http.condition_failed` (412).
    pub fn check(&self, version: Option<u64>) -> Result<()> {
        let holds = match (self, version) {
            (Self::Unsaid, Some(version)) => {
                return Err(CONDITION_REQUIRED
                    .error(format!("send If-Match with the version that you saw; it is \"{version}\" now")));
            }
            (Self::Unsaid | Self::Absent, None) | (Self::Exists, Some(_)) => true,
            (Self::Match(seen), Some(version)) => seen.contains(&version),
            (Self::Match(_) | Self::Exists, None) | (Self::Absent, Some(_)) => false,
        };
        if holds { Ok(()) } else { Err(CONDITION_FAILED.error("it is not as your condition says")) }
    }
}

/// The ETag of a version.
pub fn etag(version: u64) -> HeaderValue {
    // As long as it will be: then the bytes are taken over without one more allocation.
    let mut number = itoa::Buffer::new();
    let number = number.format(version).as_bytes();
    let mut text = Vec::with_capacity(number.len() + 2);
    text.push(b'"');
    text.extend_from_slice(number);
    text.push(b'"');
    // A number in quotes is always a header's value.
    HeaderValue::from_maybe_shared(Bytes::from(text)).unwrap_or(HeaderValue::from_static("\"0\""))
}

impl<S: Sync> FromRequestParts<S> for Condition {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(read(&parts.headers))
    }
}

fn read(headers: &HeaderMap) -> Condition {
    if headers.contains_key(IF_MATCH) {
        let tags: Vec<&str> = list(headers, IF_MATCH);
        if tags.contains(&"*") {
            return Condition::Exists;
        }
        // A weak tag never matches here, and a tag that is not ours matches nothing.
        return Condition::Match(tags.into_iter().filter_map(version).collect());
    }
    if list(headers, IF_NONE_MATCH).contains(&"*") { Condition::Absent } else { Condition::Unsaid }
}

fn list(headers: &HeaderMap, name: HeaderName) -> Vec<&str> {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim).collect()
}

fn version(tag: &str) -> Option<u64> {
    tag.strip_prefix('"')?.strip_suffix('"')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn condition(name: HeaderName, value: &'static str) -> Condition {
        read(&HeaderMap::from_iter([(name, HeaderValue::from_static(value))]))
    }

    #[test]
    fn a_change_says_what_it_saw() {
        for (condition, there, code) in [
            (Condition::Unsaid, None, ""),
            (Condition::Unsaid, Some(3), "http.condition_required"),
            (condition(IF_MATCH, "\"3\""), Some(3), ""),
            (condition(IF_MATCH, "\"2\", \"3\""), Some(3), ""),
            (condition(IF_MATCH, "\"2\""), Some(3), "http.condition_failed"),
            (condition(IF_MATCH, "W/\"3\""), Some(3), "http.condition_failed"),
            (condition(IF_MATCH, "3"), Some(3), "http.condition_failed"),
            (condition(IF_MATCH, ""), Some(3), "http.condition_failed"),
            (condition(IF_MATCH, "\"3\""), None, "http.condition_failed"),
            (condition(IF_MATCH, "*"), Some(3), ""),
            (condition(IF_MATCH, "*"), None, "http.condition_failed"),
            (condition(IF_NONE_MATCH, "*"), None, ""),
            (condition(IF_NONE_MATCH, "*"), Some(3), "http.condition_failed"),
            (condition(IF_NONE_MATCH, "\"3\""), Some(3), "http.condition_required"),
        ] {
            let answer =
                condition.check(there).err().map(|error| error.code().to_owned()).unwrap_or_default();
            assert_eq!(answer, code, "{condition:?} of {there:?}");
        }
        assert_eq!(etag(7), "\"7\"");
    }
}
