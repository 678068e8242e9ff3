//! What somebody typed, as words. Nothing of it is syntax: quotes, operators and stars are only what stands between
//! words.

use std::borrow::Cow;

use crate::words::words;

/// Most words of a query that are looked at. Each one is a list to go through; nobody types more on purpose.
pub const WORDS_MAX: usize = 10;

/// The words to look for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Query {
    words: Vec<String>,
    unfinished: bool,
}

impl Query {
    /// The words of a text; `None` when it has none. Unless a space or the like follows it, the last one may be the
    /// beginning of a word.
    pub fn parse(text: &str) -> Option<Self> {
        let words: Vec<String> = words(text).take(WORDS_MAX).map(Cow::into_owned).collect();
        let unfinished = text.chars().next_back().is_some_and(char::is_alphanumeric);
        (!words.is_empty()).then_some(Self { words, unfinished })
    }

    /// Lower case, letters and digits only, at least one and at most [`WORDS_MAX`].
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// Whether the last word may go on.
    pub fn is_unfinished(&self) -> bool {
        self.unfinished
    }

    /// The words as a text.
    pub fn text(&self) -> String {
        self.words.join(" ")
    }

    pub(crate) fn with_words(&self, words: Vec<String>) -> Self {
        Self { words, unfinished: self.unfinished }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_words_are_left() {
        for (text, words, unfinished) in [
            ("Blue MUG", vec!["blue", "mug"], true),
            ("blue mug ", vec!["blue", "mug"], false),
            (
                "\"blue\" AND NOT (mug*) NEAR/2 name:x^2",
                vec!["blue", "and", "not", "mug", "near", "2", "name", "x", "2"],
                true,
            ),
            ("Größe 3", vec!["größe", "3"], true),
        ] {
            let query = Query::parse(text).unwrap();
            assert_eq!(
                (query.words(), query.is_unfinished()),
                (&words.iter().map(|w| w.to_string()).collect::<Vec<_>>()[..], unfinished)
            );
        }
        for nothing in ["", " ", "\"'*()-:^\0", "🫖"] {
            assert_eq!(Query::parse(nothing), None, "{nothing:?}");
        }
    }

    proptest! {
        #[test]
        fn a_query_is_bounded_and_plain(text in ".{0,400}") {
            if let Some(query) = Query::parse(&text) {
                prop_assert!(query.words().len() <= WORDS_MAX);
                // Some letters become two in lower case, with a mark that is no letter of its own.
                let plain = query.words().iter().all(|word| {
                    !word.is_empty() && word.chars().count() <= 120 && !word.contains(['"', '*', '(', ':', '\0'])
                });
                prop_assert!(plain);
            }
        }
    }
}
