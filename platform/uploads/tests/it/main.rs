//! Uploads that go wrong where it hurts: at the last byte, while they are given up, and after their time.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures::channel::mpsc;
use futures::{FutureExt, StreamExt, stream};
use mainstay_blobs::{BlobStream, Digest, Store, codes as blobs, collect, stream_of};
use mainstay_core::{BlockingPool, Clock, Context, Error, Result, codes};
use mainstay_engine_local::FileBlobs;
use mainstay_engine_sqlite::Sqlite;
use mainstay_sql::{Database, DatabaseEngine, Metrics};
use mainstay_uploads::{MIGRATIONS, NewUpload, Options, Upload, UploadId, Uploads, codes as uploads};

const SEGMENT: usize = 1_048_576;

struct Lab {
    uploads: Uploads,
    objects: Store,
    ctx: Context,
    folder: tempfile::TempDir,
}

fn open(folder: &std::path::Path) -> (Database, Store) {
    let clock = Clock::system();
    let options = mainstay_sql::Options::new(clock.clone(), Metrics::unregistered());
    let db = Sqlite.open(&format!("sqlite:{}", folder.display()), "test", options).unwrap();
    let blocking = BlockingPool::new(2, 64).unwrap();
    let files = FileBlobs::with_reserve(folder.join("blobs"), clock, blocking, 0).unwrap();
    (db, Store::new(Arc::new(files), "test", mainstay_blobs::Metrics::unregistered()).unwrap())
}

fn options() -> Options {
    Options { size_max: 10_000_000, per_owner_max: 3, keep: Duration::from_secs(60) }
}

impl Lab {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (db, objects) = open(folder.path());
        db.migrate(&[MIGRATIONS]).await.unwrap();
        let uploads = Uploads::new(db, objects.clone(), options());
        Self { uploads, objects, ctx: Context::background("test"), folder }
    }

    async fn begin(&self, size: usize) -> UploadId {
        let new = NewUpload { purpose: "it".into(), media_type: "a/b".into(), size_bytes: size as u64 };
        self.uploads.begin(&self.ctx, new).await.unwrap().id
    }

    /// Appends; what comes of the whole is its digest, or `refusal`.
    async fn append(
        &self,
        id: UploadId,
        offset: usize,
        bytes: BlobStream,
        refusal: Option<Error>,
    ) -> Result<Upload> {
        let finish = async |_: Upload, whole: BlobStream| {
            let whole = collect(whole, 10_000_000).await?;
            refusal.map_or_else(|| Ok(Digest::of(&whole).to_string()), Err)
        };
        self.uploads.append(&self.ctx, id, offset as u64, bytes, finish).await
    }

    async fn objects(&self) -> usize {
        self.objects.list(&self.ctx, None, None, 1_000).await.unwrap().len()
    }
}

fn file() -> Bytes {
    (0..2 * SEGMENT + 500).map(|number| (number % 251) as u8).collect::<Vec<_>>().into()
}

fn pieces(bytes: &Bytes) -> BlobStream {
    let pieces: Vec<Result<Bytes>> = bytes.chunks(70_000).map(|piece| Ok(bytes.slice_ref(piece))).collect();
    stream::iter(pieces).boxed()
}

#[tokio::test]
async fn what_may_succeed_later_is_gone_on_with_at_the_last_segment() {
    let (lab, file) = (Lab::open().await, file());
    let id = lab.begin(file.len()).await;
    let full = codes::OVERLOADED.error("not now");
    let refused = lab.append(id, 0, pieces(&file), Some(full)).await.unwrap_err();
    assert!(refused.is(&codes::OVERLOADED));
    let upload = lab.uploads.find(&lab.ctx, id).await.unwrap();
    assert!(upload.outcome.is_none() && upload.reached < upload.size_bytes, "{upload:?}");
    assert!(upload.reached >= SEGMENT as u64, "only the last of it comes again: {upload:?}");
    let reached = usize::try_from(upload.reached).unwrap();
    let done = lab.append(id, reached, pieces(&file.slice(reached..)), None).await.unwrap();
    assert_eq!(done.outcome, Some(Digest::of(&file).to_string()), "every byte once and in order");
    assert_eq!(lab.objects().await, 0);
    assert_eq!(lab.uploads.find(&lab.ctx, id).await.unwrap(), done);
}

