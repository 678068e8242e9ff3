//! Bodies that are kept and objects that are answered: piece by piece, whole or in part, in either direction.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use axum::body::{Body, Bytes};
use data_encoding::BASE64;
use futures::{StreamExt, stream};
use http::{Method, Request, StatusCode};
use mainstay_blobs::Digest;
use mainstay_core::{Clock, Stopwatch};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::shelf::OBJECT_MAX;
use crate::site::{Answer, Site};
use crate::wire::{resident, say};

/// Far more than the memory that may be taken for it.
pub const LARGE: usize = 128 * 1_024 * 1_024;

/// What one upload or download may add to the process: pieces on their way, and what the allocator keeps of them.
pub const MEMORY_MAX: usize = 24 * 1_024 * 1_024;

fn request(method: Method, headers: &[(&str, &str)], body: Body) -> Request<Body> {
    let mut request = Request::builder().method(method).uri("/v1/objects/a");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(body).unwrap()
}

pub async fn put(site: &Site, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
    site.send(request(Method::PUT, headers, body.into())).await
}

pub async fn get(site: &Site, headers: &[(&str, &str)]) -> Answer {
    site.send(request(Method::GET, headers, Body::empty())).await
}

fn tag(text: &str) -> String {
    format!("\"{}\"", Digest::of(text.as_bytes()))
}

/// Every file of a folder and below it.
pub fn files(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| if path.is_dir() { files(&path) } else { 1 }).sum()
}

#[tokio::test]
async fn an_object_is_answered_whole_or_in_the_part_that_was_asked_for() {
    let site = Site::new();
    assert_eq!(put(&site, &[], "0123456789").await.status, StatusCode::CREATED);
    let whole = get(&site, &[]).await;
    assert_eq!((whole.status.as_u16(), whole.body.as_str()), (200, "0123456789"));
    assert_eq!(whole.header("accept-ranges"), "bytes");
    assert_eq!(whole.header("content-length"), "10");
    assert_eq!(whole.header("etag"), tag("0123456789"));
    assert_eq!(whole.header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(whole.header("x-content-type-options"), "nosniff");
    assert_eq!(whole.header("set-cookie"), "", "what others may keep begins no session");
    for (range, part, told) in [
        ("bytes=0-0", "0", "bytes 0-0/10"),
        ("bytes=2-4", "234", "bytes 2-4/10"),
        ("bytes=7-", "789", "bytes 7-9/10"),
        ("bytes=-2", "89", "bytes 8-9/10"),
        ("bytes=0-", "0123456789", "bytes 0-9/10"),
        ("bytes=5-99999999999999999999999", "56789", "bytes 5-9/10"),
    ] {
        let answer = get(&site, &[("range", range)]).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (206, part), "{range}");
        assert_eq!(answer.header("content-range"), told, "{range}");
        assert_eq!(answer.header("content-length"), part.len().to_string(), "{range}");
    }
    // What is no range, and several of them, are as if nothing had been asked.
    for nothing in ["bytes=4-2", "lines=0-1", "bytes=0-1,3-4", "bytes=a-b", "bytes="] {
        let answer = get(&site, &[("range", nothing)]).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, "0123456789"), "{nothing}");
    }
    for beyond in ["bytes=10-", "bytes=99-100", "bytes=-0"] {
        let answer = get(&site, &[("range", beyond)]).await;
        answer.problem(416, "blobs.range");
        assert_eq!(answer.header("content-range"), "bytes */10", "{beyond}");
        assert_eq!(answer.header("cache-control"), "no-store", "{beyond}");
    }
    let head = site.send(request(Method::HEAD, &[("range", "bytes=2-4")], Body::empty())).await;
    assert_eq!((head.status.as_u16(), head.body.as_str(), head.header("content-length")), (200, "", "10"));
}

#[tokio::test]
async fn a_part_is_of_the_version_that_was_asked_for() {
    let site = Site::new();
    put(&site, &[], "0123456789").await;
    let (old, new) = (tag("0123456789"), tag("abcdefghij"));
    let asked = |if_range: &str| {
        vec![("range".to_owned(), "bytes=5-".to_owned()), ("if-range".to_owned(), if_range.to_owned())]
    };
    let of = async |if_range: &str| {
        let headers = asked(if_range);
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (&**name, &**value)).collect();
        let answer = get(&site, &headers).await;
        (answer.status.as_u16(), answer.body)
    };
    assert_eq!(of(&old).await, (206, "56789".to_owned()));
    // A weak tag, a date and another version do not say that the bytes fit together.
    for other in [&format!("W/{old}"), "Wed, 21 Oct 2015 07:28:00 GMT", &new, "junk", ""] {
        assert_eq!(of(other).await, (200, "0123456789".to_owned()), "{other}");
    }
    put(&site, &[], "abcdefghij").await;
    assert_eq!(of(&old).await, (200, "abcdefghij".to_owned()));
    // Whoever has it all is told so, also when only a part was asked for.
    let known = get(&site, &[("range", "bytes=5-"), ("if-none-match", &new)]).await;
    assert_eq!((known.status.as_u16(), known.body.as_str(), known.header("content-range")), (304, "", ""));
}

