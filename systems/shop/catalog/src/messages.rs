//! Between the contract's messages and the model.

use std::collections::BTreeMap;

use mainstay_core::{Error, Id, IdKind, Result, codes};
use shop_catalog_contracts::v1::{self, attribute::Value};

use crate::actions::ByName;
use crate::model::{AttributeValue, Named, NewNamed, Product, Refusal, Status, Variant, VariantInProduct};

/// A product as consumers see it, with these of its variants.
pub fn product<'a>(
    product: &Product,
    version: u64,
    variants: impl Iterator<Item = &'a Variant>,
) -> v1::Product {
    let sellable = product.status.is_sellable();
    let variants = variants.map(|variant| v1::Variant {
        id: variant.id.to_vec(),
        product_id: product.id.to_vec(),
        sku: variant.sku.clone(),
        name: variant.name.clone(),
        product_name: String::new(),
        sellable: variant.sellable && sellable,
        options: variant.options.clone(),
    });
    v1::Product {
        id: product.id.to_vec(),
        slug: product.slug.clone(),
        name: product.name.clone(),
        description: product.description.clone(),
        pictures: product.pictures.clone(),
        variants: variants.collect(),
        sellable,
        status: product.status.as_str().to_owned(),
        options: product.options.clone(),
        category_ids: product.categories.iter().map(|id| id.to_vec()).collect(),
        attributes: product.attributes.iter().map(attribute).collect(),
        version,
    }
}

fn attribute((code, value): (&String, &AttributeValue)) -> v1::Attribute {
    let value = match value {
        AttributeValue::Text(text) => Value::Text(text.clone()),
        AttributeValue::Number(number) => Value::Number(*number),
        AttributeValue::Flag(flag) => Value::Flag(*flag),
    };
    v1::Attribute { code: code.clone(), value: Some(value) }
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
        options: found.variant.options,
    }
}

/// Reads a product that a peer sends; of its variants, only their own fields count. `at` names the field that it is.
///
/// # Errors
/// `core.invalid` naming the field that cannot be read.
pub fn read_product(message: v1::Product, at: &str) -> Result<Product> {
    let mut variants = Vec::with_capacity(message.variants.len());
    for (place, variant) in message.variants.into_iter().enumerate() {
        variants.push(Variant {
            id: id(&variant.id, || format!("{at}.variants[{place}].id"))?,
            sku: variant.sku,
            name: variant.name,
            options: variant.options,
            sellable: variant.sellable,
        });
    }
    let categories = message.category_ids.iter().enumerate();
    let categories = categories.map(|(place, bytes)| id(bytes, || format!("{at}.category_ids[{place}]")));
    let status = match message.status.as_str() {
        "" => Status::of_sellable(message.sellable),
        word => word.parse().map_err(|error: Error| unreadable(format!("{at}.status"), error.message()))?,
    };
    Ok(Product {
        id: id(&message.id, || format!("{at}.id"))?,
        slug: message.slug,
        name: message.name,
        description: message.description,
        pictures: message.pictures,
        status,
        options: message.options,
        categories: categories.collect::<Result<_>>()?,
        attributes: read_attributes(message.attributes, at)?,
        variants,
    })
}

/// Reads a line of a file; `place` is its own.
///
/// # Errors
/// `core.invalid` for an id that is none.
pub fn read_named(message: v1::NamedGoods, place: usize) -> Result<NewNamed> {
    let new = id(&message.new_id, || format!("lines[{place}].new_id"))?;
    let v1::NamedGoods { product_slug: product, sku, name, description, variant_name: variant, .. } = message;
    Ok((Named { product, sku, name, description, variant }, new))
}

/// What came of lines of a file.
pub fn by_name(done: ByName) -> v1::PutByNameResponse {
    let refusal = |one: Refusal| v1::LineRefusal {
        place: u32::try_from(one.place).unwrap_or(u32::MAX),
        reason: one.reason.to_owned(),
        detail: one.detail,
    };
    let variants = done.variants.iter();
    v1::PutByNameResponse {
        variant_ids: variants.map(|id| id.as_ref().map_or_else(Vec::new, Id::to_vec)).collect(),
        refusals: done.refusals.into_iter().map(refusal).collect(),
    }
}

fn read_attributes(messages: Vec<v1::Attribute>, at: &str) -> Result<BTreeMap<String, AttributeValue>> {
    let mut values = BTreeMap::new();
    for (place, message) in messages.into_iter().enumerate() {
        let refuse = |why: &str| unreadable(format!("{at}.attributes[{place}]"), why);
        let value = match message.value.ok_or_else(|| refuse("has no value"))? {
            Value::Text(text) => AttributeValue::Text(text),
            Value::Number(number) => AttributeValue::Number(number),
            Value::Flag(flag) => AttributeValue::Flag(flag),
        };
        if values.insert(message.code, value).is_some() {
            return Err(refuse("must not repeat"));
        }
    }
    Ok(values)
}

/// An id of a message; the error names the field.
pub fn id<K: IdKind>(bytes: &[u8], path: impl FnOnce() -> String) -> Result<Id<K>, Error> {
    Id::try_from_slice(bytes).map_err(|_| unreadable(path(), "must be the 16 bytes of an id"))
}

fn unreadable(path: String, why: &str) -> Error {
    codes::INVALID.error("a field of the message cannot be read").with_field(path, why)
}
