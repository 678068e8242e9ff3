//! A message as the bytes that mail programs read.

use mail_builder::MessageBuilder;
use mail_builder::headers::date::Date;
use mainstay_core::{Result, Timestamp};

use crate::address::Address;
use crate::codes;
use crate::message::Message;

/// The message in RFC 5322 form, from `from` and dated `date`. Its `Message-ID` is made of its id, so that a mail
/// server that sees it twice can tell.
pub fn to_mime(message: &Message, from: &Address, date: Timestamp) -> Result<Vec<u8>> {
    let mut builder = MessageBuilder::new()
        .message_id(format!("{}@{}", message.id(), from.domain()))
        .date(Date::new(date.as_micros().div_euclid(1_000_000)))
        .from(from.as_str())
        .to(message.to().as_str())
        .subject(message.subject())
        .text_body(message.text());
    if let Some(html) = message.html() {
        builder = builder.html_body(html);
    }
    builder
        .write_to_vec()
        .map_err(|error| codes::BAD_MESSAGE.because("the message has no form that mail programs read", error))
}

#[cfg(test)]
mod tests {
    use mainstay_core::Id;

    use super::*;

    fn rendered(subject: &str, text: &str, html: Option<&str>) -> String {
        let to: Address = "ada@example.org".parse().unwrap();
        let mut message = Message::new(Id::from_bytes([1; 16]), to, subject, text).unwrap();
        if let Some(html) = html {
            message = message.with_html(html).unwrap();
        }
        let from: Address = "shop@example.com".parse().unwrap();
        let date = "2030-01-31T12:00:00Z".parse().unwrap();
        String::from_utf8(to_mime(&message, &from, date).unwrap()).unwrap()
    }

    fn header<'a>(mail: &'a str, name: &str) -> &'a str {
        let head = mail.split("\r\n\r\n").next().unwrap();
        let prefix = format!("{name}: ");
        head.lines()
            .find_map(|line| line.strip_prefix(&prefix))
            .unwrap_or_else(|| panic!("no {name} in {head}"))
    }

    #[test]
    fn headers_say_who_when_and_what() {
        let mail = rendered("Your order", "Thank you.", None);
        assert_eq!(header(&mail, "From"), "<shop@example.com>");
        assert_eq!(header(&mail, "To"), "<ada@example.org>");
        assert_eq!(header(&mail, "Subject"), "Your order");
        assert_eq!(header(&mail, "Date"), "Thu, 31 Jan 2030 12:00:00 +0000");
        let id = Id::<crate::MessageKind>::from_bytes([1; 16]);
        assert_eq!(header(&mail, "Message-ID"), format!("<{id}@example.com>"));
        assert!(mail.contains("Thank you."));
    }

    #[test]
    fn a_page_comes_beside_the_text() {
        let mail = rendered("Your order", "Thank you.", Some("<p>Thank you.</p>"));
        assert!(header(&mail, "Content-Type").starts_with("multipart/alternative"));
        assert!(mail.contains("text/plain") && mail.contains("text/html"));
    }

    #[test]
    fn text_that_looks_like_headers_or_an_end_stays_text() {
        let mail = rendered("Your order", "\r\n.\r\nBcc: x@example.org\r\n", None);
        let head = mail.split("\r\n\r\n").next().unwrap();
        assert!(!head.contains("Bcc"), "{head}");
    }
}
