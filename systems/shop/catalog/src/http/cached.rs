//! Products as buyers see them, read and written out once for many.
//!
//! Only what every buyer sees alike is cached; staff read the database. A change is invalidated after its commit in
//! this process, and by its event in others.

use std::sync::Arc;

use bytes::Bytes;
use mainstay_cache::{Loaded, Tag};
use mainstay_core::{Context, Id, Principal, Result, codes};
use shop_catalog_contracts::ProductChanged;

use super::view::ProductView;
use crate::actions::{self, Catalog, Wanted, product_tag, slug_tag};
use crate::codes::PRODUCT_UNKNOWN;

/// A product ready to be sent.
pub enum Shown {
    /// As JSON, with its version.
    Product(u64, Bytes),
    /// Under another slug now.
    Moved(String),
}

/// The product as a buyer sees it: of many who ask at once for one that is not there, one reads it.
///
/// # Errors
/// `catalog.product_unknown`.
pub async fn product(catalog: &Arc<Catalog>, ctx: &Context, wanted: Wanted) -> Result<Shown> {
    let key = match &wanted {
        Wanted::Id(id) => id.to_string(),
        Wanted::Slug(slug) => format!("slug:{slug}"),
    };
    let (source, tenant, trace) = (Arc::clone(catalog), ctx.tenant(), ctx.trace());
    let load = move || {
        // Whoever asks, the load is for every buyer, and goes on when its caller goes away.
        let anybody = Context::new(tenant, Principal::Anonymous(Id::from_bytes([0; 16])), trace);
        load(Arc::clone(&source), anybody, wanted.clone())
    };
    match catalog.cache.get_or_load(ctx, &key, load).await? {
        Some(bytes) => decode(bytes),
        None => Err(PRODUCT_UNKNOWN.error("there is no such product")),
    }
}

async fn load(catalog: Arc<Catalog>, ctx: Context, wanted: Wanted) -> Result<Loaded> {
    let asked = match &wanted {
        Wanted::Id(id) => product_tag(*id),
        Wanted::Slug(slug) => slug_tag(slug),
    };
    match actions::get_product(&catalog, &ctx, wanted).await {
        Ok(found) => {
            let tags = vec![asked, product_tag(found.product.value.id)];
            let value = encode(found)?;
            Ok(Loaded { value: Some(value), tags })
        }
        Err(error) if error.is(&PRODUCT_UNKNOWN) => Ok(Loaded { value: None, tags: vec![asked] }),
        Err(error) => Err(error),
    }
}

/// What the event of a change touches.
pub fn touched(event: &ProductChanged) -> Vec<Tag> {
    let Some(product) = &event.product else { return Vec::new() };
    let id = Id::try_from_slice(&product.id).map(product_tag);
    id.into_iter().chain([slug_tag(&product.slug)]).collect()
}

// The version in eight bytes and the JSON; a version of nothing stands before a slug.
fn encode(found: actions::Found) -> Result<Bytes> {
    let version = if found.moved { 0 } else { found.product.version };
    let mut bytes = version.to_le_bytes().to_vec();
    if found.moved {
        bytes.extend_from_slice(found.product.value.slug.as_bytes());
    } else {
        serde_json::to_writer(&mut bytes, &ProductView::of(found.product))
            .map_err(|error| codes::INTERNAL.because("a product could not be written", error))?;
    }
    Ok(bytes.into())
}

fn decode(mut bytes: Bytes) -> Result<Shown> {
    let broken = || codes::INTERNAL.error("a cached product cannot be read");
    if bytes.len() < 8 {
        return Err(broken());
    }
    let version = bytes.split_to(8);
    let version = version.as_ref().try_into().map(u64::from_le_bytes).map_err(|_| broken())?;
    if version == 0 {
        return String::from_utf8(bytes.to_vec()).map(Shown::Moved).map_err(|_| broken());
    }
    Ok(Shown::Product(version, bytes))
}
