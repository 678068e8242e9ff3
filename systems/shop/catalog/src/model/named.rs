//! What lines that name goods by slug and stock keeping unit make of the catalogue.

use std::collections::{BTreeMap, HashMap};

use super::{Product, ProductId, Status, Variant, VariantId, Versioned};

/// What a line says of a variant and its product; what it does not say stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// The product's slug.
    pub product: String,
    /// The variant's stock keeping unit.
    pub sku: String,
    /// The product's name.
    pub name: Option<String>,
    /// The product's description.
    pub description: Option<String>,
    /// The variant's own words.
    pub variant: Option<String>,
}

/// A line with the id of what it may have to make.
pub type NewNamed = (Named, VariantId);

/// The goods that some lines name, as far as there are any.
#[derive(Debug, Default)]
pub struct KnownGoods {
    /// By slug, with their variants.
    pub products: HashMap<String, Versioned<Product>>,
    /// By stock keeping unit.
    pub variants: HashMap<String, (VariantId, ProductId)>,
}

/// A line that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The line's, from 0.
    pub place: usize,
    /// A stable name.
    pub reason: &'static str,
    /// What is wrong, for people.
    pub detail: String,
}

/// A product as some lines want it.
#[derive(Debug)]
pub struct Wanted<'a> {
    /// As it is.
    pub old: Option<&'a Versioned<Product>>,
    pub product: Product,
    /// The places of the lines, each with its variant.
    pub lines: Vec<(usize, VariantId)>,
    // Where the variants stand that it has.
    places: HashMap<VariantId, usize>,
}

impl KnownGoods {
    /// What is wrong with a line in the light of what there is.
    pub fn refusal(&self, place: usize, line: &Named) -> Option<Refusal> {
        let Named { product, sku, name, .. } = line;
        let (reason, detail) = match (self.products.get(product), self.variants.get(sku)) {
            (known, Some((_, owner))) if known.is_none_or(|known| known.value.id != *owner) => {
                ("sku_of_another_product", format!("{sku} is a variant of another product"))
            }
            (Some(known), None) if !known.value.options.is_empty() => (
                "options_needed",
                format!(
                    "{product} tells its variants apart by {}; add {sku} there",
                    known.value.options.join(", ")
                ),
            ),
            (None, None) if name.is_none() => ("name_needed", format!("{product} is new and has no name")),
            _ => return None,
        };
        Some(Refusal { place, reason, detail })
    }

    /// The products that the lines make, in the order in which they first appear, and the lines that cannot be used.
    pub fn wanted(&self, lines: &[NewNamed]) -> (Vec<Wanted<'_>>, Vec<Refusal>) {
        let mut refusals = Vec::new();
        let mut wanted: Vec<Wanted<'_>> = Vec::new();
        let mut places: HashMap<&str, usize> = HashMap::new();
        for (place, (line, new)) in lines.iter().enumerate() {
            if let Some(refusal) = self.refusal(place, line) {
                refusals.push(refusal);
                continue;
            }
            let at = *places.entry(&line.product).or_insert_with(|| {
                wanted.push(self.begun(&line.product, *new));
                wanted.len() - 1
            });
            let variant = self.variants.get(&line.sku).map(|(id, _)| *id);
            wanted[at].take(place, line, variant, *new);
        }
        (wanted, refusals)
    }

    /// The product as it is, or a new one for sale.
    fn begun(&self, slug: &str, new: VariantId) -> Wanted<'_> {
        let old = self.products.get(slug);
        let product = old.map_or_else(|| Product::new(new.twin(), slug), |old| old.value.clone());
        let variants = product.variants.iter().enumerate();
        let places = variants.map(|(place, variant)| (variant.id, place)).collect();
        Wanted { old, product, lines: Vec::new(), places }
    }
}

impl Wanted<'_> {
    /// Makes it what a line says.
    fn take(&mut self, place: usize, line: &Named, known: Option<VariantId>, new: VariantId) {
        let Named { sku, name, description, variant, .. } = line;
        let product = &mut self.product;
        // A later line of the product may say what an earlier one left out.
        name.iter().for_each(|name| product.name.clone_from(name));
        description.iter().for_each(|text| product.description.clone_from(text));
        let known = known.and_then(|id| self.places.get(&id)).map(|place| &mut product.variants[*place]);
        let id = match known {
            Some(known) => {
                variant.iter().for_each(|words| known.name.clone_from(words));
                known.id
            }
            None => {
                let name = variant.clone().unwrap_or_default();
                let made = Variant { id: new, sku: sku.clone(), name, options: Vec::new(), sellable: true };
                product.variants.push(made);
                new
            }
        };
        self.lines.push((place, id));
    }
}

