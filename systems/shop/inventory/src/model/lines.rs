//! What a request asks for, checked and with several lines of one variant taken together, so that each variant is
//! looked at once and in one order by everybody.

use std::collections::BTreeMap;

use mainstay_core::{Error, Result, codes};

use super::{CAUSE_BYTES_MAX, COUNTS_MAX, DELTA_MAX, LINES_MAX, QUANTITY_MAX, VariantId};

/// Pieces of one variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// Of what.
    pub variant: VariantId,
    /// How many, at least 1.
    pub quantity: i64,
    /// Where the request first names the variant, for telling the caller which line is short.
    pub place: usize,
}

/// A signed change of one variant's stock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Adjustment {
    /// Of what.
    pub variant: VariantId,
    /// Pieces that come (positive) or go.
    pub delta: i64,
    /// Where the request first names the variant.
    pub place: usize,
}

/// The lines of a reservation, one for each variant, ordered by variant.
///
/// # Errors
/// `core.invalid` for no lines, too many, or a quantity outside 1 to 10,000 a line.
pub fn merge_lines(asked: impl IntoIterator<Item = (VariantId, u32)>) -> Result<Vec<Line>> {
    let mut merged: BTreeMap<VariantId, Line> = BTreeMap::new();
    let mut count = 0;
    for (place, (variant, quantity)) in asked.into_iter().enumerate() {
        count = place + 1;
        if count > LINES_MAX {
            break;
        }
        if quantity == 0 || quantity > QUANTITY_MAX {
            return Err(codes::INVALID
                .error("a quantity is out of range")
                .with_field(format!("lines[{place}].quantity"), "must be between 1 and 10000"));
        }
        // At most 500 times 10,000: no overflow.
        merged.entry(variant).or_insert(Line { variant, quantity: 0, place }).quantity += i64::from(quantity);
    }
    check_count("lines", count)?;
    Ok(merged.into_values().collect())
}

/// The adjustments of one cause, one for each variant, ordered by variant.
///
/// # Errors
/// `core.invalid` for a cause that is empty, too long or not printable, no adjustments, too many, or a delta that is
/// zero or absurd.
pub fn merge_adjustments(
    cause: &str,
    asked: impl IntoIterator<Item = (VariantId, i64)>,
) -> Result<Vec<Adjustment>> {
    check_cause(cause)?;
    let mut merged: BTreeMap<VariantId, Adjustment> = BTreeMap::new();
    let mut count = 0;
    for (place, (variant, delta)) in asked.into_iter().enumerate() {
        count = place + 1;
        if count > LINES_MAX {
            break;
        }
        if delta == 0 || delta.unsigned_abs() > DELTA_MAX.unsigned_abs() {
            return Err(codes::INVALID.error("a change of stock is out of range").with_field(
                format!("adjustments[{place}].delta"),
                "must be -1000000000 to 1000000000 but not 0",
            ));
        }
        // At most 500 times 1,000,000,000: no overflow.
        merged.entry(variant).or_insert(Adjustment { variant, delta: 0, place }).delta += delta;
    }
    check_count("adjustments", count)?;
    Ok(merged.into_values().collect())
}

/// What was counted under a cause, ordered by variant.
///
/// # Errors
/// `core.invalid` for a cause as above, no counts, too many, one that is negative or absurd, or a variant twice.
pub fn check_counts(cause: &str, mut counted: Vec<(VariantId, i64)>) -> Result<Vec<(VariantId, i64)>> {
    check_cause(cause)?;
    let refuse =
        |path: String, why: &str| Err(codes::INVALID.error("a count cannot be taken").with_field(path, why));
    if counted.is_empty() || counted.len() > COUNTS_MAX {
        return refuse("counted".into(), "must have between 1 and 2000 entries");
    }
    if let Some(place) = counted.iter().position(|(_, on_hand)| !(0..=DELTA_MAX).contains(on_hand)) {
        return refuse(format!("counted[{place}].on_hand"), "must be 0 to 1000000000");
    }
    counted.sort_by_key(|(variant, _)| *variant);
    if counted.windows(2).any(|two| two[0].0 == two[1].0) {
        return refuse("counted".into(), "must not have a variant twice");
    }
    Ok(counted)
}

fn check_cause(cause: &str) -> Result<()> {
    if cause.is_empty() || cause.len() > CAUSE_BYTES_MAX || cause.chars().any(char::is_control) {
        return Err(codes::INVALID
            .error("an adjustment needs a cause")
            .with_field("cause", "must be 1 to 200 printable bytes"));
    }
    Ok(())
}

fn check_count(path: &str, count: usize) -> Result<(), Error> {
    if count == 0 || count > LINES_MAX {
        return Err(codes::INVALID
            .error("a request takes between 1 and 500 lines")
            .with_field(path, "must have between 1 and 500 entries"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variant(number: u8) -> VariantId {
        VariantId::from_bytes([number; 16])
    }

    #[test]
    fn lines_of_one_variant_are_one_line_in_the_order_of_variants() {
        let merged = merge_lines([(variant(2), 3), (variant(1), 1), (variant(2), 4)]).unwrap();
        assert_eq!(
            merged,
            [
                Line { variant: variant(1), quantity: 1, place: 1 },
                Line { variant: variant(2), quantity: 7, place: 0 },
            ]
        );
    }

    #[test]
    fn absurd_requests_are_refused() {
        for quantity in [0, QUANTITY_MAX + 1, u32::MAX] {
            let refused = merge_lines([(variant(1), 1), (variant(1), quantity)]).unwrap_err();
            assert_eq!(refused.fields()[0].path, "lines[1].quantity");
        }
        assert!(merge_lines([]).is_err());
        assert!(merge_lines(std::iter::repeat_n((variant(1), 1), LINES_MAX)).is_ok());
        assert!(merge_lines(std::iter::repeat((variant(1), 1))).is_err(), "an endless request ends");
        for delta in [0, i64::MIN, i64::MAX, DELTA_MAX + 1] {
            assert!(merge_adjustments("count", [(variant(1), delta)]).is_err());
        }
        for cause in ["", "line\nbreak", &"x".repeat(CAUSE_BYTES_MAX + 1)] {
            assert!(merge_adjustments(cause, [(variant(1), 1)]).is_err());
        }
        let cancelled = merge_adjustments("count", [(variant(1), 5), (variant(1), -5)]).unwrap();
        assert_eq!(cancelled[0].delta, 0);
    }
}
