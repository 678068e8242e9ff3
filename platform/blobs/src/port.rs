//! The port.

use std::fmt;

use async_trait::async_trait;
use mainstay_core::{Context, Result, Timestamp};

use crate::digest::Digest;
use crate::intake::Expected;
use crate::key::BlobKey;
use crate::range::ByteRange;
use crate::stream::BlobStream;

/// Most objects on one page of a list.
pub const LIST_MAX: usize = 1_000;

/// What is known of an object without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    pub size_bytes: u64,
    pub digest: Digest,
    pub stored_at: Timestamp,
}

/// An object that is being read.
pub struct Blob {
    /// The whole object, also when a part of it is read.
    pub stored: Stored,
    /// Where the bytes begin.
    pub start: u64,
    /// How many come.
    pub length: u64,
    pub bytes: BlobStream,
}

/// An object in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub key: BlobKey,
    pub size_bytes: u64,
    pub stored_at: Timestamp,
}

/// A store of objects. A key may be both an object and the beginning of other keys: `a` and `a/b`.
#[async_trait]
pub trait Blobs: Send + Sync + 'static {
    /// Stores an object, replacing what has the key. When this returns it is durable. When it fails or is given up, what
    /// was there before is there still.
    ///
    /// # Errors
    /// `blobs.too_large` and `blobs.mismatch` for what is not `expected`, `blobs.full`, `blobs.io`, and whatever the
    /// stream fails with.
    async fn put(
        &self,
        ctx: &Context,
        key: &BlobKey,
        bytes: BlobStream,
        expected: Expected,
    ) -> Result<Stored>;

    /// What is known of an object; nothing when there is none.
    ///
    /// # Errors
    /// `blobs.io`, `blobs.damaged`.
    async fn head(&self, ctx: &Context, key: &BlobKey) -> Result<Option<Stored>>;

    /// Begins to read an object or a range of it; nothing when there is none. It is read as it is now, also when it is
    /// replaced or deleted meanwhile. A whole object whose bytes are not those that were stored ends with
    /// `blobs.damaged` before its last piece.
    ///
    /// # Errors
    /// `blobs.range` when it has none of the bytes of the range; `blobs.io`, `blobs.damaged`.
    async fn get(&self, ctx: &Context, key: &BlobKey, range: Option<ByteRange>) -> Result<Option<Blob>>;

    /// Deletes an object, durably; whether there was one.
    ///
    /// # Errors
    /// `blobs.io`.
    async fn delete(&self, ctx: &Context, key: &BlobKey) -> Result<bool>;

    /// At most `limit` objects, and never more than [`LIST_MAX`], in the order of their keys: those below `under` and
    /// after `after`. A page with fewer than were asked for is the last one.
    ///
    /// # Errors
    /// `blobs.io`.
    async fn list(
        &self,
        ctx: &Context,
        under: Option<&BlobKey>,
        after: Option<&BlobKey>,
        limit: usize,
    ) -> Result<Vec<Listed>>;
}

impl fmt::Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Blob")
            .field("stored", &self.stored)
            .field("start", &self.start)
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}
