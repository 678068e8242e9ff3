//! Requests that two readers could take apart differently: each is refused, or answered once and the connection closed.

use crate::site::Site;
use crate::wire::{hello, say};

/// What would be a second request to whoever went by the other rule.
const HIDDEN: &str = "GET /v1/whoami HTTP/1.1\r\nhost: x\r\n\r\n";

#[tokio::test]
async fn what_is_ambiguous_is_refused() {
    let site = Site::new();
    let listening = site.listen().await;
    let post = "POST /v1/guess HTTP/1.1\r\nhost: x\r\n";
    for (name, bytes) in [
        ("two lengths", format!("{post}content-length: 5\r\ncontent-length: 6\r\n\r\nhello!{HIDDEN}")),
        ("a list of lengths", format!("{post}content-length: 5, 6\r\n\r\nhello!{HIDDEN}")),
        ("a signed length", format!("{post}content-length: +5\r\n\r\nhello{HIDDEN}")),
        ("a negative length", format!("{post}content-length: -1\r\n\r\n{HIDDEN}")),
        ("an overflowing length", format!("{post}content-length: 18446744073709551621\r\n\r\nhello{HIDDEN}")),
        ("a hexadecimal length", format!("{post}content-length: 0x5\r\n\r\nhello{HIDDEN}")),
        ("a coding below chunks", format!("{post}transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n{HIDDEN}")),
        ("chunks of chunks", format!("{post}transfer-encoding: chunked, chunked\r\n\r\n0\r\n\r\n{HIDDEN}")),
        (
            "two codings in two headers",
            format!("{post}transfer-encoding: gzip\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n{HIDDEN}"),
        ),
        ("chunks with a parameter", format!("{post}transfer-encoding: chunked;q=1\r\n\r\n0\r\n\r\n{HIDDEN}")),
        ("an unknown coding", format!("{post}transfer-encoding: xchunked\r\n\r\n0\r\n\r\n{HIDDEN}")),
        ("chunked not last", format!("{post}transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n{HIDDEN}")),
        ("a space before the colon", format!("{post}transfer-encoding : chunked\r\n\r\n0\r\n\r\n{HIDDEN}")),
        ("a folded header", format!("{post}x-a: b\r\n c: d\r\ncontent-length: 0\r\n\r\n{HIDDEN}")),
        ("a folded coding", format!("{post}transfer-encoding:\r\n chunked\r\n\r\n0\r\n\r\n{HIDDEN}")),
        (
            "a bare carriage return",
            format!("{post}x-a: b\rtransfer-encoding: chunked\r\n\r\n0\r\n\r\n{HIDDEN}"),
        ),
        ("a null in a name", format!("{post}x\0a: b\r\n\r\n{HIDDEN}")),
        (
            "chunked in HTTP/1.0",
            format!(
                "POST /v1/guess HTTP/1.0\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n{HIDDEN}"
            ),
        ),
        ("no host", format!("GET /v1/hello HTTP/1.1\r\n\r\n{HIDDEN}")),
        ("two hosts", "GET /v1/hello HTTP/1.1\r\nhost: a\r\nhost: b\r\nconnection: close\r\n\r\n".to_owned()),
        ("a host with a path", "GET /v1/hello HTTP/1.1\r\nhost: a/b\r\nconnection: close\r\n\r\n".to_owned()),
        ("no request at all", "\x16\x03\x01\x02\x00\x01\x00\x01\x7c\x03\x03".to_owned() + "\r\n\r\n"),
    ] {
        let bytes = if name == "no host" {
            bytes.replace("\r\n\r\nGET", "\r\nconnection: close\r\n\r\nGET")
        } else {
            bytes
        };
        let answer = say(listening.address, bytes.as_bytes()).await;
        let is_refused = ["HTTP/1.1 4", "HTTP/1.1 501 "].iter().any(|start| answer.starts_with(start));
        assert!(answer.is_empty() || is_refused, "{name}: {answer}");
        assert!(answer.matches("HTTP/1.").count() <= 1, "{name}: the hidden one was answered: {answer}");
        assert!(hello(listening.address).await.contains("world"), "{name}: others are served");
    }
    assert_eq!(listening.stop().await.cut, 0);
}

