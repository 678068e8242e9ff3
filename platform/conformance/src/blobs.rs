//! What every engine that keeps objects must do.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::future::{BoxFuture, join_all};
use futures::{StreamExt, stream};
use mainstay_blobs::{
    BlobKey, BlobStream, Blobs, ByteRange, Digest, Expected, LIST_MAX, Stored, codes, collect, stream_of,
};
use mainstay_core::{Clock, Context, Result, codes as core_codes};

use crate::case::{Case, Outcome, ensure, refused, same, told};

/// Every case of the port; `make` gives a store with nothing in it for each.
pub fn cases(make: impl Fn() -> Arc<dyn Blobs>) -> Vec<Case> {
    let case = |promise: &str, check: fn(Objects) -> BoxFuture<'static, Outcome>| {
        let objects = Objects(make());
        Case::new(format!("blobs: {promise}"), move || check(objects))
    };
    vec![
        case("what is put is read back, whatever its size and pieces", |o| Box::pin(back(o))),
        case("a range is the bytes that it names, and one beyond the end is refused", |o| {
            Box::pin(ranges(o))
        }),
        case("when it was stored is known, and the same wherever it is told", |o| Box::pin(stored_at(o))),
        case("what is not there is nothing", |o| Box::pin(absent(o))),
        case("a put replaces, and who reads the old one reads it to its end", |o| Box::pin(replaced(o))),
        case("an object that breaks off or is given up leaves what was there", |o| Box::pin(cut(o))),
        case("one that is larger than allowed leaves what was there", |o| Box::pin(large(o))),
        case("one that is not what was announced leaves what was there", |o| Box::pin(announced(o))),
        case("a put after its caller's deadline stores nothing", |o| Box::pin(late(o))),
        case("many puts of one key leave one of them whole", |o| Box::pin(together(o))),
        case("what is deleted is gone, and who reads it reads it to its end", |o| Box::pin(deleted(o))),
        case("puts and deletes in one place do not disturb each other", |o| Box::pin(crowd(o))),
        case("a key may begin another key", |o| Box::pin(beginnings(o))),
        case("a list is in order, and its pages are all of it", |o| Box::pin(listed(o))),
    ]
}

struct Objects(Arc<dyn Blobs>);

fn ctx() -> Context {
    Context::background("conformance")
}

fn key(text: &str) -> Outcome<BlobKey> {
    text.parse().map_err(told)
}

/// Bytes without a period, so that no two parts of them are alike.
fn bytes_of(size: usize, seed: u64) -> Vec<u8> {
    let mut state = seed | 1;
    let next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as u8
    };
    std::iter::repeat_with(next).take(size).collect()
}

fn in_pieces(bytes: &[u8], piece: usize) -> BlobStream {
    let pieces: Vec<Result<Bytes>> = bytes.chunks(piece).map(|piece| Ok(piece.to_vec().into())).collect();
    stream::iter(pieces).boxed()
}

impl Objects {
    async fn put(&self, at: &str, bytes: &[u8]) -> Outcome<Stored> {
        let stream = stream_of(bytes.to_vec());
        let put = self.0.put(&ctx(), &key(at)?, stream, Expected::at_most(u64::MAX)).await;
        put.map_err(told)
    }

    async fn read(&self, at: &str, range: Option<ByteRange>) -> Outcome<Option<Vec<u8>>> {
        let Some(blob) = self.0.get(&ctx(), &key(at)?, range).await.map_err(told)? else { return Ok(None) };
        let length = blob.length;
        let bytes = collect(blob.bytes, usize::MAX).await.map_err(told)?;
        same("the length that was told", length, bytes.len() as u64)?;
        Ok(Some(bytes.to_vec()))
    }

    async fn holds(&self, at: &str, bytes: &[u8]) -> Outcome {
        let found = self.read(at, None).await?;
        ensure(found.as_deref() == Some(bytes), format!("{at} has the {} bytes that it must", bytes.len()))?;
        let head = self.0.head(&ctx(), &key(at)?).await.map_err(told)?;
        let head = head.map(|stored| (stored.size_bytes, stored.digest));
        same("what is known of it", head, Some((bytes.len() as u64, Digest::of(bytes))))
    }

