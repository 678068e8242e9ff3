//! Words that differ by one slip: a letter left out, put in, changed, or two neighbours swapped.
//!
//! Two such words have a word in common that results from leaving out at most one letter of each. So each known word
//! is stored under itself and under each of its shortened forms, and a mistyped word finds its candidates by a
//! handful of keys instead of a walk over the vocabulary.

/// The word, and the word with each of its letters left out; each form once.
pub fn shortened(word: &str) -> Vec<String> {
    let letters: Vec<char> = word.chars().collect();
    let mut forms = vec![word.to_owned()];
    for gap in 0..letters.len() {
        let form: String = letters[..gap].iter().chain(&letters[gap + 1..]).collect();
        if !forms.contains(&form) {
            forms.push(form);
        }
    }
    forms
}

/// Whether two words differ by at most one slip.
pub fn within_one(one: &str, other: &str) -> bool {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    let same = short.iter().zip(&long).take_while(|(a, b)| a == b).count();
    let (short, long) = (&short[same..], &long[same..]);
    match long.len() - short.len() {
        0 => match (short, long) {
            ([], []) => true,
            ([a, b, rest @ ..], [c, d, others @ ..]) if a == d && b == c && rest == others => true,
            ([_, rest @ ..], [_, others @ ..]) => rest == others,
            _ => false,
        },
        1 => short == &long[1..],
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_slip_and_not_two() {
        for (typed, meant, near) in [
            ("mug", "mug", true),
            ("mgu", "mug", true),
            ("mg", "mug", true),
            ("muug", "mug", true),
            ("mag", "mug", true),
            ("umg", "mug", true),
            ("tepot", "teapot", true),
            ("taepot", "teapot", true),
            ("gum", "mug", false),
            ("m", "mug", false),
            ("teapts", "teapot", false),
            ("größe", "große", true),
            ("", "", true),
            ("", "a", true),
        ] {
            assert_eq!(within_one(typed, meant), near, "{typed} {meant}");
            assert_eq!(within_one(meant, typed), near, "{meant} {typed}");
        }
    }

    proptest! {
        #[test]
        fn near_words_share_a_shortened_form(one in "[a-c]{0,6}", other in "[a-c]{0,6}") {
            if within_one(&one, &other) {
                let forms = shortened(&one);
                prop_assert!(shortened(&other).iter().any(|form| forms.contains(form)));
            }
        }
    }
}
