//! Begin, go on, finish, end.

use std::future::Future;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::{StreamExt, TryStreamExt, stream};
use mainstay_blobs::codes::TOO_LARGE;
use mainstay_blobs::{BlobKey, BlobStream, Expected, Store, stream_of};
use mainstay_core::{Context, Error, Id, IdKind, Result, Timestamp, codes as core_codes};
use mainstay_sql::{Database, Lease};

use crate::codes::{OFFSET, TOO_MANY, UNKNOWN};
use crate::store;

/// Acknowledged at once: what a cut costs at most, and what an upload holds in memory.
const SEGMENT_BYTES: usize = 1_048_576;

/// After its time an upload takes nothing more; what was being appended then has ended long before this.
const SWEPT_AFTER: Duration = Duration::from_secs(60 * 60);

/// Uploads, and objects of one, deleted at a time.
const PAGE: u32 = 50;

/// Where segments lie in the service's store.
const PLACE: &str = "uploads";

/// Names an upload.
#[derive(Debug)]
pub enum UploadKind {}

impl IdKind for UploadKind {
    const PREFIX: &'static str = "upl";
}

/// The id of an upload.
pub type UploadId = Id<UploadKind>;

/// Names a segment.
enum Segment {}

impl IdKind for Segment {
    const PREFIX: &'static str = "seg";
}

/// The bounds of a service's uploads.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The largest.
    pub size_max: u64,
    /// How many one caller may have under way.
    pub per_owner_max: u32,
    /// How long one waits for more.
    pub keep: Duration,
}

/// What somebody is about to send.
#[derive(Clone, Debug)]
pub struct NewUpload {
    /// What it is for, in the words of the service.
    pub purpose: String,
    pub media_type: String,
    pub size_bytes: u64,
}

/// An upload as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    pub id: UploadId,
    /// Whose it is.
    pub owner: String,
    pub purpose: String,
    pub media_type: String,
    pub size_bytes: u64,
    /// Bytes that came and are durable; the next one goes there.
    pub reached: u64,
    /// When it is forgotten, unless more comes.
    pub expires_at: Timestamp,
    /// What it became, in the words of the service, once it is complete.
    pub outcome: Option<String>,
}

/// The uploads of a service. Cheap to clone.
#[derive(Clone)]
pub struct Uploads {
    db: Database,
    objects: Store,
    options: Options,
}

impl Uploads {
    /// Rows in `db`, which has this crate's tables; segments in `objects`.
    pub fn new(db: Database, objects: Store, options: Options) -> Self {
        Self { db, objects, options }
    }