    async fn keys(&self, under: Option<&str>, after: Option<&str>, limit: usize) -> Outcome<Vec<String>> {
        let (under, after) = (under.map(key).transpose()?, after.map(key).transpose()?);
        let page = self.0.list(&ctx(), under.as_ref(), after.as_ref(), limit).await.map_err(told)?;
        Ok(page.into_iter().map(|listed| listed.key.to_string()).collect())
    }
}

async fn back(objects: Objects) -> Outcome {
    for (number, size) in
        [0, 1, 47, 48, 49, 4_096, 131_071, 131_072, 131_073, 1_000_003].into_iter().enumerate()
    {
        let bytes = bytes_of(size, number as u64);
        let at = format!("sizes/{size}");
        for piece in [1_000_000, 8_192] {
            let expected = Expected::at_most(size as u64).size(size as u64).digest(Digest::of(&bytes));
            let put = objects.0.put(&ctx(), &key(&at)?, in_pieces(&bytes, piece), expected).await;
            let stored = put.map_err(told)?;
            same("size and digest", (stored.size_bytes, stored.digest), (size as u64, Digest::of(&bytes)))?;
            objects.holds(&at, &bytes).await?;
        }
    }
    Ok(())
}

async fn ranges(objects: Objects) -> Outcome {
    let bytes = bytes_of(300_000, 7);
    objects.put("a", &bytes).await?;
    for (range, part) in [
        (ByteRange::Between(0, 0), 0..1),
        (ByteRange::Between(131_070, 262_150), 131_070..262_151),
        (ByteRange::Between(10, u64::MAX), 10..300_000),
        (ByteRange::From(299_999), 299_999..300_000),
        (ByteRange::From(0), 0..300_000),
        (ByteRange::Last(5), 299_995..300_000),
        (ByteRange::Last(u64::MAX), 0..300_000),
    ] {
        let blob = objects.0.get(&ctx(), &key("a")?, Some(range)).await.map_err(told)?;
        let start = blob.map(|blob| (blob.start, blob.stored.size_bytes));
        same("where it begins, and the whole", start, Some((part.start as u64, 300_000)))?;
        let found = objects.read("a", Some(range)).await?;
        ensure(found.as_deref() == Some(&bytes[part]), format!("{range:?} is the bytes that it names"))?;
    }
    for beyond in [ByteRange::From(300_000), ByteRange::Between(300_000, 300_001), ByteRange::Last(0)] {
        refused("beyond", objects.0.get(&ctx(), &key("a")?, Some(beyond)).await, &codes::RANGE)?;
    }
    objects.put("empty", b"").await?;
    refused("none", objects.0.get(&ctx(), &key("empty")?, Some(ByteRange::From(0))).await, &codes::RANGE)
}

async fn stored_at(objects: Objects) -> Outcome {
    let before = Clock::system().now();
    let stored = objects.put("a", b"hello").await?;
    let after = Clock::system().now();
    ensure((before..=after).contains(&stored.stored_at), "it was stored between before and after")?;
    let head = objects.0.head(&ctx(), &key("a")?).await.map_err(told)?;
    let page = objects.0.list(&ctx(), None, None, 1).await.map_err(told)?;
    same("in the head", head, Some(stored))?;
    same("in the list", page.first().map(|listed| listed.stored_at), Some(stored.stored_at))
}

async fn absent(objects: Objects) -> Outcome {
    objects.put("a/b", b"there").await?;
    for at in ["a", "a/b/c", "b", "a/bc"] {
        same("an object", objects.read(at, None).await?, None)?;
        same("a head", objects.0.head(&ctx(), &key(at)?).await.map_err(told)?, None)?;
        same("deleted", objects.0.delete(&ctx(), &key(at)?).await.map_err(told)?, false)?;
    }
    let range = objects.0.get(&ctx(), &key("b")?, Some(ByteRange::From(9))).await.map_err(told)?;
    ensure(range.is_none(), "a range of nothing is nothing")?;
    objects.holds("a/b", b"there").await
}

