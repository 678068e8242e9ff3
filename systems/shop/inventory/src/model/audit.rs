//! The conservation of stock, as one pure function that tests, crash runs and an operator's check all call:
//! what came in minus what was committed is on hand, and what reservations hold is what the level says is held.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::{Level, VariantId};

/// Everything that bears on stock, summed by variant, read at one instant.
#[derive(Clone, Debug, Default)]
pub struct Books {
    /// What the shop believes.
    pub levels: BTreeMap<VariantId, Level>,
    /// The sum of all adjustments; stock begins at nothing.
    pub adjusted: BTreeMap<VariantId, i64>,
    /// The pieces of committed reservations.
    pub committed: BTreeMap<VariantId, i64>,
    /// The pieces of reservations that hold.
    pub held: BTreeMap<VariantId, i64>,
}

/// One way in which the books do not add up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// Of what.
    pub variant: VariantId,
    /// What should be.
    pub expected: Level,
    /// What is.
    pub found: Level,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Breach { variant, expected, found } = self;
        write!(
            f,
            "{variant}: {} on hand and {} held, but the books say {} and {}",
            found.on_hand, found.held, expected.on_hand, expected.held
        )
    }
}

/// Every variant whose level is not what the books say, or is negative, or holds more than it has.
pub fn audit(books: &Books) -> Vec<Breach> {
    let sums = [&books.adjusted, &books.committed, &books.held];
    let named = sums.into_iter().flat_map(BTreeMap::keys).chain(books.levels.keys());
    let variants: BTreeSet<VariantId> = named.copied().collect();
    let of = |sums: &BTreeMap<VariantId, i64>, variant| sums.get(variant).copied().unwrap_or_default();
    let mut breaches = Vec::new();
    for variant in &variants {
        let expected = Level {
            on_hand: of(&books.adjusted, variant) - of(&books.committed, variant),
            held: of(&books.held, variant),
        };
        let found = books.levels.get(variant).copied().unwrap_or_default();
        if found != expected || found.held < 0 || found.available() < 0 {
            breaches.push(Breach { variant: *variant, expected, found });
        }
    }
    breaches
}

#[cfg(test)]
mod tests {
    use super::*;

    fn books(level: Level) -> Books {
        let variant = VariantId::from_bytes([1; 16]);
        Books {
            levels: BTreeMap::from([(variant, level)]),
            adjusted: BTreeMap::from([(variant, 10)]),
            committed: BTreeMap::from([(variant, 3)]),
            held: BTreeMap::from([(variant, 2)]),
        }
    }

    #[test]
    fn sound_books_have_no_breach_and_each_slip_is_one() {
        assert_eq!(audit(&books(Level { on_hand: 7, held: 2 })), []);
        for (on_hand, held) in [(8, 2), (7, 3), (7, 0), (0, 0)] {
            let breaches = audit(&books(Level { on_hand, held }));
            assert_eq!(breaches.len(), 1);
            assert!(breaches[0].to_string().contains("the books say 7 and 2"));
        }
    }

    #[test]
    fn a_level_without_books_and_books_without_a_level_are_breaches() {
        let mut without_level = books(Level { on_hand: 7, held: 2 });
        without_level.levels.clear();
        assert_eq!(audit(&without_level).len(), 1);
        let only_level = Books { levels: books(Level { on_hand: 1, held: 0 }).levels, ..Books::default() };
        assert_eq!(audit(&only_level).len(), 1);
    }

    #[test]
    fn overselling_is_a_breach_even_when_the_books_agree() {
        let variant = VariantId::from_bytes([1; 16]);
        let mut oversold = books(Level { on_hand: -1, held: 2 });
        oversold.committed.insert(variant, 11);
        assert_eq!(audit(&oversold).len(), 1);
    }
}
