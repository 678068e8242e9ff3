//! Pictures through the whole shop: sent by staff, shown to everybody, cut off, killed in the middle, and attacked.

use std::io::Cursor;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use mainstay_blobs::Digest;
use mainstay_core::{Clock, Stopwatch};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::buyer::Buyer;
use super::client::{Answer, Client, Sent};
use super::world::World;

/// One byte more than the file of a picture may have.
const TOO_LARGE: u64 = 10_000_001;

fn photo(width: u32, height: u32, shade: u8) -> Bytes {
    let image = RgbImage::from_fn(width, height, |x, y| Rgb([(x % 256) as u8, (y % 256) as u8, shade]));
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::from(image).write_to(&mut bytes, ImageFormat::Jpeg).unwrap();
    bytes.into_inner().into()
}

async fn send(client: &mut Client, product: &str, file: Bytes) -> Sent {
    let path = format!("/v1/products/{product}/pictures");
    client.send_bytes(Method::POST, &path, &[("content-type", "image/jpeg")], Some(file)).await
}

async fn get(client: &mut Client, path: &str, headers: &[(&str, &str)]) -> Answer {
    client.send(Method::GET, path, headers, None).await.unwrap()
}

async fn product_of(buyer: &mut Buyer) -> String {
    let page = buyer.client.get("/v1/products?limit=1").await.unwrap().expect(200);
    page["products"][0]["id"].as_str().unwrap().to_owned()
}