#[tokio::test]
async fn what_is_refused_for_good_has_ended() {
    let (lab, file) = (Lab::open().await, file());
    let id = lab.begin(file.len()).await;
    let refused = lab.append(id, 0, pieces(&file), Some(codes::INVALID.error("no"))).await.unwrap_err();
    assert!(refused.is(&codes::INVALID));
    assert!(lab.uploads.find(&lab.ctx, id).await.unwrap_err().is(&uploads::UNKNOWN));
    assert_eq!(lab.objects().await, 0);
}

#[tokio::test]
async fn a_process_that_dies_after_the_whole_was_used_is_told_again() {
    let (lab, file) = (Lab::open().await, file());
    let id = lab.begin(file.len()).await;
    lab.append(id, 0, pieces(&file.slice(..SEGMENT)), None).await.unwrap();
    // Used, and gone before it was acknowledged: as a process that is killed there.
    let used = AtomicU32::new(0);
    let finish = async |_: Upload, whole: BlobStream| {
        collect(whole, 10_000_000).await?;
        used.fetch_add(1, Ordering::SeqCst);
        futures::future::pending::<()>().await;
        Ok(String::new())
    };
    let rest = pieces(&file.slice(SEGMENT..));
    let mut dies = Box::pin(lab.uploads.append(&lab.ctx, id, SEGMENT as u64, rest, finish));
    while used.load(Ordering::SeqCst) == 0 {
        assert!(dies.as_mut().now_or_never().is_none());
        tokio::task::yield_now().await;
    }
    drop(dies);
    let (db, objects) = open(lab.folder.path());
    let lab = Lab { uploads: Uploads::new(db, objects.clone(), options()), objects, ..lab };
    let upload = lab.uploads.find(&lab.ctx, id).await.unwrap();
    let reached = usize::try_from(upload.reached).unwrap();
    assert!(reached >= SEGMENT && reached < file.len());
    let done = lab.append(id, reached, pieces(&file.slice(reached..)), None).await.unwrap();
    assert_eq!(done.outcome, Some(Digest::of(&file).to_string()));
}

#[tokio::test]
async fn what_is_given_up_while_it_comes_leaves_nothing() {
    let (lab, file) = (Lab::open().await, file());
    let id = lab.begin(file.len()).await;
    let (send, bytes) = mpsc::unbounded();
    let mut coming = Box::pin(lab.append(id, 0, bytes.boxed(), None));
    send.unbounded_send(Ok(file.slice(..SEGMENT + 1))).unwrap();
    while lab.objects().await == 0 {
        assert!(coming.as_mut().now_or_never().is_none());
    }
    lab.uploads.cancel(&lab.ctx, id).await.unwrap();
    send.unbounded_send(Ok(file.slice(SEGMENT + 1..))).unwrap();
    drop(send);
    let refused = coming.await.unwrap_err();
    assert!(refused.is(&uploads::OFFSET), "{}", refused.chain());
    assert_eq!(lab.objects().await, 0);
}

#[tokio::test]
async fn another_has_none_of_it_and_a_caller_has_so_many() {
    let lab = Lab::open().await;
    let id = lab.begin(10).await;
    let stranger = Context::background("another");
    assert!(lab.uploads.find(&stranger, id).await.unwrap_err().is(&uploads::UNKNOWN));
    assert!(lab.uploads.cancel(&stranger, id).await.unwrap_err().is(&uploads::UNKNOWN));
    lab.begin(10).await;
    lab.begin(10).await;
    let new = NewUpload { purpose: "it".into(), media_type: String::new(), size_bytes: 10 };
    let refused = lab.uploads.begin(&lab.ctx, new.clone()).await.unwrap_err();
    assert!(refused.is(&uploads::TOO_MANY));
    lab.uploads.begin(&stranger, new).await.unwrap();
    // One that is done is under way no more.
    lab.append(id, 0, stream_of(&b"0123456789"[..]), None).await.unwrap();
    lab.begin(10).await;
}

