//! Entity tags as callers compare them when they read (RFC 9110, section 13). Conditions of a change are in
//! `extract/condition.rs`.

use std::fmt;

use http::HeaderValue;
use http::header::ETAG;

use crate::encoding::Coding;

/// Tags of one header that are looked at: a client keeps a few versions, not hundreds.
const TAGS_MAX: usize = 64;

/// Of a tag that is made from a version or a hash; more is no tag of ours.
const TAG_LENGTH_MAX: usize = 256;

/// A version of a thing, as a caller can hold it against another. Weak: equal in meaning, perhaps not byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ETag {
    weak: bool,
    opaque: String,
}

impl ETag {
    /// The bytes are the same whenever the tag is. Characters that a tag cannot have are left out.
    pub fn strong(opaque: &str) -> Self {
        Self { weak: false, opaque: opaque.chars().filter(|c| is_tag_byte(*c as u32)).collect() }
    }

    /// The meaning is the same whenever the tag is.
    pub fn weak(opaque: &str) -> Self {
        Self { weak: true, ..Self::strong(opaque) }
    }

    /// The value of the header `ETag`.
    pub fn header(&self) -> HeaderValue {
        // Only characters that a header can have are in it.
        HeaderValue::try_from(self.to_string()).unwrap_or(HeaderValue::from_static("\"\""))
    }

    /// The tag of the same version in a coding: other bytes, so a strong tag is another one.
    #[must_use]
    pub(crate) fn coded(mut self, coding: Coding) -> Self {
        if !self.weak {
            self.opaque.push_str(suffix(coding));
        }
        self
    }

    /// The tag of the version, whatever coding it was sent in.
    #[must_use]
    pub(crate) fn uncoded(mut self) -> Self {
        for coding in [Coding::Gzip, Coding::Brotli] {
            if let Some(plain) = self.opaque.strip_suffix(suffix(coding)) {
                self.opaque.truncate(plain.len());
                break;
            }
        }
        self
    }

    pub fn parse(text: &str) -> Option<Self> {
        let (weak, quoted) = match text.strip_prefix("W/") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let opaque = quoted.strip_prefix('"')?.strip_suffix('"')?;
        let is_tag = opaque.len() <= TAG_LENGTH_MAX && opaque.chars().all(|c| is_tag_byte(c as u32));
        is_tag.then(|| Self { weak, opaque: opaque.to_owned() })
    }

    /// The bytes are the same, so that parts of both fit together.
    pub(crate) fn matches_strongly(&self, other: &Self) -> bool {
        !self.weak && !other.weak && self.opaque == other.opaque
    }

    /// The meaning is the same, which is enough to read.
    pub fn matches_weakly(&self, other: &Self) -> bool {
        self.opaque == other.opaque
    }
}

fn is_tag_byte(code: u32) -> bool {
    code == 0x21 || (0x23..=0x7e).contains(&code)
}

/// What a tag gets behind it in a coding.
fn suffix(coding: Coding) -> &'static str {
    match coding {
        Coding::Identity => "",
        Coding::Gzip => "-gzip",
        Coding::Brotli => "-br",
    }
}

/// A header with tags as they were sent, in the words of the handler that made them.
pub(crate) fn uncoded(header: &str) -> String {
    let mut text = header.to_owned();
    for coding in [Coding::Gzip, Coding::Brotli] {
        text = text.replace(&format!("{}\"", suffix(coding)), "\"");
    }
    text
}

impl fmt::Display for ETag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\"{}\"", if self.weak { "W/" } else { "" }, self.opaque)
    }
}

/// The tags of `If-Match` or `If-None-Match`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tags {
    /// `*`: whatever is there.
    Any,
    List(Vec<ETag>),
}

impl Tags {
    /// Reads a list; what is no tag in it matches nothing. A comma may be inside of a tag.
    pub fn parse(text: &str) -> Self {
        if text.trim_ascii() == "*" {
            return Self::Any;
        }
        let mut tags = Vec::new();
        let mut rest = text;
        while tags.len() < TAGS_MAX {
            rest = rest.trim_start_matches([' ', '\t', ',']);
            let Some(open) = rest.find('"') else { break };
            let Some(length) = rest[open + 1..].find('"') else { break };
            let (member, behind) = rest.split_at(open + length + 2);
            tags.extend(ETag::parse(member));
            rest = behind;
        }
        Self::List(tags)
    }

    /// Whether one of them stands for the very bytes that `tag` does; what has no tag is something all the same.
    pub(crate) fn matches_strongly(&self, tag: Option<&ETag>) -> bool {
        match self {
            Self::Any => true,
            Self::List(tags) => tag.is_some_and(|tag| tags.iter().any(|known| known.matches_strongly(tag))),
        }
    }

    pub(crate) fn matches_weakly(&self, tag: &ETag) -> bool {
        match self {
            Self::Any => true,
            Self::List(tags) => {
                let tag = tag.clone().uncoded();
                tags.iter().any(|known| known.clone().uncoded().matches_weakly(&tag))
            }
        }
    }
}

/// A handler adds it to its answer: `(tag, Json(thing))`.
impl axum::response::IntoResponseParts for ETag {
    type Error = std::convert::Infallible;

    fn into_response_parts(
        self,
        mut parts: axum::response::ResponseParts,
    ) -> Result<axum::response::ResponseParts, Self::Error> {
        parts.headers_mut().insert(ETAG, self.header());
        Ok(parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_as_far_as_they_are_tags() {
        let tags = |text| match Tags::parse(text) {
            Tags::Any => "any".to_owned(),
            Tags::List(tags) => tags.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
        };
        for (text, read) in [
            ("*", "any"),
            ("\"a\"", "\"a\""),
            ("\"a\", W/\"b\" ,\"c,d\"", "\"a\" W/\"b\" \"c,d\""),
            ("\"a", ""),
            ("a, b", ""),
            ("", ""),
            ("\"a\" junk \"b\"", "\"a\""),
            ("\"\"", "\"\""),
            ("w/\"a\"", ""),
        ] {
            assert_eq!(tags(text), read, "{text}");
        }
        let many = "\"a\",".repeat(100_000);
        assert!(matches!(Tags::parse(&many), Tags::List(tags) if tags.len() == TAGS_MAX));
    }
}
