//! Cutting text into words: runs of letters and digits, in lower case.

use std::borrow::Cow;

/// Longest word that is looked at, in characters: longer ones are no words.
const WORD_MAX: usize = 40;

/// The words of a text, in order.
pub(crate) fn words(text: &str) -> impl Iterator<Item = Cow<'_, str>> {
    text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).map(|word| {
        let is_lower = word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        if is_lower && word.len() <= WORD_MAX {
            return word.into();
        }
        word.chars().take(WORD_MAX).flat_map(char::to_lowercase).collect::<String>().into()
    })
}

/// Whether a word is one that people mistype: letters only, and long enough that a slip leaves it recognisable. A
/// number with another digit is another number.
pub(crate) fn is_spelt(word: &str) -> bool {
    const SHORTEST: usize = 3;
    word.chars().all(char::is_alphabetic) && word.chars().count() >= SHORTEST
}
