//! Which quotes of a CSV file mean something. RFC 4180, 2.5 to 2.7.
//!
//! A quote opens a field only where the field begins, and closes it only where a comma or the end of the line follows.
//! Anywhere else in a field without quotes it is a letter like any other: `12" ruler` is a ruler. Text after a closing
//! quote has no meaning that everybody agrees on, so it is refused and never guessed at.

use memchr::memchr;

/// What a line leaves behind. `here` says whether the quote in question stands on this very line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Walked {
    /// The record ends with it.
    Closed,
    /// A quoted field goes on over its end.
    Open { here: bool },
    /// A closing quote has text after it.
    Stray { here: bool },
}

/// Goes through a line without its line feed; `open` says that it begins within a quoted field.
pub fn walk(line: &[u8], mut open: bool) -> Walked {
    let (mut place, mut here) = (0, false);
    loop {
        if !open {
            if line.get(place) != Some(&b'"') {
                match memchr(b',', &line[place..]) {
                    Some(comma) => place += comma + 1,
                    None => return Walked::Closed,
                }
                continue;
            }
            (here, place) = (true, place + 1);
        }
        let Some(close) = closing(&line[place..]) else { return Walked::Open { here } };
        place += close + 1;
        match &line[place..] {
            [] | [b'\r'] => return Walked::Closed,
            [b',', ..] => (open, place) = (false, place + 1),
            _ => return Walked::Stray { here },
        }
    }
}

/// Where the quote stands that closes a field, of which this is what comes after the opening one. Two quotes in a row
/// are one that belongs to the field.
pub fn closing(text: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let place = from + memchr(b'"', &text[from..])?;
        if text.get(place + 1) != Some(&b'"') {
            return Some(place);
        }
        from = place + 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_opens_where_a_field_begins_and_nowhere_else() {
        let (here, before) = (true, false);
        for (line, open, walked) in [
            ("", false, Walked::Closed),
            ("a,b\"c\"d,\"", false, Walked::Open { here }),
            ("12\" ruler", false, Walked::Closed),
            ("a \"b\"", false, Walked::Closed),
            ("\"\",\"a,\"\"b\"\"\"\r", false, Walked::Closed),
            ("\"a\"\"", false, Walked::Open { here }),
            ("\"a\"b", false, Walked::Stray { here }),
            ("\"a\" ,b", false, Walked::Stray { here }),
            ("\"a\"\r,b", false, Walked::Stray { here }),
            ("", true, Walked::Open { here: before }),
            ("a\",b", true, Walked::Closed),
            ("a\",\"b", true, Walked::Open { here }),
            ("a\"b", true, Walked::Stray { here: before }),
            ("a\",\"b\"c", true, Walked::Stray { here }),
        ] {
            assert_eq!(walk(line.as_bytes(), open), walked, "{line:?}");
        }
    }
}
