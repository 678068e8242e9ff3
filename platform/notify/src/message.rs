//! A message before it is sent.

use mainstay_core::{Id, IdKind, Result};

use crate::address::Address;
use crate::codes;

/// Ids of messages.
pub enum MessageKind {}
impl IdKind for MessageKind {
    const PREFIX: &'static str = "msg";
}

/// The longest subject: far more than a reader's list shows.
pub const MAX_SUBJECT_BYTES: usize = 500;

/// The longest text and the longest page: mail programs cut longer ones, or take them for an attack.
pub const MAX_BODY_BYTES: usize = 512 * 1024;

/// What is told, to whom, under which id.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    id: Id<MessageKind>,
    to: Address,
    subject: String,
    text: String,
    html: Option<String>,
}

impl Message {
    /// A message in plain text. Sending another message of the same `id` delivers nothing, so derive it from what the
    /// message is about.
    ///
    /// `notify.bad_message` for a subject with control characters, an empty one, or parts above their limits.
    pub fn new(
        id: Id<MessageKind>,
        to: Address,
        subject: impl Into<String>,
        text: impl Into<String>,
    ) -> Result<Self> {
        let (subject, text) = (subject.into(), text.into());
        if subject.trim().is_empty() || subject.len() > MAX_SUBJECT_BYTES {
            return Err(codes::BAD_MESSAGE.error(format!("a subject has 1 to {MAX_SUBJECT_BYTES} bytes")));
        }
        // A line break would begin another header.
        if subject.chars().any(char::is_control) {
            return Err(codes::BAD_MESSAGE.error("a subject has no line breaks or other control characters"));
        }
        check_body(&text)?;
        Ok(Self { id, to, subject, text, html: None })
    }

    /// The same message as a page, for those who read it so. `notify.bad_message` above the limit.
    pub fn with_html(mut self, html: impl Into<String>) -> Result<Self> {
        let html = html.into();
        check_body(&html)?;
        self.html = Some(html);
        Ok(self)
    }

    pub fn id(&self) -> Id<MessageKind> {
        self.id
    }

    pub fn to(&self) -> &Address {
        &self.to
    }

    pub fn subject(&self) -> &str {
        &self.subject
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn html(&self) -> Option<&str> {
        self.html.as_deref()
    }
}

fn check_body(body: &str) -> Result<()> {
    if body.len() > MAX_BODY_BYTES {
        return Err(codes::BAD_MESSAGE.error(format!("a part has at most {MAX_BODY_BYTES} bytes")));
    }
    Ok(())
}

// Neither the person nor the words belong in a log.
impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Message").field("id", &self.id).field("to", &self.to).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(subject: &str, text: &str) -> Result<Message> {
        Message::new(Id::from_bytes([1; 16]), "a@example.org".parse()?, subject, text)
    }

    #[test]
    fn a_subject_cannot_become_a_header() {
        for subject in
            ["", "  ", "Hello\r\nBcc: x@example.org", "Hello\nthere", "Hello\u{7}", "Hello\u{85}there"]
        {
            assert!(message(subject, "").unwrap_err().is(&codes::BAD_MESSAGE), "{subject:?}");
        }
        assert!(message("Ihre Bestellung: 3 × Tee", "").is_ok());
    }

    #[test]
    fn sizes_are_bounded() {
        assert!(message(&"s".repeat(MAX_SUBJECT_BYTES + 1), "").is_err());
        assert!(message("s", &"t".repeat(MAX_BODY_BYTES + 1)).is_err());
        assert!(message("s", "t").unwrap().with_html("h".repeat(MAX_BODY_BYTES + 1)).is_err());
    }

    #[test]
    fn debugging_does_not_tell_the_words() {
        let shown = format!("{:?}", message("Secret subject", "secret words").unwrap());
        assert!(!shown.to_lowercase().contains("secret") && !shown.contains("a@"), "{shown}");
    }
}
