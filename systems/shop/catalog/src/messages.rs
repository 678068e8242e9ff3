//! Between the contract's messages and the model.

use mainstay_core::{Error, Id, IdKind, Result, codes};
use shop_catalog_contracts::v1;

use crate::model::{Product, Variant, VariantInProduct};

/// A product as peers and consumers see it.
pub fn product(product: &Product) -> v1::Product {
    let variants = product.variants.iter().map(|variant| v1::Variant {
        id: variant.id.to_vec(),
        product_id: product.id.to_vec(),
        sku: variant.sku.clone(),
        name: variant.name.clone(),
        product_name: product.name.clone(),
        sellable: variant.sellable && product.sellable,
    });
    v1::Product {
        id: product.id.to_vec(),
        slug: product.slug.clone(),
        name: product.name.clone(),
        description: product.description.clone(),
        pictures: product.pictures.clone(),
        variants: variants.collect(),
        sellable: product.sellable,
    }
}

/// A variant as peers see it.
pub fn variant(found: VariantInProduct) -> v1::Variant {
    v1::Variant {
        id: found.variant.id.to_vec(),
        product_id: found.product.to_vec(),
        sku: found.variant.sku,
        name: found.variant.name,
        product_name: found.product_name,
        sellable: found.variant.sellable,
    }
}

/// Reads a product that a peer sends; of its variants, only their own fields count.
///
/// # Errors
/// `core.invalid` naming the id that is none.
pub fn read_product(message: v1::Product) -> Result<Product> {
    let mut variants = Vec::with_capacity(message.variants.len());
    for (place, variant) in message.variants.into_iter().enumerate() {
        variants.push(Variant {
            id: id(&variant.id, || format!("product.variants[{place}].id"))?,
            sku: variant.sku,
            name: variant.name,
            sellable: variant.sellable,
        });
    }
    Ok(Product {
        id: id(&message.id, || "product.id".into())?,
        slug: message.slug,
        name: message.name,
        description: message.description,
        pictures: message.pictures,
        sellable: message.sellable,
        variants,
    })
}

/// An id of a message; the error names the field.
pub fn id<K: IdKind>(bytes: &[u8], path: impl FnOnce() -> String) -> Result<Id<K>, Error> {
    Id::try_from_slice(bytes).map_err(|_| {
        codes::INVALID.error("an id has 16 bytes").with_field(path(), "must be the 16 bytes of an id")
    })
}
