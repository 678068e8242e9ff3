//! Addresses as people may see them: without the passwords in them.
//!
//! An engine is named by an address, and the address of one elsewhere may hold a password. It belongs into no table of
//! settings and no sentence of an error, which end up in tickets and logs.

use std::borrow::Cow;

/// Stands where a password stood.
const HIDDEN: &str = "[masked]";

/// Words in the names of a query's values that are passwords.
const SECRET_NAMES: [&str; 3] = ["password", "secret", "token"];

/// A text without the passwords of the addresses in it (`scheme://user:password@host`, `?password=…`); all else stays as it
/// is.
pub fn without_passwords(text: &str) -> Cow<'_, str> {
    if !text.contains("://") {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (scheme, after) = rest.split_at(at + 3);
        let end = after.find(|letter: char| letter.is_whitespace() || letter == '"').unwrap_or(after.len());
        shown.push_str(scheme);
        hide(&after[..end], &mut shown);
        rest = &after[end..];
    }
    shown.push_str(rest);
    if shown == text { Cow::Borrowed(text) } else { Cow::Owned(shown) }
}

fn hide(address: &str, shown: &mut String) {
    let rest = match end_of_user(address) {
        Some(end) => {
            let (user, rest) = address.split_at(end);
            match user.split_once(':') {
                Some((name, _)) => shown.extend([name, ":", HIDDEN]),
                None => shown.push_str(user),
            }
            rest
        }
        None => address,
    };
    let (path, query) = rest.split_at(rest.find('?').unwrap_or(rest.len()));
    shown.push_str(path);
    for part in query.split_inclusive(['?', '&']) {
        let (value, mark) = part.split_at(part.trim_end_matches(['?', '&']).len());
        match value.split_once('=') {
            Some((name, _)) if is_secret(name) => shown.extend([name, "=", HIDDEN]),
            _ => shown.push_str(value),
        }
        shown.push_str(mark);
    }
}

/// Where the `@` after the user stands. A password with a slash in it is no valid address; it is hidden all the same.
fn end_of_user(address: &str) -> Option<usize> {
    let authority = &address[..address.find(['/', '?', '#']).unwrap_or(address.len())];
    authority.rfind('@').or_else(|| {
        let (_, port) = authority.split_once(':')?;
        let is_port = port.bytes().all(|byte| byte.is_ascii_digit());
        if is_port { None } else { address.rfind('@') }
    })
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET_NAMES.iter().any(|secret| name.contains(secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_hidden_and_nothing_else_is() {
        for (text, shown) in [
            ("postgres://u:sekret@h:5432/db", "postgres://u:[masked]@h:5432/db"),
            ("postgres://u:se/kr@t@h/db", "postgres://u:[masked]@h/db"),
            ("redis://:sekret@h", "redis://:[masked]@h"),
            ("\"smtp://u:p@h\", then smtp://v:q@i", "\"smtp://u:[masked]@h\", then smtp://v:[masked]@i"),
            ("s3://b?region=x&secret_key=s&b=1", "s3://b?region=x&secret_key=[masked]&b=1"),
            ("postgres://h/db?password=s", "postgres://h/db?password=[masked]"),
        ] {
            assert_eq!(without_passwords(text), shown);
        }
        for plain in [
            "",
            "shop@example.test",
            "sqlite:data",
            "http://127.0.0.1:8095/a@b",
            "nats://user@h",
            "https://h/?q=a%3Ab",
            "a :// b",
        ] {
            assert!(matches!(without_passwords(plain), Cow::Borrowed(text) if text == plain), "{plain}");
        }
    }
}
