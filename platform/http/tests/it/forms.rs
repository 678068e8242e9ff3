//! Files in forms, as pages send them: read as those that are a body by themselves.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::{Body, Bytes};
use futures::{StreamExt, stream};
use mainstay_blobs::Digest;

use crate::objects::{LARGE, MEMORY_MAX, files, get, pieces, put};
use crate::shelf::OBJECT_MAX;
use crate::site::{Answer, Site};
use crate::wire::resident;

const KIND: &str = "multipart/form-data; boundary=----a-page";

fn head(disposition: &str) -> String {
    format!("------a-page\r\nContent-Disposition: form-data; {disposition}\r\n\r\n")
}

fn file(body: &str) -> String {
    head("name=\"it\"; filename=\"it.bin\"") + body + "\r\n"
}

const END: &str = "------a-page--\r\n";

async fn send(site: &Site, body: impl Into<Body>) -> Answer {
    put(site, &[("content-type", KIND)], body).await
}

/// A form around a file that never lies in memory at once.
fn around(file: Body) -> Body {
    let before = stream::iter([Ok(Bytes::from(head("name=\"it\"; filename=\"it.bin\"")))]);
    let after = stream::iter([Ok(Bytes::from("\r\n".to_owned() + END))]);
    Body::from_stream(before.chain(file.into_data_stream()).chain(after))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_larger_than_memory_goes_through() {
    let site = Site::new();
    send(&site, file("warm") + END).await;
    assert_eq!(get(&site, &[]).await.body, "warm");
    let (body, digest) = pieces(LARGE);
    let before = resident();
    // Looked at while it is read: what was held by then is given back at the end.
    let most = Arc::new(AtomicUsize::new(before));
    let seen = Arc::clone(&most);
    let watched = body.into_data_stream().inspect(move |_| {
        seen.fetch_max(resident(), Ordering::Relaxed);
    });
    let stored = send(&site, around(Body::from_stream(watched))).await;
    assert_eq!((stored.status.as_u16(), stored.body), (201, digest.to_string()));
    let grown = most.load(Ordering::Relaxed) - before;
    assert!(grown < MEMORY_MAX, "an upload of {LARGE} bytes took {grown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_one_whole_file_leaves_nothing() {
    let site = Site::new();
    let (body, _) = pieces(usize::try_from(OBJECT_MAX).unwrap() + 10 * 65_536);
    send(&site, around(body)).await.problem(413, "http.body_too_large");
    let breaks = stream::iter([Ok(file("half")), Err(std::io::Error::other("gone"))]);
    send(&site, Body::from_stream(breaks)).await.problem(400, "http.body_broken");
    for form in [
        String::new(),
        END.to_owned(),
        head("name=\"it\"") + "no file\r\n" + END,
        file("cut"),
        file("one") + &file("two") + END,
        format!("------a-page\r\nx: {}", "y".repeat(1_000_000)),
    ] {
        send(&site, form).await.problem(400, "core.invalid");
    }
    let of_all = [
        ("content-type", KIND),
        ("content-digest", "sha-256=:LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=:"),
    ];
    put(&site, &of_all, file("hello") + END).await.problem(400, "core.invalid");
    put(&site, &[("content-type", "multipart/form-data")], file("one") + END)
        .await
        .problem(400, "core.invalid");
    get(&site, &[]).await.problem(404, "core.not_found");
    assert_eq!(files(site.objects.path()), 0);
    let stored = send(&site, file("whole") + END).await;
    assert_eq!((stored.status.as_u16(), stored.body), (201, Digest::of(b"whole").to_string()));
}