async fn replaced(objects: Objects) -> Outcome {
    let (old, new) = (bytes_of(400_000, 1), bytes_of(500_000, 2));
    objects.put("a", &old).await?;
    let reading = objects.0.get(&ctx(), &key("a")?, None).await.map_err(told)?;
    objects.put("a", &new).await?;
    objects.holds("a", &new).await?;
    let Some(reading) = reading else { return Err("the old one was not there".to_owned()) };
    let read = collect(reading.bytes, usize::MAX).await.map_err(told)?;
    ensure(read == old, "who began to read the old one reads it to its end")
}

/// Begins as an object and then does `and_then`.
fn begun(bytes: &[u8], and_then: impl futures::Stream<Item = Result<Bytes>> + Send + 'static) -> BlobStream {
    in_pieces(bytes, 100_000).chain(and_then).boxed()
}

async fn cut(objects: Objects) -> Outcome {
    let (before, half) = (bytes_of(10, 1), bytes_of(300_000, 2));
    objects.put("old", &before).await?;
    for at in ["old", "new"] {
        let breaks = stream::once(async { Err(core_codes::CANCELLED.error("broke off")) });
        let put = objects.0.put(&ctx(), &key(at)?, begun(&half, breaks), Expected::at_most(u64::MAX)).await;
        refused("broken off", put, &core_codes::CANCELLED)?;
        let hangs = begun(&half, stream::pending());
        let (ctx, key) = (ctx(), key(at)?);
        let put = objects.0.put(&ctx, &key, hangs, Expected::at_most(u64::MAX));
        let given_up = Clock::system().timeout(Duration::from_millis(50), put).await;
        ensure(given_up.is_err(), "a put waits for the rest")?;
    }
    objects.holds("old", &before).await?;
    same("keys", objects.keys(None, None, 10).await?, vec!["old".to_owned()])
}

async fn large(objects: Objects) -> Outcome {
    let (before, bytes) = (bytes_of(10, 1), bytes_of(200_000, 2));
    objects.put("old", &before).await?;
    for at in ["old", "new"] {
        for expected in
            [Expected::at_most(199_999), Expected::at_most(0), Expected::at_most(10).size(200_000)]
        {
            let put = objects.0.put(&ctx(), &key(at)?, in_pieces(&bytes, 50_000), expected).await;
            refused("too large", put, &codes::TOO_LARGE)?;
        }
    }
    objects.holds("old", &before).await?;
    same("keys", objects.keys(None, None, 10).await?, vec!["old".to_owned()])
}

async fn announced(objects: Objects) -> Outcome {
    let (before, bytes) = (bytes_of(10, 1), bytes_of(200_000, 2));
    objects.put("old", &before).await?;
    let any = Expected::at_most(u64::MAX);
    for at in ["old", "new"] {
        for expected in [any.size(199_999), any.size(200_001), any.digest(Digest::of(&before))] {
            let put = objects.0.put(&ctx(), &key(at)?, in_pieces(&bytes, 50_000), expected).await;
            refused("another one", put, &codes::MISMATCH)?;
        }
    }
    objects.holds("old", &before).await?;
    same("keys", objects.keys(None, None, 10).await?, vec!["old".to_owned()])
}

async fn late(objects: Objects) -> Outcome {
    let past = ctx().with_deadline(Clock::system().monotonic());
    let put = objects.0.put(&past, &key("a")?, stream_of(&b"late"[..]), Expected::at_most(9)).await;
    refused("late", put, &core_codes::DEADLINE)?;
    same("an object", objects.read("a", None).await?, None)
}

async fn together(objects: Objects) -> Outcome {
    let all: Vec<Vec<u8>> = (0..16).map(|seed| bytes_of(200_000 + seed as usize, seed)).collect();
    let puts = join_all(all.iter().map(|bytes| objects.put("deep/down/a", bytes)));
    let reads = join_all((0..16).map(|_| objects.read("deep/down/a", None)));
    let (puts, reads) = tokio::join!(puts, reads);
    puts.into_iter().collect::<Outcome<Vec<_>>>()?;
    for read in reads {
        ensure(read?.is_none_or(|read| all.contains(&read)), "a reader sees one of them whole")?;
    }
    let last = objects.read("deep/down/a", None).await?;
    ensure(last.is_some_and(|last| all.contains(&last)), "one of them is left")
}

