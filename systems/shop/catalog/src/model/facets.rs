//! Counting facets over what was found.
//!
//! A facet's counts answer 'what would I find if I chose this': so a document that fails only the filter of one facet
//! is still counted in that facet.

use std::collections::HashMap;

use super::FacetNumber;

/// Names a value of a facet within the database.
pub type ValueId = u32;

/// Bounds of price bands in minor units, the last one open. Of a pound shop as of a jeweller's, some are in use.
pub const PRICE_BANDS: [i64; 8] = [0, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 100_000];

/// What was found, as far as it is filtered and counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate<'a> {
    /// Its number in the index.
    pub doc: i64,
    /// Its values, by id.
    pub values: &'a [ValueId],
    /// Its lowest price on the wanted list.
    pub price: Option<i64>,
}

/// One facet that is filtered by: any of these values will do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// All ids that fit. None: nothing does.
    pub any_of: Vec<ValueId>,
    /// The facet, whose values are counted without this filter; none when nothing has it.
    pub facet: Option<FacetNumber>,
}

/// What is wanted.
#[derive(Clone, Debug, Default)]
pub struct Filters {
    /// One for each facet that is filtered by.
    pub values: Vec<Filter>,
    /// Lowest and highest price, both included.
    pub price: Option<(i64, i64)>,
}

/// What was counted.
#[derive(Clone, Debug, Default)]
pub struct Counted {
    /// Documents that pass every filter, each with its price, best first.
    pub passed: Vec<(i64, Option<i64>)>,
    /// How many documents would pass with this value chosen.
    pub values: HashMap<ValueId, u32>,
    /// The same for each of [`PRICE_BANDS`].
    pub bands: [u32; PRICE_BANDS.len()],
}

/// Which band a price is in.
pub fn band(minor: i64) -> usize {
    PRICE_BANDS.iter().rposition(|bound| minor >= *bound).unwrap_or(0)
}

/// Filters and counts. `facet_of` tells the facet of a value; `above` adds values that follow from one, such as the
/// categories above a category.
pub fn count<'a, 'b>(
    candidates: impl IntoIterator<Item = Candidate<'a>>,
    filters: &Filters,
    facet_of: impl Fn(ValueId) -> Option<FacetNumber>,
    above: impl Fn(ValueId) -> &'b [ValueId],
) -> Counted {
    let mut counted = Counted::default();
    let mut counts: Vec<u32> = Vec::new();
    let mut seen: Vec<ValueId> = Vec::new();
    for candidate in candidates {
        let fails = |filter: &&Filter| !candidate.values.iter().any(|value| filter.any_of.contains(value));
        let mut failed = filters.values.iter().filter(fails);
        let (only, further) = (failed.next(), failed.next());
        let dear = filters
            .price
            .is_some_and(|(low, high)| candidate.price.is_none_or(|price| price < low || price > high));
        if further.is_some() || (only.is_some() && dear) {
            continue;
        }
        if only.is_none()
            && let Some(price) = candidate.price
        {
            counted.bands[band(price)] += 1;
        }
        if dear {
            continue;
        }
        seen.clear();
        for value in candidate.values {
            if only.is_some_and(|filter| filter.facet.is_none() || facet_of(*value) != filter.facet) {
                continue;
            }
            for value in std::iter::once(value).chain(above(*value)) {
                if !seen.contains(value) {
                    seen.push(*value);
                }
            }
        }
        for value in &seen {
            let place = *value as usize;
            if counts.len() <= place {
                counts.resize(place + 1, 0);
            }
            counts[place] += 1;
        }
        if only.is_none() {
            counted.passed.push((candidate.doc, candidate.price));
        }
    }
    let found = counts.into_iter().enumerate().filter(|(_, count)| *count > 0);
    counted.values = found.map(|(place, count)| (u32::try_from(place).unwrap_or(0), count)).collect();
    counted
}

#[cfg(test)]
mod tests {
    use super::*;

    // Values 1 and 2 are colours (facet 1), 11 and 12 sizes (facet 2), 30 and 31 categories, 31 below 30.
    fn candidate(doc: i64, values: &[ValueId], price: i64) -> Candidate<'_> {
        Candidate { doc, values, price: Some(price) }
    }

    fn counted(filters: &Filters) -> Counted {
        let candidates = [
            candidate(1, &[1, 11, 31], 100),
            candidate(2, &[2, 11, 30], 700),
            candidate(3, &[1, 2, 12, 30, 31], 900),
        ];
        let above = |value| if value == 31 { &[30][..] } else { &[] };
        count(candidates, filters, |value| Some(value / 10 + 1), above)
    }

    fn docs(counted: &Counted) -> Vec<i64> {
        counted.passed.iter().map(|(doc, _)| *doc).collect()
    }

    #[test]
    fn without_filters_everything_is_counted_once() {
        let all = counted(&Filters::default());
        assert_eq!(docs(&all), [1, 2, 3]);
        assert_eq!(all.values, HashMap::from([(1, 2), (2, 2), (11, 2), (12, 1), (30, 3), (31, 2)]));
        assert_eq!(all.bands[..3], [1, 2, 0]);
    }

    #[test]
    fn a_chosen_value_leaves_the_others_of_its_facet_to_choose() {
        let filters = Filters { values: vec![Filter { any_of: vec![1], facet: Some(1) }], price: None };
        let red = counted(&filters);
        assert_eq!(docs(&red), [1, 3]);
        assert_eq!((red.values[&1], red.values[&2]), (2, 2), "what the other colour would find");
        assert_eq!((red.values[&11], red.values[&12]), (1, 1), "sizes of red ones only");
        assert_eq!(red.bands[..2], [1, 1]);
    }

    #[test]
    fn two_filters_leave_what_passes_both_and_each_counts_without_itself() {
        let filters = Filters {
            values: vec![
                Filter { any_of: vec![1], facet: Some(1) },
                Filter { any_of: vec![11], facet: Some(2) },
            ],
            price: None,
        };
        let both = counted(&filters);
        assert_eq!(docs(&both), [1]);
        assert_eq!((both.values[&1], both.values[&2]), (1, 1), "of the same size");
        assert_eq!((both.values[&11], both.values[&12]), (1, 1), "of the same colour");
        let nothing = Filters { values: vec![Filter { any_of: vec![], facet: None }], price: None };
        assert_eq!(docs(&counted(&nothing)), [0; 0]);
        assert_eq!(counted(&nothing).values, HashMap::new());
    }

    #[test]
    fn prices_filter_and_their_bands_stay_to_choose() {
        let cheap = counted(&Filters { values: vec![], price: Some((0, 500)) });
        assert_eq!(docs(&cheap), [1]);
        assert_eq!(cheap.bands[..2], [1, 2]);
        assert_eq!(cheap.values.get(&2), None);
        assert_eq!([band(-1), band(0), band(499), band(500), band(i64::MAX)], [0, 0, 0, 1, 7]);
    }
}
