//! Cutting text into words: runs of letters and digits, in lower case.

/// Longest word that is looked at, in characters: longer ones are no words.
const WORD_MAX: usize = 40;

/// The words of a text, in order.
pub(crate) fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| word.chars().take(WORD_MAX).flat_map(char::to_lowercase).collect())
}

/// Whether a word is one that people mistype: letters only, and long enough that a slip leaves it recognisable. A
/// number with another digit is another number.
pub(crate) fn is_spelt(word: &str) -> bool {
    const SHORTEST: usize = 3;
    word.chars().all(char::is_alphabetic) && word.chars().count() >= SHORTEST
}