#[tokio::test]
async fn what_is_not_what_was_announced_is_not_kept() {
    let site = Site::new();
    put(&site, &[], "kept").await;
    let digest = |text: &str| format!("sha-256=:{}:", BASE64.encode(Digest::of(text.as_bytes()).as_bytes()));
    let right = put(&site, &[("content-digest", &digest("new"))], "new").await;
    assert_eq!((right.status.as_u16(), right.body), (201, Digest::of(b"new").to_string()));
    put(&site, &[("content-digest", &digest("other"))], "sent").await.problem(400, "blobs.mismatch");
    put(&site, &[("content-digest", "sha-256=junk")], "sent").await.problem(400, "core.invalid");
    put(&site, &[("content-encoding", "gzip")], "sent").await.problem(415, "http.content_coding");
    assert_eq!(get(&site, &[]).await.body, "new");
    for path in ["/v1/objects/..%2f..%2fetc%2fpasswd", "/v1/objects/.hidden", "/v1/objects/A%00"] {
        let answer = site.send(Request::put(path).body(Body::from("x")).unwrap()).await;
        assert!(answer.status.is_client_error(), "{path}: {answer:?}");
    }
    assert_eq!(files(site.objects.path()), 1);
}

/// A body of so many bytes that never lies in memory at once, and the digest of it.
pub fn pieces(size: usize) -> (Body, Digest) {
    let piece = Bytes::from((0..65_536_u32).map(|number| (number % 251) as u8).collect::<Vec<_>>());
    let mut digester = mainstay_blobs::Digester::default();
    (0..size / piece.len()).for_each(|_| digester.update(&piece));
    let pieces = stream::iter((0..size / piece.len()).map(move |_| Ok::<_, std::io::Error>(piece.clone())));
    (Body::from_stream(pieces), digester.finish())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_larger_than_memory_goes_through_in_both_directions() {
    let site = Site::new();
    put(&site, &[], "warm").await;
    let (body, digest) = pieces(LARGE);
    let before = resident();
    let stored = put(&site, &[], body).await;
    assert_eq!((stored.status.as_u16(), stored.body), (201, digest.to_string()));
    let grown = resident().saturating_sub(before);
    assert!(grown < MEMORY_MAX, "an upload of {LARGE} bytes took {grown}");
    let answer = site.app.call(request(Method::GET, &[], Body::empty())).await;
    let (mut read, mut digester) = (0, mainstay_blobs::Digester::default());
    let mut body = answer.into_body().into_data_stream();
    while let Some(piece) = body.next().await {
        let piece = piece.unwrap();
        read += piece.len();
        digester.update(&piece);
    }
    assert_eq!((read, digester.finish()), (LARGE, digest));
    let grown = resident().saturating_sub(before);
    assert!(grown < MEMORY_MAX, "a download of {LARGE} bytes took {grown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_stops_reading_is_read_for_no_further() {
    let site = Site::new();
    let (body, _) = pieces(LARGE);
    put(&site, &[], body).await;
    let listening = site.listen().await;
    let mut stream = TcpStream::connect(listening.address).await.unwrap();
    stream.write_all(b"GET /v1/objects/a HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut first = vec![0; 1_000];
    stream.read_exact(&mut first).await.unwrap();
    let before = resident();
    // Nothing is taken for a while: what waits is bounded, by the sockets and a few pieces.
    Clock::system().sleep(std::time::Duration::from_millis(500)).await;
    assert!(resident().saturating_sub(before) < MEMORY_MAX);
    drop(stream);
    // And the one who went away holds nothing up.
    listening.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_too_large_breaks_off_or_is_late_leaves_nothing() {
    let site = Site::new();
    put(&site, &[], "kept").await;
    let (body, _) = pieces(usize::try_from(OBJECT_MAX).unwrap() + 10 * 65_536);
    put(&site, &[], body).await.problem(413, "http.body_too_large");
    let breaks = stream::iter([Ok("half"), Err(std::io::Error::other("gone"))]);
    put(&site, &[], Body::from_stream(breaks)).await.problem(400, "http.body_broken");
    let listening = site.listen().await;
    let declared =
        format!("PUT /v1/objects/a HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n", OBJECT_MAX + 1);
    assert!(say(listening.address, declared.as_bytes()).await.starts_with("HTTP/1.1 413"));
    cut_off(listening.address, site.objects.path()).await;
    listening.stop().await;
    assert_eq!(get(&site, &[]).await.body, "kept");
    assert_eq!(files(site.objects.path()), 1, "nothing unfinished is left");

    let (late, manual) = Site::still(|_| {});
    let waits = Arc::new(AtomicBool::new(false));
    let waiting = Arc::clone(&waits);
    let hangs = stream::poll_fn(move |_| {
        waiting.store(true, Ordering::SeqCst);
        Poll::<Option<Result<&str, std::io::Error>>>::Pending
    });
    let put = put(&late, &[], Body::from_stream(stream::iter([Ok("half")]).chain(hangs)));
    let passes = async {
        while !waits.load(Ordering::SeqCst) {
            tokio::task::yield_now().await;
        }
        manual.advance(std::time::Duration::from_secs(61));
    };
    let (answer, ()) = tokio::join!(put, passes);
    answer.problem(408, "http.body_too_slow");
    gone(late.objects.path(), 0).await;
}

/// Begins an upload over a socket and goes away in the middle of it.
async fn cut_off(address: SocketAddr, folder: &Path) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream
        .write_all(b"PUT /v1/objects/a HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n")
        .await
        .unwrap();
    stream.write_all(&[b'x'; 500_000]).await.unwrap();
    gone(folder, 2).await;
    drop(stream);
    gone(folder, 1).await;
}

/// Waits until a folder has so many files.
async fn gone(folder: &Path, count: usize) {
    let waiting = Stopwatch::start();
    while files(folder) != count {
        assert!(waiting.elapsed().as_secs() < 20, "{} files, not {count}", files(folder));
        Clock::system().sleep(std::time::Duration::from_millis(5)).await;
    }
}
