//! The opening handshake (RFC 6455, section 4).

use axum::body::Body;
use axum::response::Response;
use data_encoding::BASE64;
use http::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version};
use mainstay_core::Result;
use mainstay_http::base64;
use sha1::{Digest, Sha1};

use crate::codes::BAD_HANDSHAKE;

/// Appended to the client's key, so that no answer of another protocol can be taken for ours.
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Whether the request wants to become a WebSocket.
pub(crate) fn is_wanted(headers: &HeaderMap) -> bool {
    has_token(headers, UPGRADE, "websocket")
}

/// The answer to a right handshake: 101, and the bytes belong to the WebSocket from then on.
pub fn answer(method: &Method, version: Version, headers: &HeaderMap) -> Result<Response> {
    let refuse = |why: &'static str| Err(BAD_HANDSHAKE.error(why));
    if method != Method::GET || version != Version::HTTP_11 {
        return refuse("a WebSocket is opened by GET over HTTP/1.1");
    }
    if !has_token(headers, CONNECTION, "upgrade") {
        return refuse("the header Connection: Upgrade is missing");
    }
    if headers.get(SEC_WEBSOCKET_VERSION).map(HeaderValue::as_bytes) != Some(b"13") {
        return refuse("the header Sec-WebSocket-Version must be 13");
    }
    let key = headers.get(SEC_WEBSOCKET_KEY).map(HeaderValue::as_bytes).unwrap_or_default();
    if base64::decode(key).is_none_or(|nonce| nonce.len() != 16) {
        return refuse("the header Sec-WebSocket-Key must be 16 bytes in base 64");
    }
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    let accept = BASE64.encode(&Sha1::new_with_prefix(key).chain_update(GUID).finalize());
    // Base 64 is always a valid value.
    let accept = HeaderValue::try_from(accept).unwrap_or(HeaderValue::from_static(""));
    headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
    Ok(response)
}

fn has_token(headers: &HeaderMap, name: HeaderName, token: &str) -> bool {
    let lines = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|word| word.trim_ascii().eq_ignore_ascii_case(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(leave_out: &str) -> HeaderMap {
        let all = [
            ("upgrade", "WebSocket"),
            ("connection", "keep-alive, Upgrade"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ];
        let kept = all.into_iter().filter(|(name, _)| *name != leave_out);
        kept.map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn the_key_is_answered_as_the_standard_shows() {
        assert!(is_wanted(&headers("")));
        let response = answer(&Method::GET, Version::HTTP_11, &headers("")).unwrap();
        assert_eq!(response.headers()[SEC_WEBSOCKET_ACCEPT], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        for missing in ["connection", "sec-websocket-version", "sec-websocket-key"] {
            let refused = answer(&Method::GET, Version::HTTP_11, &headers(missing)).unwrap_err();
            assert!(refused.is(&BAD_HANDSHAKE), "{missing}");
        }
        // Not 16 bytes, not base 64, and several padded texts that are 16 bytes together.
        for key in [
            "dGhlIHNhbXBsZSBub25j",
            "dGhlIHNhbXBsZSBub25jZQ",
            "dQhlISBub10jZQ==ZQ==ZQ==ZQ==onb1",
            "AAA=AAAAAAAAAAAAAAAAAAA=",
        ] {
            let mut headers = headers("");
            headers.insert(SEC_WEBSOCKET_KEY, HeaderValue::from_static(key));
            assert!(answer(&Method::GET, Version::HTTP_11, &headers).is_err(), "{key}");
        }
        assert!(answer(&Method::POST, Version::HTTP_11, &headers("")).is_err());
        assert!(answer(&Method::GET, Version::HTTP_2, &headers("")).is_err());
    }
}
