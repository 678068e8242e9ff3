//! What must not be told, found in text that came from outside: mail addresses, cards, tokens, keys, passwords.
//!
//! It is the last line, not the first: a log line should not carry such things to begin with. But a client chooses its
//! path, its headers and its names, and any of them may end up in an error's sentence. What is masked is replaced by a
//! mark that says what stood there; the text around it stays readable.

use std::borrow::Cow;

use crate::text::{Text, Value};

/// Words in the name of a field whose value is never told, whatever it looks like.
const SECRET_NAMES: [&str; 12] = [
    "password",
    "passwd",
    "secret",
    "token",
    "authorization",
    "cookie",
    "api_key",
    "apikey",
    "credential",
    "email",
    "phone",
    "card_number",
];

/// Endings of names that tell of such things without telling them.
const PLAIN_ENDINGS: [&str; 5] = ["_id", "_count", "_kind", "_bytes", "_ms"];

/// Beginnings of secrets: ours (sessions, refresh tokens, service keys, mail links) and those of well-known providers.
const SECRET_PREFIXES: [&str; 9] =
    ["msk_", "mrt_", "mss_", "mcf_", "mpr_", "sk_live_", "sk_test_", "whsec_", "ghp_"];

/// A secret has at least this many letters after its beginning; shorter ones are words.
const SECRET_LENGTH_MIN: usize = 16;

/// Payment cards have 13 to 19 digits.
const CARD_DIGITS: std::ops::RangeInclusive<usize> = 13..=19;

/// More finds than this in one text, and the rest of it is masked whole: looking costs time for each, and a text that is
/// made of addresses has nothing to tell.
const FINDS_MAX: usize = 8;

/// Stands for a value that is not told.
const MASKED: &str = "[masked]";

/// Whether the value of a field with this name is never told.
pub fn is_secret_name(name: &str) -> bool {
    let last = name.rsplit(['.', '-']).next().unwrap_or(name);
    SECRET_NAMES.iter().any(|secret| find_ignoring_case(last, secret).is_some())
        && !PLAIN_ENDINGS.iter().any(|plain| last.ends_with(plain))
}

/// What to write instead of the value of a field with this name, if something else is to be written.
pub(crate) fn value(name: &str, value: &Value) -> Option<Text> {
    let told = value.as_text()?;
    if is_secret_name(name) {
        return Some(Text::Known(MASKED));
    }
    match text(told) {
        Cow::Borrowed(_) => None,
        Cow::Owned(masked) => Some(masked.into()),
    }
}

/// The text without what must not be told. Borrowed when there is nothing to mask, which is the common case.
pub fn text(text: &str) -> Cow<'_, str> {
    if !is_suspicious(text) {
        return Cow::Borrowed(text);
    }
    let mut masked = String::new();
    let mut rest = text;
    for _ in 0..FINDS_MAX {
        let Some((from, to, mark)) = next(rest) else {
            if masked.is_empty() {
                return Cow::Borrowed(text);
            }
            masked.push_str(rest);
            return Cow::Owned(masked);
        };
        masked.push_str(&rest[..from]);
        masked.push_str(mark);
        rest = &rest[to..];
    }
    if !rest.is_empty() {
        masked.push_str(MASKED);
    }
    Cow::Owned(masked)
}

/// A cheap look: most texts have none of these letters and are done.
fn is_suspicious(text: &str) -> bool {
    let (mut digits, mut named, mut spaced) = (0_usize, false, false);
    let mut previous = 0_u8;
    for byte in text.bytes() {
        match byte {
            // `@` of an address; `eyJ` of a token; `%40` is an `@` in a URL.
            b'@' => return true,
            b'J' if previous == b'y' => return true,
            b'4' if previous == b'%' => return true,
            b'_' | b'=' | b':' => named = true,
            b' ' => spaced = true,
            _ => {}
        }
        digits += usize::from(byte.is_ascii_digit());
        previous = byte;
    }
    digits >= *CARD_DIGITS.start() || (named && has_secret_word(text)) || (spaced && scheme(text).is_some())
}

fn has_secret_word(text: &str) -> bool {
    SECRET_PREFIXES.iter().any(|prefix| text.contains(prefix))
        || SECRET_NAMES.iter().any(|name| find_ignoring_case(text, name).is_some())
}

