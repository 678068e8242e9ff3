//! From which pages a browser may connect. Browsers send cookies along with a WebSocket's handshake whatever page opened
//! it, and CORS does not apply, so a page elsewhere could read what the visitor may read: the origin is compared here.

use http::header::{HOST, ORIGIN};
use http::{HeaderMap, Uri};
use mainstay_core::Result;

use crate::codes::FOREIGN_ORIGIN;

/// Lets in requests without an origin, which no browser sends, those of the site's own pages, and those of `allowed`.
pub(crate) fn check(headers: &HeaderMap, uri: &Uri, allowed: &[String]) -> Result<()> {
    let Some(origin) = headers.get(ORIGIN) else { return Ok(()) };
    let foreign = || FOREIGN_ORIGIN.error("pages of this origin may not connect");
    let origin = origin.to_str().map_err(|_| foreign())?;
    if allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(origin)) {
        return Ok(());
    }
    // HTTP/2 has the host in the address.
    let host =
        headers.get(HOST).and_then(|host| host.to_str().ok()).or(uri.authority().map(|host| host.as_str()));
    let own = origin.split_once("://").is_some_and(|(scheme, place)| {
        matches!(scheme, "http" | "https") && host.is_some_and(|host| same(scheme, place, host))
    });
    if own { Ok(()) } else { Err(foreign()) }
}

// An origin leaves the usual port out; a proxy may write it into the host.
fn same(scheme: &str, place: &str, host: &str) -> bool {
    let usual = if scheme == "https" { ":443" } else { ":80" };
    let bare = |text: &str| text.strip_suffix(usual).unwrap_or(text).to_ascii_lowercase();
    bare(place) == bare(host)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn only_the_own_pages_and_the_named_ones() {
        let allowed = ["https://partner.example".to_owned()];
        let checked = |origin: Option<&str>, host: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, HeaderValue::from_str(host).unwrap());
            if let Some(origin) = origin {
                headers.insert(ORIGIN, HeaderValue::from_str(origin).unwrap());
            }
            check(&headers, &Uri::from_static("/v1/live"), &allowed).is_ok()
        };
        assert!(checked(None, "shop.example"));
        assert!(checked(Some("https://shop.example"), "shop.example"));
        assert!(checked(Some("https://shop.example"), "Shop.example:443"));
        assert!(checked(Some("http://127.0.0.1:8080"), "127.0.0.1:8080"));
        assert!(checked(Some("https://partner.example"), "shop.example"));
        for foreign in [
            "https://evil.example",
            "null",
            "",
            "https://shop.example.evil.example",
            "https://shop.example:8443",
            "file://shop.example",
            "shop.example",
        ] {
            assert!(!checked(Some(foreign), "shop.example"), "{foreign}");
        }
    }
}
