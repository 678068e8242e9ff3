//! Pictures that come in several goes, by tus: cut, gone on with, doubled, given up, forgotten.

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use data_encoding::BASE64;
use futures::{StreamExt, stream};
use http::{Method, Request};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use mainstay_blobs::Digest;
use mainstay_core::{Id, Principal};
use mainstay_testkit::Answer;

use crate::app::{TestApp, customer, product, product_id, staff};
use crate::pictures::{files, shown};

/// What is acknowledged at once.
const SEGMENT: usize = 1_048_576;

/// A picture that does not compress: nine tenths of three megabytes.
fn photo() -> Bytes {
    let mut state = 7_u32;
    let image = RgbImage::from_fn(950, 950, |_, _| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Rgb([(state >> 8) as u8, (state >> 16) as u8, (state >> 24) as u8])
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    DynamicImage::from(image).write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner().into()
}

async fn ask(
    app: &TestApp,
    who: &Principal,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Body>,
) -> Answer {
    let mut request =
        Request::builder().method(method).uri(path).header("authorization", format!("Bearer {who}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    app.doors.send(request.body(body.into()).unwrap()).await
}

const VERSION: (&str, &str) = ("tus-resumable", "1.0.0");

async fn begin(app: &TestApp, length: usize, kind: &str) -> Answer {
    let path = format!("/v1/products/{}/picture-uploads", product_id(1));
    let (length, kind) = (length.to_string(), format!("filetype {}", BASE64.encode(kind.as_bytes())));
    let headers = [VERSION, ("upload-length", length.as_str()), ("upload-metadata", kind.as_str())];
    ask(app, &staff(), Method::POST, &path, &headers, Body::empty()).await
}

async fn begun(app: &TestApp, length: usize) -> String {
    let answer = begin(app, length, "image/png").await;
    assert_eq!(answer.status.as_u16(), 201, "{}", answer.body);
    answer.headers["location"].to_str().unwrap().to_owned()
}

async fn append(app: &TestApp, path: &str, offset: usize, body: impl Into<Body>) -> Answer {
    let offset = offset.to_string();
    let headers =
        [VERSION, ("upload-offset", offset.as_str()), ("content-type", "application/offset+octet-stream")];
    ask(app, &staff(), Method::PATCH, path, &headers, body).await
}

/// Where an upload is, as a client asks that goes on with it.
async fn reached(app: &TestApp, path: &str) -> Option<usize> {
    let answer = ask(app, &staff(), Method::HEAD, path, &[VERSION], Body::empty()).await;
    assert_eq!(answer.headers["tus-resumable"], "1.0.0");
    assert_eq!(answer.headers["cache-control"], "no-store");
    let offset = answer.headers.get("upload-offset")?;
    Some(offset.to_str().unwrap().parse().unwrap())
}

/// A body that breaks off behind these bytes.
fn cut(bytes: &Bytes) -> Body {
    let pieces: Vec<Result<Bytes, std::io::Error>> = bytes
        .chunks(60_000)
        .map(|piece| Ok(bytes.slice_ref(piece)))
        .chain([Err(std::io::Error::other("cut"))])
        .collect();
    Body::from_stream(stream::iter(pieces).boxed())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_is_cut_goes_on_where_it_was_and_becomes_a_picture() {
    let app = TestApp::start().await;
    app.put(product(1, 1)).await.unwrap();
    let file = photo();
    assert!(file.len() > 2 * SEGMENT + 400_000, "{}", file.len());
    let path = begun(&app, file.len()).await;
    assert_eq!(reached(&app, &path).await, Some(0));
    // Cut in the middle of the second segment: what came is kept.
    let half = SEGMENT + 500_000;
    let answer = append(&app, &path, 0, cut(&file.slice(..half))).await;
    assert_eq!((answer.status.as_u16(), answer.code()), (400, "http.body_broken"));
    assert_eq!(answer.headers["tus-resumable"], "1.0.0");
    assert_eq!(reached(&app, &path).await, Some(half));
    // From anywhere else nothing is taken.
    for offset in [0, half - 1, half + 1, file.len()] {
        let answer = append(&app, &path, offset, file.slice(..10)).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (409, "uploads.offset"), "{offset}");
    }
    // Cut behind the very last byte, before its end was told: it is not complete, and not said to be.
    let answer = append(&app, &path, half, cut(&file.slice(half..))).await;
    assert_eq!(answer.code(), "http.body_broken");
    let now = reached(&app, &path).await.unwrap();
    assert!(now >= half && now < file.len(), "{now}");
    assert!(shown(&app, 1).await.len() == 1);
    let answer = append(&app, &path, now, file.slice(now..)).await;
    assert_eq!(answer.status.as_u16(), 204, "{}", answer.body);
    let address = format!("/v1/pictures/{}/large", Digest::of(&file));
    assert_eq!(answer.headers["content-location"], address);
    assert_eq!(answer.headers["upload-offset"], file.len().to_string());
    assert_eq!(shown(&app, 1).await[1], address);
    // A client that lost the answer asks and is told; nothing is appended to it any more.
    assert_eq!(reached(&app, &path).await, Some(file.len()));
    let view = ask(&app, &staff(), Method::GET, &path, &[VERSION], Body::empty()).await;
    assert_eq!(view.body["picture"], address);
    assert_eq!(append(&app, &path, file.len(), Body::empty()).await.code(), "uploads.offset");
    assert_eq!(files(app.folder.path(), "uploads+"), 0, "its segments are gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_at_one_place_are_one() {
    let app = TestApp::start().await;
    app.put(product(1, 1)).await.unwrap();
    let file = photo();
    let path = begun(&app, file.len()).await;
    let first = file.slice(..SEGMENT + 10);
    let both = futures::join!(
        append(&app, &path, 0, first.clone()),
        append(&app, &path, 0, first.clone()),
        append(&app, &path, 0, first.clone()),
    );
    let done = [both.0, both.1, both.2].map(|answer| answer.status.as_u16());
    assert_eq!(done.iter().filter(|status| **status == 204).count(), 1, "{done:?}");
    assert_eq!(reached(&app, &path).await, Some(first.len()));
    append(&app, &path, first.len(), file.slice(first.len()..)).await;
    assert_eq!(shown(&app, 1).await.len(), 2, "the bytes are those that were sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_tus_does_not_say_is_refused() {
    let app = TestApp::start().await;
    app.put(product(1, 1)).await.unwrap();
    let path = begun(&app, 100).await;
    let products = format!("/v1/products/{}/picture-uploads", product_id(1));
    let (staff, none) = (staff(), Body::empty);
    let old = [("tus-resumable", "0.2.2"), ("upload-length", "10")];
    let answer = ask(&app, &staff, Method::POST, &products, &old, none()).await;
    assert_eq!((answer.status.as_u16(), answer.code()), (412, "http.tus_version"));
    assert_eq!(answer.headers["tus-version"], "1.0.0");
    for version in ["", "1", "1.0", "{}", "1.0.0.0", "one.0.0"] {
        let headers = [("tus-resumable", version), ("upload-length", "10")];
        let answer = ask(&app, &staff, Method::POST, &products, &headers, none()).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (400, "http.tus_header"), "{version}");
    }
    for length in ["", "-1", "x", "1e3", "99999999999999999999"] {
        let headers = [VERSION, ("upload-length", length)];
        let answer = ask(&app, &staff, Method::POST, &products, &headers, none()).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (400, "http.tus_header"), "{length}");
    }
    for (length, status, code) in [(0, 400, "core.invalid"), (10_000_001, 413, "blobs.too_large")] {
        let answer = begin(&app, length, "image/png").await;
        assert_eq!((answer.status.as_u16(), answer.code()), (status, code));
    }
    let json = [VERSION, ("upload-offset", "0"), ("content-type", "application/json")];
    let answer = ask(&app, &staff, Method::PATCH, &path, &json, "{}").await;
    assert_eq!((answer.status.as_u16(), answer.code()), (415, "http.media_type"));
    let answer = append(&app, &path, 0, vec![0; 101]).await;
    assert_eq!((answer.status.as_u16(), answer.code()), (413, "blobs.too_large"));
    assert_eq!(reached(&app, &path).await, Some(0));
    // A picture that is none ends its upload.
    let answer = append(&app, &path, 0, vec![0; 100]).await;
    assert_eq!((answer.status.as_u16(), answer.code()), (400, "catalog.picture_unusable"));
    assert_eq!(reached(&app, &path).await, None);
    assert_eq!(files(app.folder.path(), "shop.catalog"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_is_its_callers_and_they_have_so_many() {
    let app = TestApp::start().await;
    app.put(product(1, 1)).await.unwrap();
    let path = begun(&app, 100).await;
    let another = Principal::Staff(Id::from_bytes([9; 16]));
    for method in [Method::GET, Method::HEAD, Method::DELETE] {
        let answer = ask(&app, &another, method.clone(), &path, &[VERSION], Body::empty()).await;
        assert_eq!(answer.status.as_u16(), 404, "{method}");
        let answer = ask(&app, &customer(), method.clone(), &path, &[VERSION], Body::empty()).await;
        assert_eq!(answer.status.as_u16(), 403, "{method}");
    }
    for _ in 1..20 {
        begun(&app, 100).await;
    }
    let answer = begin(&app, 100, "image/png").await;
    assert_eq!((answer.status.as_u16(), answer.code()), (429, "uploads.too_many"));
    let ended = ask(&app, &staff(), Method::DELETE, &path, &[VERSION], Body::empty()).await;
    assert_eq!(ended.status.as_u16(), 204);
    assert_eq!(reached(&app, &path).await, None);
    begun(&app, 100).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_nothing_comes_for_is_forgotten_with_what_came() {
    let app = TestApp::start().await;
    app.put(product(1, 1)).await.unwrap();
    let file = photo();
    let path = begun(&app, file.len()).await;
    append(&app, &path, 0, file.slice(..10)).await;
    app.pass(Duration::from_secs(23 * 60 * 60));
    append(&app, &path, 10, file.slice(10..20)).await;
    app.pass(Duration::from_secs(23 * 60 * 60));
    assert_eq!(reached(&app, &path).await, Some(20), "what came put it off");
    assert_eq!(files(app.folder.path(), "uploads+"), 2);
    app.begin_background();
    app.pass(Duration::from_secs(2 * 60 * 60));
    assert_eq!(reached(&app, &path).await, None);
    assert_eq!(append(&app, &path, 20, file.slice(20..)).await.code(), "uploads.unknown");
    app.until(async || files(app.folder.path(), "uploads+") == 0).await;
}
