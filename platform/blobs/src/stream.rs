//! Bytes on their way.

use std::pin::Pin;

use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt};
use mainstay_core::Result;

use crate::codes::TOO_LARGE;

/// The bytes of an object on their way. Whoever takes them asks for the next ones when it has room, so neither side
/// holds more than a few pieces.
pub type BlobStream = Pin<Box<dyn Stream<Item = Result<Bytes>> + Send>>;

/// Bytes that are there already, as a stream.
pub fn stream_of(bytes: impl Into<Bytes>) -> BlobStream {
    let bytes = bytes.into();
    futures::stream::once(async move { Ok(bytes) }).boxed()
}

/// All bytes of a stream, for objects that are known to be small.
///
/// # Errors
/// `blobs.too_large` beyond `size_max`, and whatever the stream fails with.
pub async fn collect(mut bytes: BlobStream, size_max: usize) -> Result<Bytes> {
    let mut all = BytesMut::new();
    while let Some(piece) = bytes.next().await {
        let piece = piece?;
        if all.len() + piece.len() > size_max {
            return Err(TOO_LARGE.error(format!("an object may have {size_max} bytes here")));
        }
        all.extend_from_slice(&piece);
    }
    Ok(all.freeze())
}
