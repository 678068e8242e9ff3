//! What has to be done so that a product's stored variants become the wanted ones: so that a change of one among a
//! thousand writes one row.

use std::collections::HashMap;

use super::{Product, Variant, VariantId};

/// What differs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Variants that are no more.
    pub removed: Vec<VariantId>,
    /// Places in the wanted list of variants that are new, differ, or moved.
    pub put: Vec<usize>,
}

/// The way from the stored variants, in their places, to the wanted ones.
pub fn change(stored: &[Variant], wanted: &[Variant]) -> Change {
    if stored.is_empty() {
        return Change { removed: Vec::new(), put: (0..wanted.len()).collect() };
    }
    let places: HashMap<VariantId, usize> =
        stored.iter().enumerate().map(|(place, variant)| (variant.id, place)).collect();
    let kept: HashMap<VariantId, ()> = wanted.iter().map(|variant| (variant.id, ())).collect();
    let put = wanted.iter().enumerate().filter(|(place, variant)| {
        places.get(&variant.id).is_none_or(|old| old != place || stored[*old] != **variant)
    });
    Change {
        put: put.map(|(place, _)| place).collect(),
        removed: stored.iter().map(|variant| variant.id).filter(|id| !kept.contains_key(id)).collect(),
    }
}

/// The product that results when `given` is put over `stored` and no variant is removed: known ones are replaced in
/// their places, new ones come last.
pub fn merge(stored: Vec<Variant>, given: Product) -> Product {
    let mut variants = stored;
    let mut places: HashMap<VariantId, usize> =
        variants.iter().enumerate().map(|(place, variant)| (variant.id, place)).collect();
    for variant in given.variants {
        match places.get(&variant.id) {
            Some(place) => variants[*place] = variant,
            None => {
                places.insert(variant.id, variants.len());
                variants.push(variant);
            }
        }
    }
    Product { variants, ..given }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variant(number: u8) -> Variant {
        Variant {
            id: VariantId::from_bytes([number; 16]),
            sku: number.to_string(),
            name: String::new(),
            options: Vec::new(),
            sellable: true,
        }
    }

    #[test]
    fn only_what_differs_is_written() {
        let stored: Vec<_> = (0..5).map(variant).collect();
        assert_eq!(change(&stored, &stored), Change::default());
        let mut wanted = stored.clone();
        wanted[3].name = "other".into();
        wanted.push(variant(9));
        assert_eq!(change(&stored, &wanted), Change { removed: vec![], put: vec![3, 5] });
        // One goes: those behind it move up.
        let fewer: Vec<_> = [0, 2, 3, 4].map(variant).into();
        let gone = change(&stored, &fewer);
        assert_eq!((gone.removed, gone.put), (vec![variant(1).id], vec![1, 2, 3]));
    }
}