#[tokio::test]
async fn what_comes_elsewhere_or_is_too_much_changes_nothing() {
    let lab = Lab::open().await;
    let id = lab.begin(10).await;
    for (offset, bytes, code) in [
        (5, &b"56789"[..], &uploads::OFFSET),
        (0, &b"0123456789x"[..], &blobs::TOO_LARGE),
        (1, &b""[..], &uploads::OFFSET),
    ] {
        let refused = lab.append(id, offset, stream_of(bytes), None).await.unwrap_err();
        assert!(refused.is(code), "{offset}: {}", refused.chain());
        assert_eq!(lab.uploads.find(&lab.ctx, id).await.unwrap().reached, 0);
    }
    assert_eq!(lab.objects().await, 0);
    let done = lab.append(id, 0, stream_of(&b"0123456789"[..]), None).await.unwrap();
    assert_eq!(done.outcome, Some(Digest::of(b"0123456789").to_string()));
    let refused = lab.append(id, 10, stream_of(&b""[..]), None).await.unwrap_err();
    assert!(refused.is(&uploads::OFFSET), "it has become something already");
}

#[tokio::test]
async fn a_body_that_breaks_off_after_its_last_byte_is_not_whole_and_can_be_gone_on_with() {
    let (lab, file) = (Lab::open().await, file());
    let id = lab.begin(file.len()).await;
    let cut = pieces(&file).chain(stream::iter([Err(codes::UNAVAILABLE.error("cut"))])).boxed();
    let refused = lab.append(id, 0, cut, None).await.unwrap_err();
    assert!(refused.is(&codes::UNAVAILABLE));
    let upload = lab.uploads.find(&lab.ctx, id).await.unwrap();
    assert_eq!((upload.outcome, upload.reached >= SEGMENT as u64), (None, true));
    let reached = usize::try_from(upload.reached).unwrap();
    assert!(reached < file.len(), "what completes it is acknowledged with what became of it");
    let done = lab.append(id, reached, pieces(&file.slice(reached..)), None).await.unwrap();
    assert_eq!(done.outcome, Some(Digest::of(&file).to_string()));
}

#[tokio::test]
async fn of_two_who_append_at_one_place_one_is_acknowledged() {
    let (lab, file) = (Lab::open().await, file());
    let id = lab.begin(file.len()).await;
    let ((first, one), (second, other)) = (mpsc::unbounded(), mpsc::unbounded());
    let mut one = Box::pin(lab.append(id, 0, one.boxed(), None));
    let mut other = Box::pin(lab.append(id, 0, other.boxed(), None));
    // Both have looked where the upload is.
    for _ in 0..1_000 {
        assert!(one.as_mut().now_or_never().is_none() && other.as_mut().now_or_never().is_none());
        tokio::task::yield_now().await;
    }
    first.unbounded_send(Ok(file.slice(..SEGMENT + 1))).unwrap();
    while lab.uploads.find(&lab.ctx, id).await.unwrap().reached == 0 {
        assert!(one.as_mut().now_or_never().is_none());
    }
    second.unbounded_send(Ok(file.slice(..SEGMENT))).unwrap();
    let refused = other.await.unwrap_err();
    assert!(refused.is(&uploads::OFFSET), "{}", refused.chain());
    first.unbounded_send(Ok(file.slice(SEGMENT + 1..))).unwrap();
    drop(first);
    assert_eq!(one.await.unwrap().outcome, Some(Digest::of(&file).to_string()));
    assert_eq!(lab.objects().await, 0);
}
