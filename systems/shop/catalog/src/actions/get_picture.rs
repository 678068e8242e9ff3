//! Where the file of a picture lies.

use mainstay_blobs::BlobKey;
use mainstay_core::{Context, Result};

use super::Catalog;
use crate::codes::PICTURE_UNKNOWN;
use crate::model::{PictureFormat, PictureId, PictureSize};
use crate::store;

/// The object of a picture in a size, and what it is written in. Anybody may see it who knows its name, which nobody
/// guesses: a draft's picture is shown to whoever was given its address.
///
/// # Errors
/// `catalog.picture_unknown`.
pub async fn picture_file(
    catalog: &Catalog,
    ctx: &Context,
    id: PictureId,
    size: PictureSize,
) -> Result<(BlobKey, PictureFormat)> {
    let format = catalog.db.read(ctx, move |view| store::picture_format(view, id)).await?;
    let format = format.ok_or_else(|| PICTURE_UNKNOWN.error("there is no such picture"))?;
    Ok((key_of(id, size)?, format))
}

/// Spread over 256 folders, so that none has more entries than tools like.
pub(super) fn key_of(id: PictureId, size: PictureSize) -> Result<BlobKey> {
    let name = id.to_string();
    format!("pictures/{}/{name}/{}", &name[..2], size.as_str()).parse()
}
