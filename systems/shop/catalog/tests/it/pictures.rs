//! Pictures that staff send: taken in, made small, served for ever, and gone when nobody shows them.

use std::fs;
use std::io::Cursor;
use std::path::Path;
use std::time::Duration;

use axum::body::Body;
use futures::future::join_all;
use http::{Method, Request, StatusCode};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use mainstay_blobs::Digest;
use mainstay_core::Principal;
use mainstay_testkit::Answer;
use serde_json::{Value, json};

use crate::app::{TestApp, customer, product, product_id, staff};

fn photo(width: u32, height: u32, shade: u8) -> Vec<u8> {
    let image = RgbImage::from_fn(width, height, |x, y| Rgb([(x % 256) as u8, (y % 256) as u8, shade]));
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::from(image).write_to(&mut bytes, ImageFormat::Jpeg).unwrap();
    bytes.into_inner()
}

async fn send(app: &TestApp, who: &Principal, number: u8, kind: &str, bytes: impl Into<Body>) -> Answer {
    let request = Request::post(format!("/v1/products/{}/pictures", product_id(number)))
        .header("authorization", format!("Bearer {who}"))
        .header("content-type", kind);
    app.doors.send(request.body(bytes.into()).unwrap()).await
}

async fn add(app: &TestApp, number: u8, bytes: &[u8]) -> Answer {
    send(app, &staff(), number, "image/jpeg", bytes.to_vec()).await
}

/// The addresses that a buyer sees.
pub async fn shown(app: &TestApp, number: u8) -> Vec<String> {
    let product = app.get(&format!("/v1/products/{}", product_id(number))).await.expect(StatusCode::OK);
    serde_json::from_value(product["pictures"].clone()).unwrap()
}

/// Says which pictures a product has, as staff do.
async fn put_pictures(app: &TestApp, number: u8, pictures: &[&str]) -> Answer {
    let path = format!("/v1/products/{}", product_id(number));
    let product = app.staff(Method::GET, &path, &[], Value::Null).await;
    let tag = product.headers["etag"].to_str().unwrap().to_owned();
    let variants = product.body["variants"].as_array().unwrap().iter();
    let variants: Vec<Value> = variants
        .map(|variant| json!({ "id": variant["id"], "sku": variant["sku"], "name": variant["name"] }))
        .collect();
    let body = json!({
        "slug": product.body["slug"], "name": product.body["name"], "description": "", "pictures": pictures,
        "variants": variants,
    });
    app.staff(Method::PUT, &path, &[(http::header::IF_MATCH, &tag)], body).await
}

