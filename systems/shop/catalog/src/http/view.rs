//! Products as JSON, out and in.

use serde::{Deserialize, Serialize};

use crate::model::{Product, ProductId, Variant, VariantId};

/// Some products, and the key for the next page.
#[derive(Serialize)]
pub struct PageView {
    pub products: Vec<ProductView>,
    /// Pass it as `after`; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<ProductId>,
}

/// One product.
#[derive(Serialize)]
pub struct ProductView {
    pub id: ProductId,
    pub slug: String,
    pub name: String,
    pub description: String,
    pub pictures: Vec<String>,
    pub sellable: bool,
    pub variants: Vec<VariantView>,
}

/// One variant.
#[derive(Serialize)]
pub struct VariantView {
    pub id: VariantId,
    pub sku: String,
    pub name: String,
    /// Whether it can be bought: it and its product are for sale.
    pub sellable: bool,
}

impl ProductView {
    /// A product for everybody.
    pub fn of(product: Product) -> Self {
        let sellable = product.sellable;
        let variants = product.variants.into_iter().map(|variant| VariantView {
            id: variant.id,
            sku: variant.sku,
            name: variant.name,
            sellable: variant.sellable && sellable,
        });
        ProductView {
            id: product.id,
            slug: product.slug,
            name: product.name,
            description: product.description,
            pictures: product.pictures,
            sellable,
            variants: variants.collect(),
        }
    }
}

/// What staff say a product is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewProduct {
    slug: String,
    name: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    pictures: Vec<String>,
    #[serde(default = "yes")]
    sellable: bool,
    variants: Vec<NewVariant>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewVariant {
    /// Without one, it is derived from the product and the sku, so that the same request is the same variant.
    id: Option<VariantId>,
    sku: String,
    #[serde(default)]
    name: String,
    #[serde(default = "yes")]
    sellable: bool,
}

fn yes() -> bool {
    true
}

impl NewProduct {
    /// The product, under the id of its address.
    pub fn under(self, id: ProductId) -> Product {
        let variants = self.variants.into_iter().map(|variant| Variant {
            id: variant.id.unwrap_or_else(|| id.derive(&variant.sku)),
            sku: variant.sku,
            name: variant.name,
            sellable: variant.sellable,
        });
        Product {
            id,
            slug: self.slug,
            name: self.name,
            description: self.description,
            pictures: self.pictures,
            sellable: self.sellable,
            variants: variants.collect(),
        }
    }
}