/// The addresses of the shop's own pictures that a buyer sees.
async fn shown(world: &World, product: &str) -> Vec<String> {
    let view = world.buyer().client.get(&format!("/v1/products/{product}")).await.unwrap().expect(200);
    let pictures: Vec<String> = serde_json::from_value(view["pictures"].clone()).unwrap();
    pictures.into_iter().filter(|address| address.starts_with("/v1/pictures/")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_is_sent_by_staff_and_shown_to_everybody_whole_and_in_part() {
    let world = World::single(&[]).await;
    let (mut staff, mut buyer) = (world.staff().await, world.buyer());
    let product = product_of(&mut buyer).await;
    let file = photo(1_200, 900, 7);
    // Who is not staff sends nothing, logged in or not.
    let refused = send(&mut buyer.client, &product, file.clone()).await.unwrap();
    assert_eq!((refused.status.as_u16(), refused.code()), (403, "core.forbidden"));
    let mut ada = world.buyer();
    ada.log_in("ada@shop.example", "kelp-lantern-42").await.unwrap();
    let refused = send(&mut ada.client, &product, file.clone()).await.unwrap();
    assert_eq!((refused.status.as_u16(), refused.code()), (403, "core.forbidden"));

    let view = send(&mut staff.client, &product, file.clone()).await.unwrap().expect(201);
    assert_eq!(shown(&world, &product).await, [view["large"].as_str().unwrap()]);
    let id = view["large"].as_str().unwrap().split('/').nth(3).unwrap();
    let surrogate = format!("pictures picture-{id}");
    // Nobody in particular, and none gets a session by looking.
    let mut anybody = Client::new(world.address());
    for (size, width, height) in [("thumb", 160, 120), ("medium", 640, 480), ("large", 1_200, 900)] {
        let answer =
            get(&mut anybody, view[size].as_str().unwrap(), &[("accept-encoding", "gzip, br")]).await;
        assert_eq!(answer.status.as_u16(), 200, "{}", answer.body);
        for (name, value) in [
            ("content-type", "image/jpeg"),
            ("cache-control", "public, max-age=31536000, immutable"),
            ("surrogate-key", surrogate.as_str()),
            ("x-content-type-options", "nosniff"),
            ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
        ] {
            assert_eq!(answer.headers[name], value, "{size}");
        }
        assert!(
            !answer.headers.contains_key("set-cookie") && !answer.headers.contains_key("mainstay-session")
        );
        assert!(!answer.headers.contains_key("content-encoding"), "it is small already");
        assert_eq!(answer.headers["etag"], format!("\"{}\"", Digest::of(&answer.bytes)));
        let image = image::load_from_memory_with_format(&answer.bytes, ImageFormat::Jpeg).unwrap();
        assert_eq!((image.width(), image.height()), (width, height));
    }
    // A download that broke off goes on where it was, of the same version.
    let large = view["large"].as_str().unwrap();
    let whole = get(&mut anybody, large, &[]).await;
    let tag = whole.headers["etag"].to_str().unwrap();
    let half = whole.bytes.len() / 2;
    let first = get(&mut anybody, large, &[("range", &format!("bytes=0-{}", half - 1))]).await;
    let rest = get(&mut anybody, large, &[("range", &format!("bytes={half}-")), ("if-range", tag)]).await;
    assert_eq!((first.status.as_u16(), rest.status.as_u16()), (206, 206));
    assert_eq!([first.bytes, rest.bytes].concat(), whole.bytes);
    assert_eq!(get(&mut anybody, large, &[("if-none-match", tag)]).await.status.as_u16(), 304);
    let beyond = get(&mut anybody, large, &[("range", "bytes=99999999-")]).await;
    assert_eq!((beyond.status.as_u16(), beyond.code()), (416, "blobs.range"));
    // What was done can be asked for.
    let again = send(&mut staff.client, &product, file).await.unwrap();
    assert_eq!(again.status.as_u16(), 200, "the same file again changes nothing");
}

/// A form with a file, as a page sends it.
fn form(kind: &str, file: &[u8]) -> Bytes {
    let head = format!(
        "--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a\"\r\ncontent-type: {kind}\r\n\r\n"
    );
    [head.as_bytes(), file, b"\r\n--x--\r\n"].concat().into()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_instead_of_a_picture_is_refused_and_leaves_nothing() {
    let world = World::single(&[]).await;
    let mut staff = world.staff().await;
    let product = product_of(&mut staff).await;
    let path = format!("/v1/products/{product}/pictures");
    let file = photo(60, 60, 1);
    let svg = Bytes::from_static(b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>");
    for (kind, body) in [
        ("image/png", file.clone()),
        ("image/svg+xml", svg.clone()),
        ("image/jpeg", svg.clone()),
        ("application/json", Bytes::from_static(b"{\"role\": \"staff\"}")),
        ("multipart/form-data; boundary=x", form("image/svg+xml", &svg)),
        ("multipart/form-data; boundary=x", form("image/jpeg", &svg)),
        ("image/jpeg", file.slice(..40)),
        ("image/jpeg", Bytes::new()),
        ("image/jpeg", vec![0xff; 9_000_000].into()),
    ] {
        let refused =
            staff.client.send_bytes(Method::POST, &path, &[("content-type", kind)], Some(body)).await;
        let refused = refused.unwrap();
        assert_eq!((refused.status.as_u16(), refused.code()), (400, "catalog.picture_unusable"), "{kind}");
    }
    let form = [("content-type", "multipart/form-data; boundary=x")];
    let cut = Bytes::from_static(b"--x\r\n\r\n--x--");
    let refused = staff.client.send_bytes(Method::POST, &path, &form, Some(cut)).await.unwrap();
    assert_eq!((refused.status.as_u16(), refused.code()), (400, "core.invalid"));
    let packed = [("content-type", "image/jpeg"), ("content-encoding", "gzip")];
    let refused = staff.client.send_bytes(Method::POST, &path, &packed, Some(file.clone())).await.unwrap();
    assert_eq!((refused.status.as_u16(), refused.code()), (415, "http.content_coding"));
    // Too much is refused by what was announced, and else by what comes.
    let (address, bearer) = (world.address(), staff.client.bearer.clone().unwrap());
    let head = |length: &str| {
        format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {bearer}\r\ncontent-type: image/jpeg\r\n{length}\r\n\r\n"
        )
    };
    let announced = said(address, &head(&format!("content-length: {TOO_LARGE}")), &[]).await;
    assert!(announced.starts_with("HTTP/1.1 413"), "{announced}");
    let piece = [b"100000\r\n", &vec![0xff; 0x100000][..], b"\r\n"].concat();
    let pieces = said(address, &head("transfer-encoding: chunked"), &piece.repeat(11)).await;
    assert!(pieces.starts_with("HTTP/1.1 413"), "{pieces}");
    assert!(shown(&world, &product).await.is_empty());
    nothing_unfinished(&world.data()).await;
    assert_eq!(objects(&world.data()), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_the_middle_a_picture_is_whole_or_not_there() {
    let mut world = World::single(&[]).await;
    let mut staff = world.staff().await;
    let product = product_of(&mut staff).await;
    let kept = send(&mut staff.client, &product, photo(300, 300, 1)).await.unwrap().expect(201);
    let tag = get(&mut staff.client, kept["large"].as_str().unwrap(), &[]).await.headers["etag"].clone();

    // In the middle of the file.
    let mut stream = TcpStream::connect(world.address()).await.unwrap();
    let bearer = staff.client.bearer.clone().unwrap();
    let head = format!(
        "POST /v1/products/{product}/pictures HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {bearer}\r\n\
         content-type: image/jpeg\r\ncontent-length: 5000000\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&[0xff; 1_000_000]).await.unwrap();
    until(|| !files(&unfinished(&world.data())).is_empty()).await;
    world.restart().await;
    assert_eq!(files(&unfinished(&world.data())), Vec::<PathBuf>::new(), "a start clears it away");

    // At any moment after the file: while sizes are made, written, or told.
    for (round, wait) in [0, 20, 60, 150].into_iter().enumerate() {
        let mut staff = world.staff().await.client;
        let file = photo(1_500, 1_500, 100 + u8::try_from(round).unwrap());
        let clock = Clock::system();
        let answered = tokio::select! {
            answer = send(&mut staff, &product, file.clone()) => answer.is_ok(),
            () = clock.sleep(Duration::from_millis(wait)) => false,
        };
        world.restart().await;
        let address = format!("/v1/pictures/{}/large", Digest::of(&file));
        let is_shown = shown(&world, &product).await.contains(&address);
        assert!(is_shown || !answered, "what was acknowledged is there");
        if is_shown {
            let mut buyer = world.buyer();
            let answer = get(&mut buyer.client, &address, &[]).await;
            assert!(answer.status.is_success() && image::load_from_memory(&answer.bytes).is_ok());
        }
        // Sent again, it is there whatever became of it before.
        let mut staff = world.staff().await;
        let again = send(&mut staff.client, &product, file).await.unwrap();
        assert!(again.status.is_success(), "{}", again.body);
        assert!(shown(&world, &product).await.contains(&address));
    }
    let mut buyer = world.buyer();
    let answer = get(&mut buyer.client, kept["large"].as_str().unwrap(), &[]).await;
    assert_eq!(answer.headers["etag"], tag);
    nothing_unfinished(&world.data()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_goes_on_after_a_cut_and_after_a_kill() {
    let mut world = World::single(&[]).await;
    let mut staff = world.staff().await;
    let product = product_of(&mut staff).await;
    let file = noise();
    let length = file.len().to_string();
    let new = [
        ("tus-resumable", "1.0.0"),
        ("upload-length", &length),
        ("upload-metadata", "filetype aW1hZ2UvcG5n"),
    ];
    let path = format!("/v1/products/{product}/picture-uploads");
    let begun = staff.client.send(Method::POST, &path, &new, None).await.unwrap();
    assert_eq!(begun.status.as_u16(), 201, "{}", begun.body);
    let upload = begun.headers["location"].to_str().unwrap().to_owned();

    // A line that breaks behind a segment and a half, and a process that is killed while more comes.
    let mut before = 0;
    for killed in [false, true] {
        let mut stream = TcpStream::connect(world.address()).await.unwrap();
        let bearer = staff.client.bearer.clone().unwrap();
        let head = format!(
            "PATCH {upload} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {bearer}\r\ntus-resumable: 1.0.0\r\n\
             content-type: application/offset+octet-stream\r\nupload-offset: {before}\r\ncontent-length: {}\r\n\r\n",
            file.len() - before,
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(&file[before..before + 1_500_000]).await.unwrap();
        let mut asking = world.staff().await.client;
        let waiting = Stopwatch::start();
        while reached(&mut asking, &upload).await < before + 1_048_576 {
            assert!(waiting.elapsed() < Duration::from_secs(30), "no segment was acknowledged");
            Clock::system().sleep(Duration::from_millis(20)).await;
        }
        if killed {
            world.restart().await;
            staff = world.staff().await;
        }
        drop(stream);
        before = settled(&mut staff.client, &upload).await;
        assert!(before >= 1_048_576 && before < file.len(), "{before}");
    }
    let offset = before.to_string();
    let rest = [
        ("tus-resumable", "1.0.0"),
        ("upload-offset", offset.as_str()),
        ("content-type", "application/offset+octet-stream"),
    ];
    let done =
        staff.client.send_bytes(Method::PATCH, &upload, &rest, Some(file.slice(before..))).await.unwrap();
    assert_eq!(done.status.as_u16(), 204, "{}", done.body);
    let address = format!("/v1/pictures/{}/large", Digest::of(&file));
    assert_eq!(done.headers["content-location"], address);
    assert_eq!(shown(&world, &product).await, [address.as_str()]);
    assert_eq!(reached(&mut staff.client, &upload).await, file.len());
    nothing_unfinished(&world.data()).await;
    assert_eq!(objects(&world.data()), 3, "the sizes of one picture, and nothing else");
}

/// Where an upload is.
async fn reached(client: &mut Client, upload: &str) -> usize {
    let answer = get(client, upload, &[("tus-resumable", "1.0.0")]).await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.body);
    answer.headers["upload-offset"].to_str().unwrap().parse().unwrap()
}

/// Where an upload is once the server has noticed that nothing more comes.
async fn settled(client: &mut Client, upload: &str) -> usize {
    let mut last = reached(client, upload).await;
    loop {
        Clock::system().sleep(Duration::from_millis(300)).await;
        let now = reached(client, upload).await;
        if now == last {
            return now;
        }
        last = now;
    }
}

/// A picture of four megabytes, since noise does not compress.
fn noise() -> Bytes {
    let mut state = 7_u32;
    let image = RgbImage::from_fn(1_200, 1_200, |_, _| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Rgb([(state >> 8) as u8, (state >> 16) as u8, (state >> 24) as u8])
    });
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::from(image).write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner().into()
}

/// Sends bytes and reads the answer's head.
async fn said(address: SocketAddr, head: &str, body: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    // It may answer and close before it has read all.
    let _ = stream.write_all(body).await;
    let mut answer = vec![0; 4_096];
    let read =
        Clock::system().timeout(Duration::from_secs(30), stream.read(&mut answer)).await.unwrap().unwrap();
    String::from_utf8_lossy(&answer[..read]).into_owned()
}

fn unfinished(data: &Path) -> PathBuf {
    data.join("blobs/.unfinished")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

/// Whole objects, below every folder.
fn objects(data: &Path) -> usize {
    fn below(folder: &Path) -> usize {
        files(folder).iter().map(|path| if path.is_dir() { below(path) } else { 1 }).sum()
    }
    below(&data.join("blobs"))
}

async fn nothing_unfinished(data: &Path) {
    until(|| files(&unfinished(data)).is_empty()).await;
}

async fn until(mut done: impl FnMut() -> bool) {
    let waiting = Stopwatch::start();
    while !done() {
        assert!(waiting.elapsed() < Duration::from_secs(30), "it never came");
        Clock::system().sleep(Duration::from_millis(10)).await;
    }
}

/// The shop's own words about a picture that nobody has.
#[tokio::test(flavor = "multi_thread")]
async fn a_picture_that_is_not_there_is_not_found_whatever_it_is_called() {
    let world = World::single(&[]).await;
    let mut anybody = Client::new(world.address());
    let name = Digest::of(b"nothing").to_string();
    for path in [
        format!("/v1/pictures/{name}/large"),
        format!("/v1/pictures/{}/large", name.to_uppercase()),
        "/v1/pictures/keys/large".to_owned(),
        "/v1/pictures/%2e%2e%2f%2e%2e%2fkeys%2froot/large".to_owned(),
        format!("/v1/pictures/{name}/large%00"),
        format!("/v1/pictures/{name}/..%2flarge"),
    ] {
        let answer = get(&mut anybody, &path, &[("range", "bytes=0-9")]).await;
        assert!([400, 404].contains(&answer.status.as_u16()), "{path}: {}", answer.body);
        assert_ne!(answer.body["type"], Value::Null, "{path}");
    }
}