/// Every file below a folder whose path has this in it.
pub fn files(folder: &Path, part: &str) -> usize {
    // What is tidied away meanwhile has none.
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    entries
        .map(|path| match path.is_dir() {
            true => files(&path, part),
            false => usize::from(path.display().to_string().contains(part)),
        })
        .sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_is_taken_in_once_and_served_in_its_sizes() {
    let app = TestApp::start().await;
    app.put(product(1, 1)).await.unwrap();
    assert_eq!(shown(&app, 1).await, ["/pictures/cover.jpg"]);
    let file = photo(800, 600, 1);
    let added = add(&app, 1, &file).await;
    let address = format!("/v1/pictures/{}", Digest::of(&file));
    let tag = added.headers["etag"].clone();
    assert_eq!(added.headers["location"], format!("{address}/large"));
    let view = added.expect(StatusCode::CREATED);
    assert_eq!((&view["width"], &view["height"]), (&json!(800), &json!(600)));
    assert_eq!(shown(&app, 1).await, ["/pictures/cover.jpg", &format!("{address}/large")], "at once");
    for (size, width, height) in [("large", 800, 600), ("medium", 640, 480), ("thumb", 160, 120)] {
        assert_eq!(view[size], format!("{address}/{size}"));
        let answer = app.get(&format!("{address}/{size}")).await;
        assert_eq!(answer.status, StatusCode::OK);
        let header = |name: &str| answer.headers[name].to_str().unwrap().to_owned();
        assert_eq!(header("content-type"), "image/jpeg");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("cross-origin-resource-policy"), "cross-origin");
        assert_eq!(header("etag"), format!("\"{}\"", Digest::of(&answer.bytes)));
        assert_eq!(header("accept-ranges"), "bytes");
        let image = image::load_from_memory_with_format(&answer.bytes, ImageFormat::Jpeg).unwrap();
        assert_eq!((image.width(), image.height()), (width, height));
    }
    let part = Request::get(format!("{address}/thumb")).header("range", "bytes=0-1").body(Body::empty());
    let part = app.doors.send(part.unwrap()).await;
    assert_eq!((part.status.as_u16(), &part.bytes[..]), (206, &[0xff, 0xd8][..]));

    // The answer was lost and staff send it again.
    let again = add(&app, 1, &file).await;
    assert_eq!((again.status, &again.headers["etag"]), (StatusCode::OK, &tag));
    assert_eq!(shown(&app, 1).await.len(), 2);
    assert_eq!(files(app.folder.path(), "pictures+"), 3);
    assert_eq!(files(app.folder.path(), "incoming+"), 0, "what was sent is not kept");
    assert_eq!(app.told().await.last().unwrap().pictures.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_sends_one_in_a_form() {
    let app = TestApp::start().await;
    app.put(product(1, 1)).await.unwrap();
    let form = |kind: &str| {
        let head = format!(
            "--x\r\ncontent-disposition: form-data; name=\"caption\"\r\n\r\nA mug\r\n--x\r\ncontent-disposition: \
             form-data; name=\"file\"; filename=\"mug.jpg\"\r\ncontent-type: {kind}\r\n\r\n"
        );
        [head.as_bytes(), &photo(40, 40, 1), b"\r\n--x--\r\n"].concat()
    };
    let kind = "multipart/form-data; boundary=x";
    let added = send(&app, &staff(), 1, kind, form("image/jpeg")).await;
    assert_eq!(added.status, StatusCode::CREATED, "{}", added.body);
    assert_eq!(app.get(added.body["address"].as_str().unwrap()).await.status, StatusCode::OK);
    // The same by itself is known.
    assert_eq!(add(&app, 1, &photo(40, 40, 1)).await.status, StatusCode::OK);
    let refused = send(&app, &staff(), 1, kind, form("text/html")).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (400, "catalog.picture_unusable"));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_lose_nothing() {
    let app = TestApp::start().await;
    for number in [1, 2] {
        app.put(product(number, 1)).await.unwrap();
    }
    let files: Vec<Vec<u8>> = (0..4).map(|shade| photo(40, 40, shade * 50)).collect();
    let sent = files.iter().flat_map(|file| [1, 1, 2].map(|number| add(&app, number, file)));
    for answer in join_all(sent).await {
        assert!(answer.status.is_success(), "{}", answer.body);
    }
    for number in [1, 2] {
        let pictures = shown(&app, number).await;
        assert_eq!(pictures.len(), 5, "{pictures:?}");
        for address in &pictures[1..] {
            assert_eq!(app.get(address).await.status, StatusCode::OK);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_a_picture_changes_nothing() {
    let app = TestApp::start().await;
    app.put(product(1, 1)).await.unwrap();
    let file = photo(40, 40, 1);
    let refused = send(&app, &customer(), 1, "image/jpeg", file.clone()).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (403, "core.forbidden"));
    let refused = add(&app, 9, &file).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (404, "catalog.product_unknown"));
    let svg = "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>";
    for (kind, bytes) in [
        ("image/png", file.clone()),
        ("application/octet-stream", file.clone()),
        ("image/svg+xml", svg.into()),
        ("image/jpeg", svg.into()),
        ("image/jpeg", file[..30].to_vec()),
        ("image/jpeg", Vec::new()),
    ] {
        let refused = send(&app, &staff(), 1, kind, bytes).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (400, "catalog.picture_unusable"), "{kind}");
    }
    let of_another = Request::post(format!("/v1/products/{}/pictures", product_id(1)))
        .header("authorization", format!("Bearer {}", staff()))
        .header("content-type", "image/jpeg")
        .header("content-digest", "sha-256=:LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=:")
        .body(Body::from(file.clone()));
    let refused = app.doors.send(of_another.unwrap()).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (400, "blobs.mismatch"));
    assert_eq!(shown(&app, 1).await, ["/pictures/cover.jpg"]);
    assert_eq!(files(app.folder.path(), "shop.catalog"), 0, "nothing is left of them");
    // An address of ours under which nothing is.
    let unknown = format!("/v1/pictures/{}/large", Digest::of(b"nothing"));
    let refused = put_pictures(&app, 1, &["/elsewhere.jpg", &unknown]).await;
    assert_eq!((refused.code(), refused.fields()), ("core.invalid", vec!["pictures/1"]));
    for path in [
        unknown.as_str(),
        "/v1/pictures/abc/large",
        "/v1/pictures/..%2f..%2fkeys%2froot/large",
        &unknown.replace("large", "huge"),
        &unknown.to_uppercase().replace("/V1/PICTURES", "/v1/pictures"),
    ] {
        assert!(app.get(path).await.status.is_client_error(), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_has_room_for_fifty() {
    let app = TestApp::start().await;
    let mut full = product(1, 1);
    full.pictures = (0..50).map(|number| format!("/pictures/{number}.jpg")).collect();
    app.put(full).await.unwrap();
    let refused = add(&app, 1, &photo(40, 40, 1)).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (409, "catalog.pictures_full"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_shows_goes_after_a_day_and_what_somebody_shows_stays() {
    let app = TestApp::start().await;
    for number in [1, 2] {
        app.put(product(number, 1)).await.unwrap();
    }
    let mut addresses = Vec::new();
    for (number, shade) in [(1, 10), (1, 20), (2, 20), (1, 30)] {
        let view = add(&app, number, &photo(40, 40, shade)).await.expect(StatusCode::CREATED);
        addresses.push(view["large"].as_str().unwrap().to_owned());
    }
    let (alone, shared, back) = (addresses[0].as_str(), addresses[1].as_str(), addresses[3].as_str());
    // A file whose request died.
    let incoming = app.folder.path().join("shop.catalog+/0+/incoming+");
    fs::create_dir_all(&incoming).unwrap();
    fs::write(incoming.join("inc_left"), [0; 100]).unwrap();
    app.begin_background();
    put_pictures(&app, 1, &[]).await.expect(StatusCode::OK);
    for address in [alone, shared, back] {
        assert_eq!(app.get(address).await.status, StatusCode::OK, "pages may still show it");
    }
    put_pictures(&app, 1, &[back]).await.expect(StatusCode::OK);
    app.pass(Duration::from_secs(25 * 60 * 60));
    app.until(async || app.get(alone).await.status == StatusCode::NOT_FOUND).await;
    for address in [shared, back] {
        assert_eq!(app.get(address).await.status, StatusCode::OK, "{address}");
    }
    app.until(async || files(app.folder.path(), "pictures+") == 6).await;
    app.until(async || files(app.folder.path(), "incoming+") == 0).await;
    assert_eq!(put_pictures(&app, 1, &[alone, back]).await.fields(), ["pictures/0"]);
    // The same file again is a new picture.
    add(&app, 1, &photo(40, 40, 10)).await.expect(StatusCode::CREATED);
    assert_eq!(app.get(alone).await.status, StatusCode::OK);
}
