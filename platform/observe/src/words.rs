//! The words of a text, as the full-text index sees them.

/// More words in one search would be a text that was pasted by mistake.
const WORDS_MAX: usize = 16;

/// The query of the full-text index that finds what has all words of `text`; `None` when it has none. A word that ends
/// with `*` stands for all that begin so.
pub fn query(text: &str) -> Option<String> {
    let mut query = String::new();
    let mut rest = text;
    let mut count = 0;
    while count < WORDS_MAX {
        rest = rest.trim_start_matches(|letter: char| !letter.is_alphanumeric());
        let end = rest.find(|letter: char| !letter.is_alphanumeric()).unwrap_or(rest.len());
        if end == 0 {
            break;
        }
        let (word, after) = rest.split_at(end);
        let star = if after.starts_with('*') { "*" } else { "" };
        if count > 0 {
            query.push(' ');
        }
        query.push_str(&format!("\"{word}\"{star}"));
        rest = after;
        count += 1;
    }
    (count > 0).then_some(query)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_so_that_nothing_is_syntax() {
        for (text, expected) in [
            ("slow checkout", Some(r#""slow" "checkout""#)),
            (r#"a" OR "b -c (d)"#, Some(r#""a" "OR" "b" "c" "d""#)),
            ("check* ord_01", Some(r#""check"* "ord" "01""#)),
            ("  -- ", None),
            ("", None),
            ("Größe", Some("\"Größe\"")),
        ] {
            assert_eq!(query(text).as_deref(), expected, "{text}");
        }
        assert_eq!(query(&"x ".repeat(100)).map(|query| query.len()), Some(16 * 4 - 1));
    }
}