fn find_ignoring_case(text: &str, word: &str) -> Option<usize> {
    text.as_bytes().windows(word.len()).position(|part| part.eq_ignore_ascii_case(word.as_bytes()))
}

/// Where it begins and ends, and what to write instead.
type Found = (usize, usize, &'static str);

/// The first thing to mask; of several that begin together the longest.
fn next(text: &str) -> Option<Found> {
    let found = [address(text), token(text), prefixed(text), scheme(text), card(text), named(text)];
    found.into_iter().flatten().min_by_key(|(from, to, _)| (*from, std::cmp::Reverse(*to)))
}

/// A mail address, also with its `@` escaped as in a URL.
fn address(text: &str) -> Option<Found> {
    let local = |letter: char| letter.is_alphanumeric() || "._+-".contains(letter);
    let domain = |letter: char| letter.is_alphanumeric() || ".-".contains(letter);
    ["@", "%40"]
        .into_iter()
        .filter_map(|at| {
            text.match_indices(at).find_map(|(place, _)| {
                let (before, after) = (&text[..place], &text[place + at.len()..]);
                let from = before.trim_end_matches(local).len();
                let host = &after[..after.len() - after.trim_start_matches(domain).len()];
                let host = host.trim_end_matches(['.', '-']);
                (from < place && host.contains('.')).then_some((
                    from,
                    place + at.len() + host.len(),
                    "[mail]",
                ))
            })
        })
        .min_by_key(|(from, _, _)| *from)
}

/// A JSON web token: its first part is an object in base64, which begins so.
fn token(text: &str) -> Option<Found> {
    text.match_indices("eyJ").find_map(|(from, _)| {
        let length = word(&text[from..], |byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        (length >= 20).then_some((from, from + length, "[token]"))
    })
}

/// A secret whose beginning tells what it is.
fn prefixed(text: &str) -> Option<Found> {
    SECRET_PREFIXES
        .iter()
        .filter_map(|prefix| {
            text.match_indices(prefix).find_map(|(from, _)| {
                let after = &text[from + prefix.len()..];
                let length = word(after, |byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
                (length >= SECRET_LENGTH_MIN).then_some((from, from + prefix.len() + length, "[secret]"))
            })
        })
        .min_by_key(|(from, _, _)| *from)
}

/// What follows the scheme of an Authorization header.
fn scheme(text: &str) -> Option<Found> {
    ["bearer ", "basic "].iter().find_map(|scheme| {
        let from = find_ignoring_case(text, scheme)? + scheme.len();
        let length = word(&text[from..], |byte| byte.is_ascii_graphic() && !b"\",;'[".contains(&byte));
        // A word such as "basic settings" is no credential; eight letters with a figure among them are.
        let looks_drawn = length >= 8 && text.as_bytes()[from..from + length].iter().any(u8::is_ascii_digit);
        (length >= 16 || looks_drawn).then_some((from, from + length, "[credential]"))
    })
}

/// A payment card: enough digits, perhaps in groups, whose check digit is right.
fn card(text: &str) -> Option<Found> {
    let bytes = text.as_bytes();
    let mut from = 0;
    while from < bytes.len() {
        if !bytes[from].is_ascii_digit() {
            from += 1;
            continue;
        }
        // Digits that go on a word, as in an id, are no card.
        let begins = from == 0 || !bytes[from - 1].is_ascii_alphanumeric();
        let mut digits = Vec::with_capacity(*CARD_DIGITS.end() + 1);
        let mut to = from;
        while to < bytes.len() && digits.len() <= *CARD_DIGITS.end() {
            match bytes[to] {
                digit @ b'0'..=b'9' => digits.push(digit - b'0'),
                b' ' | b'-' if bytes.get(to + 1).is_some_and(u8::is_ascii_digit) => {}
                _ => break,
            }
            to += 1;
        }
        let ends = bytes.get(to).is_none_or(|byte| !byte.is_ascii_alphanumeric());
        if begins && ends && CARD_DIGITS.contains(&digits.len()) && is_luhn(&digits) {
            return Some((from, to, "[card]"));
        }
        from = to.max(from + 1);
    }
    None
}

fn is_luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let digit = u32::from(*digit);
            match (place % 2, digit * 2) {
                (0, _) => digit,
                (_, doubled) if doubled > 9 => doubled - 9,
                (_, doubled) => doubled,
            }
        })
        .sum();
    sum.is_multiple_of(10) && digits.iter().any(|digit| *digit != 0)
}