async fn deleted(objects: Objects) -> Outcome {
    let bytes = bytes_of(400_000, 1);
    objects.put("deep/down/a", &bytes).await?;
    objects.put("deep/b", b"stays").await?;
    let reading = objects.0.get(&ctx(), &key("deep/down/a")?, None).await.map_err(told)?;
    same("deleted", objects.0.delete(&ctx(), &key("deep/down/a")?).await.map_err(told)?, true)?;
    same("an object", objects.read("deep/down/a", None).await?, None)?;
    same("again", objects.0.delete(&ctx(), &key("deep/down/a")?).await.map_err(told)?, false)?;
    same("keys", objects.keys(None, None, 10).await?, vec!["deep/b".to_owned()])?;
    let Some(reading) = reading else { return Err("it was not there".to_owned()) };
    let read = collect(reading.bytes, usize::MAX).await.map_err(told)?;
    ensure(read == bytes, "who began to read it reads it to its end")?;
    objects.put("deep/down/a", b"again").await?;
    objects.holds("deep/down/a", b"again").await
}

async fn crowd(objects: Objects) -> Outcome {
    let workers = (0..16).map(|worker| {
        let objects = &objects;
        async move {
            let at = format!("crowd/{}/{worker}", worker % 2);
            for round in 0..8 {
                let bytes = bytes_of(100, worker * 100 + round);
                objects.put(&at, &bytes).await?;
                objects.holds(&at, &bytes).await?;
                let gone = objects.0.delete(&ctx(), &key(&at)?).await.map_err(told)?;
                ensure(gone, "what was put is there until it is deleted")?;
            }
            Ok(())
        }
    });
    join_all(workers).await.into_iter().collect::<Outcome>()?;
    same("keys", objects.keys(None, None, 10).await?, Vec::new())
}

async fn beginnings(objects: Objects) -> Outcome {
    for at in ["a/b/c", "a", "a/b"] {
        objects.put(at, at.as_bytes()).await?;
    }
    for at in ["a/b/c", "a", "a/b"] {
        objects.holds(at, at.as_bytes()).await?;
    }
    same("deleted", objects.0.delete(&ctx(), &key("a")?).await.map_err(told)?, true)?;
    objects.holds("a/b/c", b"a/b/c").await
}

async fn listed(objects: Objects) -> Outcome {
    let mut keys: Vec<String> =
        ["a", "a-b", "a.b/c", "a/b", "a/b/c", "a/b-c", "a0", "b", "b/x/y/z", "zz"].map(str::to_owned).into();
    keys.extend((0..40).map(|number| format!("many/{}/{number}", number % 5)));
    for at in &keys {
        objects.put(at, at.as_bytes()).await?;
    }
    keys.sort();
    same("all", objects.keys(None, None, LIST_MAX).await?, keys.clone())?;
    for limit in [1, 2, 7] {
        let (mut found, mut after) = (Vec::new(), None::<String>);
        loop {
            let page = objects.keys(None, after.as_deref(), limit).await?;
            ensure(page.len() <= limit, "a page has no more than were asked for")?;
            let is_last = page.len() < limit;
            after = page.last().cloned().or(after);
            found.extend(page);
            if is_last {
                break;
            }
        }
        same("the pages together", found, keys.clone())?;
    }
    let below = |above: &str| -> Vec<String> {
        keys.iter().filter(|key| key.starts_with(&format!("{above}/"))).cloned().collect()
    };
    for under in ["a", "many", "many/3", "b/x", "zz", "nothing"] {
        same(under, objects.keys(Some(under), None, LIST_MAX).await?, below(under))?;
    }
    same("below and after", objects.keys(Some("a"), Some("a/b"), 1).await?, vec!["a/b-c".to_owned()])?;
    same("after what is elsewhere", objects.keys(Some("a"), Some("many"), 9).await?, Vec::new())?;
    let page = objects.0.list(&ctx(), Some(&key("zz")?), None, 9).await.map_err(told)?;
    ensure(page.is_empty(), "an object is not below itself")?;
    let page = objects.0.list(&ctx(), None, Some(&key("z")?), 9).await.map_err(told)?;
    same("sizes", page.iter().map(|listed| listed.size_bytes).collect(), vec![2_u64])
}
