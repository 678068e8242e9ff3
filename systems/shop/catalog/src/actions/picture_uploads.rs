//! Take in a picture in several goes: what was acknowledged stays, whatever is cut. Staff and services only, each their own.

use std::time::Duration;

use mainstay_access::Relation;
use mainstay_blobs::{BlobStream, Expected, Store};
use mainstay_core::{Context, Id, Result};
use mainstay_sql::Database;
use mainstay_uploads::{NewUpload, Options, Upload, UploadId, Uploads};
use shop_access_contracts::CATALOG_WRITE;

use super::add_picture::no_product;
use super::{Catalog, PICTURE_BYTES_MAX, add_picture};
use crate::model::{PictureSize, ProductId, picture_address};
use crate::store;

/// As many as somebody sends beside each other, and some that were given up.
const UNDER_WAY_MAX: u32 = 20;

/// Over a night without a line.
const KEPT_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// The uploads of the catalogue.
pub fn uploads(db: Database, blobs: Store) -> Uploads {
    let options = Options { size_max: PICTURE_BYTES_MAX, per_owner_max: UNDER_WAY_MAX, keep: KEPT_FOR };
    Uploads::new(db, blobs, options)
}

/// Begins an upload of a picture of a product.
///
/// # Errors
/// `catalog.product_unknown`, and those of [`Uploads::begin`].
pub async fn begin_picture_upload(
    catalog: &Catalog,
    ctx: &Context,
    product: ProductId,
    media_type: String,
    size_bytes: u64,
) -> Result<Upload> {
    catalog.access.require(ctx, CATALOG_WRITE, Relation::Other)?;
    let found = catalog.db.read(ctx, move |view| store::product(view, product)).await?;
    found.ok_or_else(no_product)?;
    let new = NewUpload { purpose: product.to_string(), media_type, size_bytes };
    catalog.uploads.begin(ctx, new).await
}

/// An upload as it stands.
///
/// # Errors
/// `uploads.unknown`.
pub async fn get_picture_upload(catalog: &Catalog, ctx: &Context, id: UploadId) -> Result<Upload> {
    catalog.access.require(ctx, CATALOG_WRITE, Relation::Other)?;
    catalog.uploads.find(ctx, id).await
}

/// Appends to an upload. The last byte makes it a picture of its product.
///
/// # Errors
/// Those of [`Uploads::append`], and with the last byte those of [`add_picture`].
pub async fn append_picture_upload(
    catalog: &Catalog,
    ctx: &Context,
    id: UploadId,
    offset: u64,
    bytes: BlobStream,
) -> Result<Upload> {
    catalog.access.require(ctx, CATALOG_WRITE, Relation::Other)?;
    let finish = async |upload: Upload, whole: BlobStream| {
        let product: Id<_> = upload.purpose.parse()?;
        let expected = Expected::at_most(PICTURE_BYTES_MAX).size(upload.size_bytes);
        let added = add_picture(catalog, ctx, product, upload.media_type, whole, expected).await?;
        Ok(picture_address(added.id, PictureSize::Large))
    };
    catalog.uploads.append(ctx, id, offset, bytes, finish).await
}

/// Gives an upload up.
///
/// # Errors
/// `uploads.unknown`.
pub async fn end_picture_upload(catalog: &Catalog, ctx: &Context, id: UploadId) -> Result<()> {
    catalog.access.require(ctx, CATALOG_WRITE, Relation::Other)?;
    catalog.uploads.cancel(ctx, id).await
}