/// `password=…`, `"token": "…"`: a secret's name with its value.
fn named(text: &str) -> Option<Found> {
    SECRET_NAMES
        .iter()
        .filter_map(|name| {
            let mut searched = 0;
            while let Some(place) = find_ignoring_case(&text[searched..], name) {
                searched += place + name.len();
                let rest = text[searched..].trim_start_matches(['"', '\'']);
                let value =
                    rest.strip_prefix(['=', ':']).map(|rest| rest.trim_start_matches([' ', '"', '\'']));
                if let Some(value) = value.filter(|value| !value.starts_with('[')) {
                    let from = text.len() - value.len();
                    let length = word(value, |byte| byte > b' ' && !b"\"'&;,})".contains(&byte));
                    if length > 0 {
                        return Some((from, from + length, MASKED));
                    }
                }
            }
            None
        })
        .min_by_key(|(from, _, _)| *from)
}

/// How many bytes of `text` belong to its first word.
fn word(text: &str, belongs: impl Fn(u8) -> bool) -> usize {
    text.bytes().take_while(|byte| belongs(*byte)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_must_not_be_told_is_replaced_and_the_rest_stays() {
        for (given, told) in [
            ("no account for ada.b+shop@example.org here", "no account for [mail] here"),
            ("GET /v1/x?mail=ada%40example.org&a=1", "GET /v1/x?mail=[mail]&a=1"),
            ("two: a@b.de, c@d.fr.", "two: [mail], [mail]."),
            ("card 4242 4242 4242 4242 was refused", "card [card] was refused"),
            ("card 4242-4242-4242-4242!", "card [card]!"),
            ("5555555555554444", "[card]"),
            ("sent bearer abc123def456 to us", "sent bearer [credential] to us"),
            ("sent msk_0123456789abcdefXYZ to us", "sent [secret] to us"),
            ("a session mss_0123456789abcdefXYZ", "a session [secret]"),
            ("mcf_mfrggzdfmztwq2lk and mpr_mfrggzdfmztwq2lk", "[secret] and [secret]"),
            ("eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIxIn0.sig", "[token]"),
            (r#"{"password": "hunter2", "name": "Ada"}"#, r#"{"password": "[masked]", "name": "Ada"}"#),
            ("token=abc&x=1", "token=[masked]&x=1"),
            ("ü@ü.example und mehr", "[mail] und mehr"),
        ] {
            assert_eq!(text(given), told, "{given}");
        }
        let many = "a@b.de ".repeat(1_000);
        assert!(text(&many).ends_with("[mail][masked]"), "a flood of addresses is cut short");
    }

    #[test]
    fn what_is_harmless_stays_as_it_is() {
        for given in [
            "order ord_01jd2v8k4m5n6p7q8r9s0t1v2w placed",
            "trace 4bf92f3577b34da6a3ce929d0e0e4736",
            "took 1234567890123 us",
            "4242 4242 4242 4241",
            "a basic settings page",
            "user@host",
            "token_id: 7 rows",
            "2030-03-17T17:46:40.000000Z 127.0.0.1:8080",
            "",
            "ÄÖÜ 😀 @",
        ] {
            assert_eq!(text(given), given);
        }
    }

    #[test]
    fn fields_are_judged_by_their_names_too() {
        for name in
            ["password", "user.Password", "http.header.authorization", "x-api_key", "session_token", "email"]
        {
            assert!(is_secret_name(name), "{name}");
        }
        for name in ["order.id", "token_id", "attempts", "service", "token_count"] {
            assert!(!is_secret_name(name), "{name}");
        }
        assert_eq!(value("password", &"x".into()).as_deref(), Some(MASKED));
        assert_eq!(value("mail", &"to a@b.de".into()).as_deref(), Some("to [mail]"));
        assert_eq!(value("order", &"seven".into()), None);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_masked_without_a_fault(given in "\\PC*") {
            let _ = text(&given);
        }

        #[test]
        fn an_address_is_found_wherever_it_stands(before in "[a-zäß ,;<(]{0,12}", after in "([ ,;>)][a-z@ß ]{0,8})?") {
            let given = format!("{before} ada@example.org{after}");
            let masked = text(&given);
            proptest::prop_assert!(!masked.contains("@example"), "{}", masked);
        }
    }
}
