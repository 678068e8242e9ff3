//! Products as JSON, out and in.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{
    ATTRIBUTES_OF_PRODUCT_MAX, AttributeValue, CATEGORIES_OF_PRODUCT_MAX, CategoryId, LINES, Listed,
    OPTIONS_MAX, PICTURE, PICTURES_MAX, Product, ProductId, SLUG, Status, VARIANTS_MAX, Variant, VariantId,
    Versioned, WORDS, WORDS_OR_NONE,
};

/// A name in an address. Another form names nothing.
#[derive(Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct Slug(#[schemars(length(max = 80), regex(pattern = SLUG))] pub String);

/// Some products, and the key for the next page.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Products")]
pub struct PageView {
    pub products: Vec<ProductView>,
    /// Pass it as `after`; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<ProductId>,
}

/// One product.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Product")]
pub struct ProductView {
    pub id: ProductId,
    #[schemars(example = &"mug")]
    pub slug: String,
    #[schemars(example = &"Mug")]
    pub name: String,
    #[schemars(example = &"Holds 300 ml.")]
    pub description: String,
    /// Addresses of pictures, the cover first. One that begins with `/v1/pictures/` is of the shop itself and ends with
    /// `/large`, for which `/medium` and `/thumb` may be put.
    #[schemars(example = ["/v1/pictures/9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08/large"])]
    pub pictures: Vec<String>,
    #[schemars(example = Status::Published)]
    pub status: Status,
    pub sellable: bool,
    pub options: Vec<OptionView>,
    pub categories: Vec<CategoryId>,
    #[schemars(example = serde_json::json!({ "capacity": 300 }))]
    pub attributes: BTreeMap<String, AttributeValue>,
    pub variants: Vec<VariantView>,
    /// More than `variants` has on a page of products, where only the first 20 of each are shown.
    pub variant_count: u32,
    /// What `If-Match` wants.
    pub version: u64,
}

/// One option and the values that the shown variants have of it, in their order.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ProductOption")]
pub struct OptionView {
    #[schemars(example = &"colour")]
    pub name: String,
    #[schemars(example = ["blue", "green"])]
    pub values: Vec<String>,
}

/// One variant.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Variant")]
pub struct VariantView {
    pub id: VariantId,
    #[schemars(example = &"MUG-BLUE")]
    pub sku: String,
    #[schemars(example = &"blue")]
    pub name: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(example = ["blue"])]
    pub options: Vec<String>,
    /// Whether it can be bought: it and its product are for sale.
    pub sellable: bool,
}

/// Some variants, and the place for the next page.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Variants")]
pub struct VariantPageView {
    pub variants: Vec<VariantView>,
    /// Pass it as `from`; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u32>,
}

impl ProductView {
    /// A product with all its variants.
    pub fn of(product: Versioned<Product>) -> Self {
        let variant_count = u32::try_from(product.value.variants.len()).unwrap_or(u32::MAX);
        Self::of_listed(Listed { product, variant_count })
    }

    /// A product on a page.
    pub fn of_listed(listed: Listed) -> Self {
        let Versioned { version, value: product } = listed.product;
        let sellable = product.status.is_sellable();
        ProductView {
            options: options(&product),
            id: product.id,
            slug: product.slug,
            name: product.name,
            description: product.description,
            pictures: product.pictures,
            status: product.status,
            sellable,
            categories: product.categories,
            attributes: product.attributes,
            variants: product
                .variants
                .into_iter()
                .map(|variant| VariantView::of(variant, sellable))
                .collect(),
            variant_count: listed.variant_count,
            version,
        }
    }
}

impl VariantView {
    /// A variant of a product that is for sale or not.
    pub fn of(variant: Variant, sellable: bool) -> Self {
        let Variant { id, sku, name, options, sellable: own } = variant;
        Self { id, sku, name, options, sellable: own && sellable }
    }
}

fn options(product: &Product) -> Vec<OptionView> {
    let values = |place: usize| {
        let mut seen = std::collections::HashSet::new();
        let values = product.variants.iter().filter_map(|variant| variant.options.get(place));
        values.filter(|value| seen.insert(value.as_str())).cloned().collect()
    };
    let named = product.options.iter().enumerate();
    named.map(|(place, name)| OptionView { name: name.clone(), values: values(place) }).collect()
}

/// What staff say a product is.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewProduct {
    /// Its name in addresses.
    #[schemars(length(max = 80), regex(pattern = SLUG))]
    slug: String,
    #[schemars(length(min = 1, max = 200), regex(pattern = WORDS))]
    name: String,
    /// Plain text; line ends are kept.
    #[serde(default)]
    #[schemars(length(max = 20_000), regex(pattern = LINES))]
    description: String,
    /// Addresses of pictures, the cover first.
    #[serde(default)]
    #[schemars(length(max = PICTURES_MAX), inner(length(max = 1000), regex(pattern = PICTURE)))]
    pictures: Vec<String>,
    /// Published when neither this nor `sellable` says otherwise.
    status: Option<Status>,
    #[serde(default = "yes")]
    sellable: bool,
    /// Names of what tells its variants apart, such as size and colour.
    #[serde(default)]
    #[schemars(length(max = OPTIONS_MAX), inner(length(min = 1, max = 60), regex(pattern = WORDS)))]
    options: Vec<String>,
    /// Where it is found, the main one first.
    #[serde(default)]
    #[schemars(length(max = CATEGORIES_OF_PRODUCT_MAX))]
    categories: Vec<CategoryId>,
    /// Its properties, by the codes of their definitions.
    #[serde(default)]
    #[schemars(extend(
        "maxProperties" = ATTRIBUTES_OF_PRODUCT_MAX,
        "propertyNames" = { "pattern": SLUG, "maxLength": 80 },
    ))]
    attributes: BTreeMap<String, AttributeValue>,
    #[schemars(length(min = 1, max = VARIANTS_MAX))]
    variants: Vec<NewVariant>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewVariant {
    /// Without one, it is derived from the product and the sku, so that the same request is the same variant.
    id: Option<VariantId>,
    /// The stock keeping unit.
    #[schemars(length(max = 80), regex(pattern = "^[!-~]{1,80}$"))]
    sku: String,
    #[serde(default)]
    #[schemars(length(max = 200), regex(pattern = WORDS_OR_NONE))]
    name: String,
    /// One value for each option of the product, in their order.
    #[serde(default)]
    #[schemars(length(max = OPTIONS_MAX), inner(length(min = 1, max = 60), regex(pattern = WORDS)))]
    options: Vec<String>,
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
            options: variant.options,
            sellable: variant.sellable,
        });
        Product {
            id,
            slug: self.slug,
            name: self.name,
            description: self.description,
            pictures: self.pictures,
            status: self.status.unwrap_or(Status::of_sellable(self.sellable)),
            options: self.options,
            categories: self.categories,
            attributes: self.attributes,
            variants: variants.collect(),
        }
    }
}
