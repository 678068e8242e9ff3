//! Take in a picture of a product.
//!
//! The file goes to the store of objects as it comes, so a slow sender holds no memory; its digest is the picture's name.
//! Then its sizes are made, one picture at a time in a process. Its row is written before its files and says that they
//! are there after them, so whatever a crash leaves is known to the sweep (see `sweep_pictures.rs`).

use std::sync::Arc;

use mainstay_access::Relation;
use mainstay_audit::Entry;
use mainstay_blobs::{BlobKey, BlobStream, Expected, collect, stream_of};
use mainstay_core::{Context, Error, Id, IdKind, Result, codes};
use mainstay_sql::Tx;
use serde_json::json;
use shop_access_contracts::CATALOG_WRITE;

use super::apply::{Known, apply};
use super::get_picture::key_of;
use super::index::index;
use super::put_product::summary;
use super::{Catalog, product_tag, slug_tag};
use crate::codes::{PICTURE_GOING, PICTURES_FULL, PRODUCT_UNKNOWN};
use crate::model::{
    PICTURES_MAX, PictureId, PictureSize, Product, ProductId, Versioned, picture_address, picture_at,
};
use crate::render::{Rendered, render};
use crate::store;

/// The largest file of a picture: what a telephone makes at its finest.
pub const PICTURE_BYTES_MAX: u64 = 10_000_000;

/// Files on their way, which become pictures or nothing.
pub(super) const INCOMING: &str = "incoming";

/// Names a file on its way.
enum Incoming {}

impl IdKind for Incoming {
    const PREFIX: &'static str = "inc";
}

/// A picture of a product.
#[derive(Debug)]
pub struct Added {
    pub id: PictureId,
    /// Of the largest size, in pixels.
    pub width: u32,
    pub height: u32,
    /// The product with it.
    pub product: Versioned<Product>,
    /// It was one of the product's already.
    pub was_there: bool,
}

/// Takes in a file and puts it behind the product's pictures. The same file again changes nothing. Staff and services
/// only.
///
/// # Errors
/// `catalog.product_unknown`, `catalog.pictures_full`, `catalog.picture_unusable`, `catalog.picture_going`, and those of
/// the store of objects.
pub async fn add_picture(
    catalog: &Catalog,
    ctx: &Context,
    product: ProductId,
    media_type: String,
    bytes: BlobStream,
    expected: Expected,
) -> Result<Added> {
    catalog.access.require(ctx, CATALOG_WRITE, Relation::Other)?;
    // Before anything is taken: whoever sends a large file for nothing would be told late.
    let found = catalog.db.read(ctx, move |view| store::product(view, product)).await?;
    found.ok_or_else(no_product)?;
    let incoming: BlobKey = format!("{INCOMING}/{}", Id::<Incoming>::generate(catalog.db.clock())).parse()?;
    let stored = catalog.blobs.put(ctx, &incoming, bytes, expected).await?;
    let kept = keep(catalog, ctx, stored.digest, media_type, &incoming).await;
    // One that cannot be deleted now is swept.
    if let Err(error) = catalog.blobs.delete(ctx, &incoming).await {
        tracing::warn!(error = error.chain(), "the file of a picture could not be deleted after its use");
    }
    let (width, height) = kept?;
    let (product, was_there) = attach(catalog, ctx, product, stored.digest).await?;
    Ok(Added { id: stored.digest, width, height, product, was_there })
}

pub(super) fn no_product() -> Error {
    PRODUCT_UNKNOWN.error("there is no such product")
}

/// Sees to it that the sizes of a picture are in the store; width and height of the largest one.
async fn keep(
    catalog: &Catalog,
    ctx: &Context,
    id: PictureId,
    media_type: String,
    incoming: &BlobKey,
) -> Result<(u32, u32)> {
    let Rendered { format, sizes } = make_sizes(catalog, ctx, media_type, incoming).await?;
    let now = catalog.db.clock().now();
    let begun = catalog.db.write(ctx, move |tx| store::begin_picture(tx, id, format, now)).await?;
    if !begun {
        return Err(PICTURE_GOING.error("the same picture is just being deleted"));
    }
    let largest = sizes.first().map_or((0, 0), |largest| (largest.width, largest.height));
    for size in sizes {
        let (key, most) = (key_of(id, size.size)?, size.bytes.len() as u64);
        catalog.blobs.put(ctx, &key, stream_of(size.bytes), Expected::at_most(most)).await?;
    }
    Ok(largest)
}

async fn make_sizes(
    catalog: &Catalog,
    ctx: &Context,
    media_type: String,
    incoming: &BlobKey,
) -> Result<Rendered> {
    let clock = catalog.db.clock();
    let place = Arc::clone(&catalog.rendering).acquire_owned();
    let place = match ctx.remaining(clock)? {
        Some(left) => clock.timeout(left, place).await?,
        None => place.await,
    };
    let blob = catalog.blobs.get(ctx, incoming, None).await?;
    let blob = blob.ok_or_else(|| codes::INTERNAL.error("a file that just came is not there"))?;
    let file = collect(blob.bytes, usize::try_from(PICTURE_BYTES_MAX).unwrap_or(usize::MAX)).await?;
    let rendered = catalog.cpu.run(move || {
        // Held until the work is done, also when its caller goes away meanwhile: the memory is taken until then.
        let _place = place;
        render(&file, &media_type)
    });
    rendered.await?
}

/// Puts a picture behind those of a product; the product with it, and whether it was there.
async fn attach(
    catalog: &Catalog,
    ctx: &Context,
    product: ProductId,
    id: PictureId,
) -> Result<(Versioned<Product>, bool)> {
    let (own, who) = (catalog.clone(), ctx.clone());
    let write = move |tx: &Tx<'_>| {
        if !store::show_picture(tx, id, own.db.clock().now())? {
            return Err(PICTURE_GOING.error("the picture was deleted before it was shown"));
        }
        let Some(head) = store::product(tx, product)? else {
            return Err(no_product());
        };
        let mut stored = head.product;
        stored.value.variants = store::variants_of_product(tx, product)?;
        let mut wanted = stored.value.clone();
        if wanted.pictures.iter().any(|address| picture_at(address) == Some(id)) {
            return Ok((stored, true));
        }
        if wanted.pictures.len() >= PICTURES_MAX {
            return Err(PICTURES_FULL.error(format!("a product has at most {PICTURES_MAX} pictures")));
        }
        wanted.pictures.push(picture_address(id, PictureSize::Large));
        let known = Known::about(tx, std::iter::once(&wanted))?;
        let applied = apply(tx, &own, &who, &known, Some(&stored), &wanted, "")?;
        index(tx, &own, [&wanted])?;
        let after = json!({ "product": summary(&wanted), "picture": id.to_string() });
        let entry = Entry::new("product.add_picture", product.to_string()).after(&after)?;
        own.audit.record(tx, &who, entry)?;
        Ok((Versioned { version: applied.version, value: wanted }, false))
    };
    let (product_now, was_there) = catalog.db.write(ctx, write).await?;
    let tags = [product_tag(product), slug_tag(&product_now.value.slug)];
    // A store that cannot be asked is counted there; the events of the change come, too.
    let _ = catalog.cache.invalidate(&tags).await;
    Ok((product_now, was_there))
}
