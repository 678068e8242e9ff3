//! What search keeps of a product: its texts and the values by which it is filtered.

use std::collections::BTreeSet;

use super::{AttributeValue, Product};

/// Most bytes of labels that are indexed. A product with two thousand variants is found by its name, not by each unit.
const LABELS_MAX: usize = 8_000;

/// Most values of one option that a product is filtered by: sizes and colours, not two thousand prices.
const OPTION_VALUES_MAX: usize = 60;

/// A facet and a value of it, such as `option:colour` and `blue`.
pub type FacetValue = (String, String);

/// The facet of categories; its values are their ids.
pub const CATEGORY_FACET: &str = "category";

/// The facet of an attribute.
fn attribute_facet(code: &str) -> String {
    format!("attribute:{code}")
}

/// The facet of an option.
fn option_facet(name: &str) -> String {
    format!("option:{name}")
}

/// Texts in the order of the index's fields: name, labels, description.
pub fn texts(product: &Product) -> [String; 3] {
    let mut seen = BTreeSet::new();
    let mut labels = String::new();
    let values = product.attributes.values().filter_map(|value| match value {
        AttributeValue::Text(text) => Some(text),
        AttributeValue::Number(_) | AttributeValue::Flag(_) => None,
    });
    let words = product.variants.iter().flat_map(|variant| {
        variant.options.iter().chain(std::iter::once(&variant.name)).chain(std::iter::once(&variant.sku))
    });
    for label in values.chain(words).filter(|label| !label.is_empty()) {
        if labels.len() + label.len() > LABELS_MAX {
            break;
        }
        if seen.insert(label) {
            labels.push_str(label);
            labels.push('\n');
        }
    }
    [product.name.clone(), labels, product.description.clone()]
}

/// The values by which the product is filtered.
pub fn facet_values(product: &Product) -> BTreeSet<FacetValue> {
    let mut values = BTreeSet::new();
    for category in &product.categories {
        values.insert((CATEGORY_FACET.to_owned(), category.to_string()));
    }
    for (code, value) in &product.attributes {
        values.insert((attribute_facet(code), value.as_text()));
    }
    for (place, name) in product.options.iter().enumerate() {
        let of_option: BTreeSet<&String> = product
            .variants
            .iter()
            .filter(|variant| variant.sellable)
            .filter_map(|variant| variant.options.get(place))
            .collect();
        let few = of_option.into_iter().take(OPTION_VALUES_MAX);
        values.extend(few.map(|value| (option_facet(name), value.clone())));
    }
    values
}