#[tokio::test]
async fn a_body_in_another_transfer_coding_is_told_so_and_nothing_more_is_read() {
    let site = Site::new();
    let listening = site.listen().await;
    for codings in [
        "transfer-encoding: gzip, chunked",
        "transfer-encoding: chunked, chunked",
        "transfer-encoding: identity, chunked",
        "transfer-encoding: gzip\r\ntransfer-encoding: chunked",
        "transfer-encoding: chunked\r\ntransfer-encoding: chunked",
    ] {
        let bytes = format!(
            "POST /v1/upload HTTP/1.1\r\nhost: x\r\n{codings}\r\n\r\n5\r\nhello\r\n0\r\n\r\n{HIDDEN}"
        );
        let answer = say(listening.address, bytes.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 501 "), "{codings}: {answer}");
        assert!(answer.contains("http.transfer_coding"), "{codings}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{codings}: {answer}");
        assert!(answer.to_ascii_lowercase().contains("connection: close"), "{codings}: {answer}");
    }
    let upper = "POST /v1/upload HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: Chunked\r\n\r\n\
                 5\r\nhello\r\n0\r\n\r\n";
    assert!(say(listening.address, upper.as_bytes()).await.starts_with("HTTP/1.1 200 "));
    assert_eq!(listening.stop().await.cut, 0);
}

#[tokio::test]
async fn a_length_beside_chunks_hides_nothing() {
    let site = Site::new();
    let listening = site.listen().await;
    let chunks = "0\r\n\r\n";
    for headers in [
        format!("content-length: {}\r\ntransfer-encoding: chunked", chunks.len() + HIDDEN.len()),
        format!("transfer-encoding: chunked\r\ncontent-length: {}", chunks.len() + HIDDEN.len()),
        "transfer-encoding: chunked".to_owned(),
        // Refused before its route is asked, which is no reason to read on.
        "transfer-encoding: chunked\r\nauthorization: Bearer forged".to_owned(),
    ] {
        let bytes = format!("POST /v1/guess HTTP/1.1\r\nhost: x\r\n{headers}\r\n\r\n{chunks}{HIDDEN}");
        let answer = say(listening.address, bytes.as_bytes()).await;
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{headers}: {answer}");
        assert!(answer.to_ascii_lowercase().contains("connection: close"), "{headers}: {answer}");
    }
    assert_eq!(listening.stop().await.cut, 0);
}

#[tokio::test]
async fn chunks_that_are_none_break_the_connection_and_nothing_else() {
    let site = Site::new();
    let listening = site.listen().await;
    for chunks in [
        "FFFFFFFFFFFFFFFFF\r\nx",
        "-1\r\nx",
        "5;\r\nhello\r\n0\r\n\r\n",
        "5\nhello\r\n0\r\n\r\n",
        "5\r\nhello!!0\r\n\r\n",
        "zz\r\n",
        &format!("5;{}\r\nhello\r\n0\r\n\r\n", "x".repeat(100_000)),
        &format!("0\r\n{}\r\n", "x-trailer: y\r\n".repeat(50_000)),
    ] {
        let head =
            "POST /v1/upload HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n";
        let answer = say(listening.address, format!("{head}{chunks}").as_bytes()).await;
        assert!(!answer.starts_with("HTTP/1.1 5"), "{chunks:.40}: {answer}");
        assert!(answer.matches("HTTP/1.1 ").count() <= 1, "{chunks:.40}: {answer}");
        assert!(hello(listening.address).await.contains("world"));
    }
    assert_eq!(listening.stop().await.cut, 0);
}

#[tokio::test]
async fn an_upgrade_to_http_2_in_the_middle_is_not_followed() {
    let site = Site::new();
    let listening = site.listen().await;
    let ask = "GET /v1/hello HTTP/1.1\r\nhost: x\r\nconnection: upgrade, http2-settings, close\r\nupgrade: h2c\r\n\
               http2-settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n";
    let answer = say(listening.address, ask.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(listening.stop().await.cut, 0);
}
