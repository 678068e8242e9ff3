//! A service's own part of the objects: no other service reaches it, nor does another tenant.

use std::fmt;
use std::sync::Arc;

use mainstay_core::{Context, Result};

use crate::intake::Expected;
use crate::key::BlobKey;
use crate::metrics::Metrics;
use crate::port::{Blob, Blobs, Listed, Stored};
use crate::range::ByteRange;
use crate::stream::BlobStream;

/// What a service stores under its name. Cheap to clone. Every method is the port's, with the service's keys put below
/// its name and the caller's tenant.
#[derive(Clone)]
pub struct Store {
    blobs: Arc<dyn Blobs>,
    service: BlobKey,
    metrics: Metrics,
}

impl Store {
    /// The part of `service`, such as `shop.catalog`.
    ///
    /// # Errors
    /// `blobs.bad_key` when the name is none for a key.
    pub fn new(blobs: Arc<dyn Blobs>, service: &str, metrics: Metrics) -> Result<Self> {
        Ok(Self { blobs, service: service.parse()?, metrics })
    }

    fn place(&self, ctx: &Context) -> Result<BlobKey> {
        let tenant = u128::from_be_bytes(*ctx.tenant().as_bytes());
        format!("{}/{tenant:x}", self.service).parse()
    }

    fn key(&self, ctx: &Context, key: &BlobKey) -> Result<BlobKey> {
        self.place(ctx)?.join(key)
    }

    fn told<T>(&self, outcome: Result<T>) -> Result<T> {
        outcome.inspect_err(|error| self.metrics.failed(error))
    }

    /// See [`Blobs::put`].
    ///
    /// # Errors
    /// Those of the port; `blobs.bad_key` when the key is too long.
    pub async fn put(
        &self,
        ctx: &Context,
        key: &BlobKey,
        bytes: BlobStream,
        expected: Expected,
    ) -> Result<Stored> {
        let stored = self.told(self.blobs.put(ctx, &self.key(ctx, key)?, bytes, expected).await)?;
        self.metrics.stored.inc();
        self.metrics.stored_bytes.inc_by(stored.size_bytes);
        Ok(stored)
    }

    /// See [`Blobs::head`].
    ///
    /// # Errors
    /// Those of the port; `blobs.bad_key` when the key is too long.
    pub async fn head(&self, ctx: &Context, key: &BlobKey) -> Result<Option<Stored>> {
        self.told(self.blobs.head(ctx, &self.key(ctx, key)?).await)
    }

    /// See [`Blobs::get`].
    ///
    /// # Errors
    /// Those of the port; `blobs.bad_key` when the key is too long.
    pub async fn get(&self, ctx: &Context, key: &BlobKey, range: Option<ByteRange>) -> Result<Option<Blob>> {
        let found = self.told(self.blobs.get(ctx, &self.key(ctx, key)?, range).await)?;
        if let Some(blob) = &found {
            self.metrics.read.inc();
            self.metrics.read_bytes.inc_by(blob.length);
        }
        Ok(found)
    }

    /// See [`Blobs::delete`].
    ///
    /// # Errors
    /// Those of the port; `blobs.bad_key` when the key is too long.
    pub async fn delete(&self, ctx: &Context, key: &BlobKey) -> Result<bool> {
        let was_there = self.told(self.blobs.delete(ctx, &self.key(ctx, key)?).await)?;
        self.metrics.deleted.inc_by(u64::from(was_there));
        Ok(was_there)
    }

    /// See [`Blobs::list`]: among the service's own, with its own keys.
    ///
    /// # Errors
    /// Those of the port; `blobs.bad_key` when a key is too long.
    pub async fn list(
        &self,
        ctx: &Context,
        under: Option<&BlobKey>,
        after: Option<&BlobKey>,
        limit: usize,
    ) -> Result<Vec<Listed>> {
        let place = self.place(ctx)?;
        let under = under.map_or(Ok(place.clone()), |under| place.join(under))?;
        let after = after.map(|after| place.join(after)).transpose()?;
        let page = self.told(self.blobs.list(ctx, Some(&under), after.as_ref(), limit).await)?;
        let own = page.into_iter().filter_map(|listed| {
            let key = listed.key.below(&place)?;
            Some(Listed { key, ..listed })
        });
        Ok(own.collect())
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Store").field(&self.service).finish()
    }
}
