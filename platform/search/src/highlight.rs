//! From an engine's marks to HTML that is safe to put into a page: everything is escaped but the marks themselves.

use std::borrow::Cow;

/// What an engine puts before a matching word: a character that no stored text has, since controls are taken out
/// before they are indexed.
pub const MARK_START: char = '\u{2}';

/// What an engine puts after a matching word.
pub const MARK_END: char = '\u{3}';

/// The text without characters that could be taken for marks.
pub(crate) fn without_marks(text: &str) -> Cow<'_, str> {
    let marks = [MARK_START, MARK_END];
    if text.contains(marks) { text.replace(marks, "").into() } else { text.into() }
}

/// A marked text as HTML with `<mark>` elements and nothing else in it that a browser would act on.
pub fn to_html(marked: &str) -> String {
    let mut html = String::with_capacity(marked.len() + 32);
    let mut open = false;
    for letter in marked.chars() {
        match letter {
            MARK_START if !open => {
                open = true;
                html.push_str("<mark>");
            }
            MARK_END if open => {
                open = false;
                html.push_str("</mark>");
            }
            MARK_START | MARK_END => {}
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
    if open {
        html.push_str("</mark>");
    }
    html
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_marks_become_elements() {
        let marked = format!("<b>{MARK_START}Mug{MARK_END}</b> & \"tea\"");
        assert_eq!(to_html(&marked), "&lt;b&gt;<mark>Mug</mark>&lt;/b&gt; &amp; &quot;tea&quot;");
    }

    proptest! {
        #[test]
        fn elements_are_balanced_and_nothing_else_is_left(text in "[<>&\"'a\u{2}\u{3}/]{0,40}") {
            let html = to_html(&text);
            let bare = html.replace("<mark>", "").replace("</mark>", "");
            prop_assert!(!bare.contains(['<', '>', '"', '\'']), "{html}");
            prop_assert_eq!(html.matches("<mark>").count(), html.matches("</mark>").count());
        }
    }
}
