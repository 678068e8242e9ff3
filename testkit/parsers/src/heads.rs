//! What comes before a handler: the first bytes of a connection, request targets, headers, queries and JSON bodies.

use std::net::IpAddr;

use axum::body::Body as HttpBody;
use axum::extract::{FromRequest, FromRequestParts};
use bytes::Bytes;
use data_encoding::BASE64;
use futures::{TryStreamExt, stream};
use http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, FORWARDED, IF_MATCH, IF_NONE_MATCH};
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use mainstay_blobs::ByteRange;
use mainstay_core::TraceContext;
use mainstay_http::accept::{accepts, coding};
use mainstay_http::etag::{ETag, Tags};
use mainstay_http::forwarded::{ForwardedHeader, Trust, forwarded_for, node};
use mainstay_http::parsers::{OriginRule, bearer, cookie, is_unique};
use mainstay_http::proxy_protocol::{HEADER_MAX, Preface, read};
use mainstay_http::tus::{Creation, FromHeaders, Offset, Told};
use mainstay_http::{
    Body, Condition, FileUpload, IdempotencyKey, Query, Upload, etag, is_plain, media_version, version_of,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::choose;
use crate::future::{driven, now};

/// Bytes of a target that are looked at one cut at a time.
const CUTS_MAX: usize = 640;

pub fn feed(bytes: &[u8]) {
    let Some((choice, rest)) = choose(bytes, 16) else { return };
    if choice == 0 {
        return preface(rest);
    }
    if choice == 1 {
        return body(rest);
    }
    if choice == 15 {
        return form(rest);
    }
    let Ok(text) = std::str::from_utf8(rest) else { return };
    match choice {
        2 => query(text),
        3 => wishes(text),
        4 => origins_of_requests(text),
        5 => tags(text),
        6 => conditions(text),
        7 => traces(text),
        8 => paths(text),
        9 => versions(text),
        10 => keys(text),
        11 => sessions(text),
        12 => rules(text),
        13 => ranges(text),
        _ => resumable(text),
    }
}

/// The PROXY protocol: an answer that was given stands, however much comes behind, and until then nothing is said.
fn preface(bytes: &[u8]) {
    let whole = read(bytes);
    if let Preface::Header { length, .. } = whole {
        assert!(length <= bytes.len() && length <= HEADER_MAX);
    }
    if whole == Preface::Incomplete {
        assert!(bytes.len() < HEADER_MAX);
    }
    let mut said = Preface::Incomplete;
    for cut in 0..=bytes.len().min(CUTS_MAX) {
        let now = read(&bytes[..cut]);
        assert!(said == Preface::Incomplete || said == now, "{said:?} became {now:?}");
        said = now;
    }
    if bytes.len() <= CUTS_MAX {
        assert_eq!(said, whole);
    }
}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Line {
    #[schemars(length(min = 1, max = 8))]
    sku: String,
    #[schemars(range(min = 1, max = 99))]
    pieces: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gift: Option<bool>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Sent {
    #[schemars(length(max = 3))]
    lines: Vec<Line>,
    #[serde(default)]
    #[schemars(length(max = 20))]
    note: String,
}

/// A body that is taken keeps to its schema, says each thing once, and is what it is when it is written again.
fn body(bytes: &[u8]) {
    let read = |bytes: Vec<u8>| {
        let request = Request::post("/").header(CONTENT_TYPE, "application/json").body(HttpBody::from(bytes));
        let Ok(request) = request else { panic!("a request that is always right") };
        now(Body::<Sent>::from_request(request, &())).ok().map(|Body(sent)| sent)
    };
    let Some(sent) = read(bytes.to_vec()) else { return };
    assert!(is_unique(bytes), "a field that is there twice was taken");
    assert!(sent.lines.len() <= 3 && sent.note.chars().count() <= 20);
    for line in &sent.lines {
        assert!((1..=99).contains(&line.pieces) && (1..=8).contains(&line.sku.chars().count()));
    }
    let again = serde_json::to_vec(&sent).ok().and_then(read);
    assert_eq!(again.as_ref(), Some(&sent));
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Asked {
    #[serde(default)]
    #[schemars(length(max = 10))]
    q: String,
    #[schemars(range(min = 0, max = 100))]
    limit: Option<i64>,
    deep: Option<bool>,
    #[serde(default)]
    #[schemars(length(max = 4), inner(length(max = 5)))]
    tag: Vec<String>,
}

fn query(text: &str) {
    let Ok(request) = Request::get(format!("/?{text}")).body(()) else { return };
    let (mut parts, ()) = request.into_parts();
    let Ok(Query(asked)) = now(Query::<Asked>::from_request_parts(&mut parts, &())) else { return };
    assert!(asked.q.chars().count() <= 10 && asked.limit.is_none_or(|limit| (0..=100).contains(&limit)));
    assert!(asked.tag.len() <= 4 && asked.tag.iter().all(|tag| tag.chars().count() <= 5));
    assert!(asked.deep.is_none() || text.contains("deep"));
}

/// Names in these headers are the same in any case.
fn wishes(text: &str) {
    let (header, media_type) = text.split_once('\n').unwrap_or((text, "application/problem+json"));
    assert_eq!(accepts(header, media_type), accepts(&header.to_ascii_uppercase(), media_type));
    assert_eq!(coding(header), coding(&header.to_ascii_uppercase()));
    if accepts(header, "application/json") && header.contains('/') {
        assert!(
            header.contains("*/")
                || header.to_ascii_lowercase().contains("application/")
                || !accepts(header, "x/y")
                || accepts(header, "x/z")
        );
    }
}

/// Whoever is told to be the client told it through proxies of ours; what others wrote before changes nothing.
fn origins_of_requests(text: &str) {
    if let Some(address) = node(text) {
        assert_eq!(node(&address.to_string()), Some(address));
        assert_eq!(address, address.to_canonical());
    }
    let _ = forwarded_for(text);
    let Ok(networks) = ["10.0.0.0/8", "::1/128"].map(str::parse).into_iter().collect::<Result<Vec<_>, _>>()
    else {
        panic!("networks that are always right")
    };
    let (ours, stranger) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([192, 0, 2, 7]));
    for (kind, name, forged) in [
        (ForwardedHeader::XForwardedFor, HeaderName::from_static("x-forwarded-for"), "198.51.100.9, "),
        (ForwardedHeader::Forwarded, FORWARDED, "for=198.51.100.9, "),
    ] {
        let trust = Trust::new(&networks, kind);
        let client = |peer, header: &str| {
            let value = HeaderValue::from_str(header).ok()?;
            Some(trust.client(peer, &HeaderMap::from_iter([(name.clone(), value)])))
        };
        let Some(found) = client(ours, text) else { return };
        assert_eq!(client(stranger, text), Some(stranger), "a stranger's word was taken");
        if !trust.includes(found) {
            assert_eq!(client(ours, &format!("{forged}{text}")), Some(found), "a forged hop was believed");
        }
    }
}

fn tags(text: &str) {
    if let Some(tag) = ETag::parse(text) {
        assert_eq!(tag.to_string(), text);
        assert_eq!(tag.header().as_bytes(), text.as_bytes());
        assert_eq!(Tags::parse(text), Tags::List(vec![tag]));
    }
    if let Tags::List(tags) = Tags::parse(text) {
        let written = tags.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        assert_eq!(Tags::parse(&written), Tags::List(tags));
    }
}

/// Each version that is read is one whose tag we could have given.
fn conditions(text: &str) {
    let Ok(value) = HeaderValue::from_str(text) else { return };
    let condition = |name, value| {
        let Ok(request) = Request::get("/").header(name, value).body(()) else { return None };
        now(Condition::from_request_parts(&mut request.into_parts().0, &())).ok()
    };
    if let Some(Condition::Match(versions)) = condition(IF_MATCH, value.clone()) {
        for version in versions {
            let tag = etag(version);
            assert_eq!(condition(IF_MATCH, tag), Some(Condition::Match(vec![version])));
        }
    }
    assert!(!matches!(condition(IF_NONE_MATCH, value), Some(Condition::Match(_) | Condition::Exists)));
}

fn traces(text: &str) {
    if let Ok(trace) = text.parse::<TraceContext>() {
        assert!(trace.trace_id != 0 && trace.span_id != 0);
        assert_eq!(trace.traceparent().parse::<TraceContext>().ok(), Some(trace));
        assert_eq!(TraceContext::from_bytes(&trace.to_bytes()), Some(trace));
    }
    let _ = TraceContext::from_bytes(text.as_bytes());
}

/// What is called plain is the same path for the most generous reader.
fn paths(path: &str) {
    if !is_plain(path) {
        return;
    }
    let mut seen = path.replace('\\', "/");
    for (code, plain) in [("%2e", "."), ("%2E", "."), ("%2f", "/"), ("%2F", "/"), ("%5c", "/"), ("%5C", "/")]
    {
        seen = seen.replace(code, plain);
    }
    assert_eq!(seen.matches('/').count(), path.matches('/').count());
    let bare = |segment: &str| segment.split(';').next().is_some_and(|bare| bare == "." || bare == "..");
    assert!(!seen.split('/').any(bare));
    assert!(!seen.bytes().any(|byte| byte < 0x20 || byte == 0x7f));
}

fn versions(text: &str) {
    let number = |version: &str| !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(version) = version_of(text) {
        assert!(number(version) && text.starts_with(&format!("/v{version}")));
    }
    if let Some(version) = media_version(text) {
        assert!(number(version));
        assert_eq!(media_version(&format!("application/vnd.mainstay.v{version}+json")), Some(version));
    }
}

fn keys(text: &str) {
    if let Ok(key) = IdempotencyKey::new(text) {
        let key = key.as_str();
        assert!((1..=200).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic()));
        assert!(text.contains(key));
    }
}

/// The credentials of a request: a bearer's token, and the one cookie that is looked at.
fn sessions(text: &str) {
    let Ok(value) = HeaderValue::from_str(text) else { return };
    if let Ok(Some(token)) = bearer(&HeaderMap::from_iter([(AUTHORIZATION, value.clone())])) {
        assert!(
            !token.is_empty() && text.ends_with(token.trim_ascii()) || text.trim_ascii().ends_with(token)
        );
    }
    let headers = HeaderMap::from_iter([(COOKIE, value)]);
    if let Some(session) = cookie(&headers) {
        assert!(!session.is_empty() && !session.contains(';') && text.contains(session));
    }
    // One that only we can have set is looked at before whatever a sibling's page has planted.
    let Ok(both) = HeaderValue::from_str(&format!("{text}; __Host-session=ours")) else { return };
    if !text.contains("__Host-session") {
        assert_eq!(cookie(&HeaderMap::from_iter([(COOKIE, both)])), Some("ours"));
    }
}

/// An origin that a rule lets in is a scheme and a host, and the host is the rule's or below it.
fn rules(text: &str) {
    let (rule, origin) = text.split_once('\n').unwrap_or((text, "https://a.shop.example"));
    let Some(read) = OriginRule::parse(rule) else { return };
    if !read.allows(origin) {
        return;
    }
    match read {
        OriginRule::Any => assert_ne!(origin, "null"),
        OriginRule::Exact(_) => assert_eq!(origin, rule),
        OriginRule::Below(scheme, name) => {
            let host = origin.strip_prefix(&scheme);
            assert!(host.is_some_and(|host| host.len() > name.len() && host.ends_with(&name)));
            assert!(host.is_some_and(|host| !host.contains(['/', '#', '?', '@', '\\'])));
        }
    }
}

/// What is sent of an object lies within it, and a digest that comes with one is told as it is.
fn ranges(text: &str) {
    let request = Request::put("/").header(CONTENT_TYPE, "image/png").header("content-digest", text);
    if let Ok(request) = request.body(HttpBody::empty())
        && let Ok(upload) = now(Upload::from_request(request, &()))
        && let Some(digest) = upload.digest
    {
        assert!(text.contains(&BASE64.encode(digest.as_bytes())), "{text}");
    }
    let Some(range) = ByteRange::parse(text) else { return };
    for size in [0, 1, 10, 1 << 40, u64::MAX] {
        if let Some((start, length)) = range.within(size) {
            assert!(length > 0 && start < size && length <= size - start, "{text} of {size}");
        }
    }
}

/// What tus says in headers, a number in the first line and metadata in the second: what was read is read again from
/// headers that are written of it.
fn resumable(text: &str) {
    let (number, metadata) = text.split_once('\n').unwrap_or((text, ""));
    let Some(size_bytes) = told::<Offset>(number, metadata).map(|Offset(bytes)| bytes) else {
        assert!(told::<Creation>(number, metadata).is_none(), "{number} is a length and no offset");
        return;
    };
    assert!(number.bytes().all(|byte| byte.is_ascii_digit()), "{number} was read as {size_bytes}");
    let Some(creation) = told::<Creation>(number, metadata) else { return };
    assert_eq!(creation.size_bytes, size_bytes);
    let again = format!(
        "name {}, filetype {}",
        BASE64.encode(b"a.png"),
        BASE64.encode(creation.media_type.as_bytes())
    );
    let again =
        told::<Creation>(&size_bytes.to_string(), &again).map(|read| (read.size_bytes, read.media_type));
    assert_eq!(again, Some((size_bytes, creation.media_type)));
}

fn told<T: FromHeaders>(number: &str, metadata: &str) -> Option<T> {
    let request = Request::patch("/")
        .header("tus-resumable", "1.0.0")
        .header("upload-length", number)
        .header("upload-offset", number)
        .header("upload-metadata", metadata);
    let (mut parts, ()) = request.body(()).ok()?.into_parts();
    let Ok(told) = now(Told::<T>::from_request_parts(&mut parts, &()));
    told.read().ok()
}

/// A form, its boundary in the first line: it has the same file however it comes in, and that file is read again from a
/// form that is written around it.
fn form(bytes: &[u8]) {
    let Some(end) = bytes.iter().position(|byte| *byte == b'\n') else { return };
    // With other letters it is no form, but a body of a kind that nobody knows.
    let Some(boundary) = std::str::from_utf8(&bytes[..end]).ok().filter(|text| text.is_ascii()) else {
        return;
    };
    let body = &bytes[end + 1..];
    let whole = file(boundary, body, body.len());
    for size in [1, 7] {
        assert_eq!(file(boundary, body, size), whole, "in pieces of {size}");
    }
    let Some((_, file_bytes)) = whole else { return };
    assert!(file_bytes.len() < body.len());
    let edge = "an-edge-that-no-file-has";
    if file_bytes.windows(edge.len()).any(|window| window == edge.as_bytes()) {
        return;
    }
    let head =
        "content-disposition: form-data; name=\"a\"; filename=\"a\"\r\ncontent-type: image/png\r\n\r\n";
    let again =
        [format!("--{edge}\r\n{head}").as_bytes(), &file_bytes, format!("\r\n--{edge}--\r\n").as_bytes()]
            .concat();
    assert_eq!(file(edge, &again, again.len()), Some(("image/png".to_owned(), file_bytes)));
}

/// The kind and the bytes of a form's file, when the form comes in pieces of `size` bytes.
fn file(boundary: &str, body: &[u8], size: usize) -> Option<(String, Vec<u8>)> {
    let pieces: Vec<Result<Bytes, std::io::Error>> =
        body.chunks(size.max(1)).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    let request =
        Request::post("/").header(CONTENT_TYPE, format!("multipart/form-data; boundary={boundary}"));
    let request = request.body(HttpBody::from_stream(stream::iter(pieces))).ok()?;
    let FileUpload(upload) = driven(FileUpload::from_request(request, &())).ok()?;
    let bytes: Vec<Bytes> = driven(upload.bytes.try_collect()).ok()?;
    Some((upload.media_type, bytes.concat()))
}