impl Product {
    /// A product for sale that has nothing but its address yet.
    fn new(id: ProductId, slug: &str) -> Self {
        Self {
            id,
            slug: slug.to_owned(),
            name: String::new(),
            description: String::new(),
            pictures: Vec::new(),
            status: Status::Published,
            options: Vec::new(),
            categories: Vec::new(),
            attributes: BTreeMap::new(),
            variants: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u8) -> VariantId {
        VariantId::from_bytes([number; 16])
    }

    fn line(product: &str, sku: &str, name: Option<&str>) -> Named {
        Named { product: product.into(), sku: sku.into(), name: name.map(Into::into), ..Named::default() }
    }

    /// A mug with the units M-1 and M-2.
    fn mug() -> KnownGoods {
        let mut product = Product::new(id(1).twin(), "mug");
        let owner = product.id;
        product.name = "Mug".into();
        product.variants = [1, 2]
            .map(|number| Variant {
                id: id(number),
                sku: format!("M-{number}"),
                name: format!("size {number}"),
                options: Vec::new(),
                sellable: false,
            })
            .into();
        let variants = product.variants.iter().map(|one| (one.sku.clone(), (one.id, owner))).collect();
        let products = [("mug".to_owned(), Versioned { version: 3, value: product })].into();
        KnownGoods { products, variants }
    }

    #[test]
    fn what_is_known_is_changed_in_its_place_and_what_is_not_is_made_of_its_lines() {
        let known = mug();
        let said = |words: &str, line: Named| Named { variant: Some(words.into()), ..line };
        let lines = [
            (line("pot", "P-1", Some("Pott")), id(11)),
            (said("huge", line("mug", "M-2", None)), id(12)),
            (line("mug", "M-3", None), id(13)),
            (line("pot", "P-2", Some("Pot")), id(14)),
        ];
        let (wanted, refusals) = known.wanted(&lines);
        assert_eq!((wanted.len(), refusals), (2, vec![]));
        let pot = &wanted[0].product;
        assert_eq!((pot.id, pot.name.as_str(), pot.status), (id(11).twin(), "Pot", Status::Published));
        assert_eq!(wanted[0].lines, [(0, id(11)), (3, id(14))]);
        let mug = &wanted[1].product;
        assert_eq!((mug.id, mug.name.as_str()), (id(1).twin(), "Mug"));
        let variants: Vec<_> =
            mug.variants.iter().map(|one| (one.id, one.name.as_str(), one.sellable)).collect();
        assert_eq!(variants, [(id(1), "size 1", false), (id(2), "huge", false), (id(13), "", true)]);
        assert_eq!(wanted[1].lines, [(1, id(2)), (2, id(13))]);
    }

    #[test]
    fn lines_that_contradict_what_is_known_are_refused_alone() {
        let mut known = mug();
        let refused = |known: &KnownGoods, line: Named| known.refusal(7, &line).map(|refusal| refusal.reason);
        assert_eq!(refused(&known, line("pot", "P-1", None)), Some("name_needed"));
        assert_eq!(refused(&known, line("pot", "M-1", Some("Pot"))), Some("sku_of_another_product"));
        assert_eq!(refused(&known, line("mug", "M-9", None)), None);
        let (wanted, refusals) =
            known.wanted(&[(line("pot", "M-1", Some("Pot")), id(5)), (line("pot", "P", Some("Pot")), id(6))]);
        assert_eq!((refusals.len(), refusals[0].place), (1, 0));
        assert_eq!((wanted[0].product.id, &wanted[0].lines[..]), (id(6).twin(), &[(1, id(6))][..]));
        if let Some(mug) = known.products.get_mut("mug") {
            mug.value.options = vec!["size".into()];
        }
        assert_eq!(refused(&known, line("mug", "M-9", None)), Some("options_needed"));
        assert_eq!(refused(&known, line("mug", "M-1", None)), None);
    }
}