    /// Begins an upload of the caller's.
    ///
    /// # Errors
    /// `blobs.too_large`, `uploads.too_many`, `core.invalid` for nothing.
    pub async fn begin(&self, ctx: &Context, new: NewUpload) -> Result<Upload> {
        if new.size_bytes == 0 {
            return Err(core_codes::INVALID.error("an upload has at least one byte"));
        }
        if new.size_bytes > self.options.size_max {
            return Err(TOO_LARGE.error(format!("an upload may have {} bytes here", self.options.size_max)));
        }
        let now = self.db.clock().now();
        let upload = Upload {
            id: Id::generate(self.db.clock()),
            owner: ctx.principal().to_string(),
            purpose: new.purpose,
            media_type: new.media_type,
            size_bytes: new.size_bytes,
            reached: 0,
            expires_at: now + self.options.keep,
            outcome: None,
        };
        let (row, most) = (upload.clone(), self.options.per_owner_max);
        let insert = move |tx: &mainstay_sql::Tx<'_>| {
            if store::under_way(tx, &row.owner, now)? >= most {
                return Err(TOO_MANY.error(format!("{most} uploads may be under way at once")));
            }
            store::insert(tx, &row)
        };
        self.db.write(ctx, insert).await?;
        Ok(upload)
    }

    /// An upload of the caller's; another's does not exist.
    ///
    /// # Errors
    /// `uploads.unknown`.
    pub async fn find(&self, ctx: &Context, id: UploadId) -> Result<Upload> {
        let found = self.db.read(ctx, move |view| store::upload(view, id)).await?;
        let (owner, now) = (ctx.principal().to_string(), self.db.clock().now());
        let own = found.filter(|upload| upload.owner == owner && upload.expires_at > now);
        own.ok_or_else(|| UNKNOWN.error("there is no such upload"))
    }

    /// Appends bytes at `offset`. When they complete the upload, `finish` is given all of it and says what it became; it
    /// may be called again for the same bytes after a crash. If it refuses for good, the upload has ended; if it may
    /// succeed later, the last segment is as if it had not come.
    ///
    /// # Errors
    /// `uploads.unknown`; `uploads.offset` unless the upload is at `offset`; `blobs.too_large` for more than was
    /// announced; what the stream fails with, after what came before it was acknowledged; those of `finish`.
    pub async fn append<F, R>(
        &self,
        ctx: &Context,
        id: UploadId,
        offset: u64,
        mut bytes: BlobStream,
        finish: F,
    ) -> Result<Upload>
    where
        F: FnOnce(Upload, BlobStream) -> R,
        R: Future<Output = Result<String>>,
    {
        let mut upload = self.find(ctx, id).await?;
        if upload.outcome.is_some() || upload.reached != offset {
            return Err(elsewhere(upload.reached));
        }
        let mut gathered = BytesMut::new();
        loop {
            let piece = bytes.next().await.transpose();
            let (piece, ended) = match piece {
                Ok(Some(piece)) => (piece, None),
                Ok(None) => (Bytes::new(), Some(Ok(()))),
                // What came before the cut is kept: that is what it is all for.
                Err(error) => (Bytes::new(), Some(Err(error))),
            };
            let left = upload.size_bytes - upload.reached;
            if (gathered.len() + piece.len()) as u64 > left {
                return Err(
                    TOO_LARGE.error(format!("the upload was announced with {} bytes", upload.size_bytes))
                );
            }
            gathered.extend_from_slice(&piece);
            let is_whole = gathered.len() as u64 == left;
            match ended {
                // Whether the body ends with the last byte must be known before anything is made of it.
                None if gathered.len() < SEGMENT_BYTES || is_whole => continue,
                Some(Ok(())) if is_whole => {
                    return self.complete(ctx, upload, gathered.split().freeze(), finish).await;
                }
                // Acknowledged with what became of it, or not at all.
                Some(Err(_)) if is_whole => {}
                _ if gathered.is_empty() => {}
                _ => {
                    let segment = gathered.split().freeze();
                    self.keep(ctx, &mut upload, segment).await?;
                }
            }
            if let Some(ended) = ended {
                return ended.map(|()| upload);
            }
        }
    }

    /// Makes a segment durable and acknowledges it.
    async fn keep(&self, ctx: &Context, upload: &mut Upload, segment: Bytes) -> Result<()> {
        let (name, key) = self.put(ctx, upload.id, &segment).await?;
        let (id, from, to) = (upload.id, upload.reached, upload.reached + segment.len() as u64);
        let now = self.db.clock().now();
        let expires_at = now + self.options.keep;
        let advance = move |tx: &mainstay_sql::Tx<'_>| {
            if !store::advance(tx, id, from..to, now, expires_at, None)? {
                return Ok(false);
            }
            store::insert_segment(tx, id, from, &name)?;
            Ok(true)
        };
        if !self.db.write(ctx, advance).await? {
            // Somebody else appended there, or ended it. The sweep takes what cannot be deleted now.
            let _ = self.objects.delete(ctx, &key).await;
            return Err(elsewhere(from));
        }
        (upload.reached, upload.expires_at) = (to, expires_at);
        Ok(())
    }

    async fn complete<F, R>(
        &self,
        ctx: &Context,
        mut upload: Upload,
        last: Bytes,
        finish: F,
    ) -> Result<Upload>
    where
        F: FnOnce(Upload, BlobStream) -> R,
        R: Future<Output = Result<String>>,
    {
        let id = upload.id;
        let whole = self.whole(ctx, &upload, last).await?;
        let outcome = match finish(upload.clone(), whole).await {
            Ok(outcome) => outcome,
            Err(error) if error.is_temporary() => return Err(error),
            Err(error) => {
                self.forget(ctx, id).await?;
                return Err(error);
            }
        };
        let (from, to, told) = (upload.reached, upload.size_bytes, outcome.clone());
        let now = self.db.clock().now();
        let expires_at = now + self.options.keep;
        let advance = move |tx: &mainstay_sql::Tx<'_>| {
            let is_moved = store::advance(tx, id, from..to, now, expires_at, Some(&told))?;
            if is_moved {
                store::delete_segments(tx, id)?;
            }
            Ok(is_moved)
        };
        if !self.db.write(ctx, advance).await? {
            return Err(elsewhere(from));
        }
        if let Err(error) = self.delete_objects(ctx, id).await {
            tracing::warn!(error = error.chain(), "the segments of an upload are left to the sweep");
        }
        (upload.reached, upload.expires_at, upload.outcome) = (to, expires_at, Some(outcome));
        Ok(upload)
    }

    /// All that came, and the last segment behind it.
    async fn whole(&self, ctx: &Context, upload: &Upload, last: Bytes) -> Result<BlobStream> {
        let (id, reached) = (upload.id, upload.reached);
        let read =
            move |view: &mainstay_sql::View<'_>| Ok((store::upload(view, id)?, store::segments(view, id)?));
        let (now, names) = self.db.read(ctx, read).await?;
        // One that was given up meanwhile has no segments any more: what is left of it is not the whole.
        if now.is_none_or(|now| now.reached != reached || now.expires_at <= self.db.clock().now()) {
            return Err(elsewhere(reached));
        }
        let (objects, ctx) = (self.objects.clone(), ctx.clone());
        let kept = stream::iter(names).then(move |name| {
            let (objects, ctx) = (objects.clone(), ctx.clone());
            async move {
                let blob = objects.get(&ctx, &key_of(id, &name)?, None).await?;
                blob.map(|blob| blob.bytes)
                    .ok_or_else(|| core_codes::DATA_LOSS.error("a part of the upload is not there any more"))
            }
        });
        Ok(kept.try_flatten().chain(stream_of(last)).boxed())
    }

    async fn put(&self, ctx: &Context, id: UploadId, segment: &Bytes) -> Result<(String, BlobKey)> {
        let name = Id::<Segment>::generate(self.db.clock()).to_string();
        let (key, size) = (key_of(id, &name)?, segment.len() as u64);
        self.objects.put(ctx, &key, stream_of(segment.clone()), Expected::at_most(size).size(size)).await?;
        Ok((name, key))
    }

    /// Ends an upload of the caller's.
    ///
    /// # Errors
    /// `uploads.unknown`, and those of the stores.
    pub async fn cancel(&self, ctx: &Context, id: UploadId) -> Result<()> {
        self.find(ctx, id).await?;
        self.forget(ctx, id).await
    }

    /// Its time is up first, so that nobody appends any more to what is being deleted; what a crash leaves is swept.
    async fn forget(&self, ctx: &Context, id: UploadId) -> Result<()> {
        self.db.write(ctx, move |tx| store::end(tx, id)).await?;
        self.delete_objects(ctx, id).await?;
        self.db.write(ctx, move |tx| store::delete(tx, id)).await
    }

    async fn delete_objects(&self, ctx: &Context, id: UploadId) -> Result<()> {
        let place: BlobKey = format!("{PLACE}/{id}").parse()?;
        loop {
            let page = self.objects.list(ctx, Some(&place), None, PAGE as usize).await?;
            for listed in &page {
                self.objects.delete(ctx, &listed.key).await?;
            }
            if page.len() < PAGE as usize {
                return Ok(());
            }
        }
    }

    /// Deletes uploads whose time is up, with what came of them.
    ///
    /// # Errors
    /// Those of the stores; the next sweep goes on.
    pub async fn sweep(&self, ctx: &Context, lease: &Lease) -> Result<()> {
        let by = self.db.clock().now() - SWEPT_AFTER;
        loop {
            let ended = self.db.read(ctx, move |view| store::ended(view, by, PAGE)).await?;
            if ended.is_empty() {
                return Ok(());
            }
            for id in ended {
                self.delete_objects(ctx, id).await?;
                self.db.write_as(ctx, lease, move |tx| store::delete(tx, id)).await?;
            }
        }
    }
}

fn key_of(id: UploadId, name: &str) -> Result<BlobKey> {
    format!("{PLACE}/{id}/{name}").parse()
}

fn elsewhere(reached: u64) -> Error {
    OFFSET.error(format!("the upload is not there; it had {reached} bytes when it was looked at"))
}
