//! Lines that a caller sees in the answers.

use http::header::{CACHE_CONTROL, CONTENT_ENCODING, ETAG};

use super::{Found, Running};

/// Read by everybody, without a login.
const PAGES: [&str; 2] = ["/v1/products", "/problems"];

/// The same for everybody, and served from the binary.
const ASSET: &str = "/reference/reference.js";

pub fn rate_limits(running: &Running) -> Found {
    let routes = ["/v1/products", "/v1/orders"];
    let (mut limited, mut free) = (Vec::new(), Vec::new());
    for path in routes {
        let Some(answer) = running.answer(path) else { continue };
        let says = answer.headers.keys().any(|name| {
            let name = name.as_str();
            name.starts_with("ratelimit") || name.starts_with("x-ratelimit")
        });
        if says { limited.push(path) } else { free.push(path) }
    }
    match (limited.is_empty(), free.is_empty()) {
        (true, true) => Found::not_checked("no public route answered"),
        (_, true) => Found::look(format!(
            "GET {} answer with RateLimit headers; that every other route does is not seen from here",
            limited.join(" and GET ")
        )),
        (_, false) => unlimited(running, &free.join(" and GET ")),
    }
}

// This machine's own callers are exempt unless it is configured otherwise, and then only the settings can tell.
fn unlimited(running: &Running, routes: &str) -> Found {
    let rate = running.setting("http.rates.address").filter(|rate| rate != "off");
    match rate.filter(|_| running.target.public.address.ip().is_loopback()) {
        Some(rate) => Found::look(format!(
            "GET {routes} answer this machine without RateLimit headers, as http.rates.exempt may say; others may ask \
             {rate} (http.rates.address), which is not seen from here"
        )),
        None => Found::bad(format!("GET {routes} answer without RateLimit headers")),
    }
}

pub fn compression(running: &Running) -> Found {
    let asked = "with Accept-Encoding: gzip, br, zstd";
    let Some(answer) = running.answer("/problems") else {
        return Found::not_checked("GET /problems was not answered");
    };
    match answer.headers.get(CONTENT_ENCODING).and_then(|value| value.to_str().ok()) {
        Some(encoding) => {
            Found::good(format!("GET /problems {asked} came as {encoding}, {} bytes", answer.body.len()))
        }
        None => Found::bad(format!("GET /problems {asked} came plain, {} bytes", answer.body.len())),
    }
}

pub fn cache_headers(running: &Running) -> Found {
    let mut seen = Vec::new();
    for path in PAGES {
        let Some(answer) = running.answer(path) else { continue };
        let value = answer.headers.get(CACHE_CONTROL).and_then(|value| value.to_str().ok());
        seen.push((path, value.map(str::to_owned)));
    }
    if seen.is_empty() {
        return Found::not_checked("no public page answered");
    }
    let words: Vec<String> = seen
        .iter()
        .map(|(path, value)| format!("GET {path}: {}", value.as_deref().unwrap_or("no Cache-Control")))
        .collect();
    let words = words.join("; ");
    if seen.iter().all(|(_, value)| value.is_some()) { Found::good(words) } else { Found::bad(words) }
}

pub fn streaming(_: &Running) -> Found {
    Found::not_checked(
        "pictures of products are the large bodies; how much memory one takes on its way is not seen from here",
    )
}

/// Whether a cache in front may keep what never depends on who asks, and can ask whether it is still so.
pub fn assets(running: &Running) -> Found {
    let Some(answer) = running.answer(ASSET) else {
        return Found::not_checked(format!("GET {ASSET} was not answered"));
    };
    let cache = answer.headers.get(CACHE_CONTROL).and_then(|value| value.to_str().ok());
    let cache = cache.unwrap_or("no Cache-Control");
    let tag = if answer.headers.contains_key(ETAG) { "with an ETag" } else { "without an ETag" };
    let words = format!("GET {ASSET}: {cache}, {tag}");
    let is_kept =
        cache.split(',').any(|word| word.trim_ascii() == "public") && answer.headers.contains_key(ETAG);
    if is_kept { Found::good(words) } else { Found::bad(words) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Verdict;

    #[test]
    fn what_an_answer_says_is_believed_and_what_it_leaves_out_is_not() {
        let silent = Running::silent;
        assert_eq!(compression(&silent()).verdict, Verdict::NotChecked);
        let plain = silent().with("/problems", &[], "<html>");
        assert_eq!(compression(&plain).verdict, Verdict::Bad);
        assert_eq!(cache_headers(&plain).verdict, Verdict::Bad);
        let good =
            silent().with("/problems", &[("content-encoding", "br"), ("cache-control", "max-age=60")], "x");
        assert_eq!(compression(&good).verdict, Verdict::Good);
        assert_eq!(cache_headers(&good).verdict, Verdict::Good);
        assert_eq!(assets(&silent()).verdict, Verdict::NotChecked);
        let asset = |cache: &str| {
            let headers = [("cache-control", cache), ("etag", "\"1\"")];
            assets(&silent().with(ASSET, &headers, "x")).verdict
        };
        assert_eq!(asset("public, max-age=300"), Verdict::Good);
        assert_eq!(asset("private, no-cache"), Verdict::Bad);
        assert_eq!(assets(&silent().with(ASSET, &[("cache-control", "public")], "x")).verdict, Verdict::Bad);
        let free = silent().with("/v1/orders", &[], "{}");
        assert_eq!(rate_limits(&free).verdict, Verdict::Bad);
        for (rate, verdict) in [("200/s burst 400", Verdict::Look), ("off", Verdict::Bad)] {
            let configured = format!(r#"{{"rows":[{{"key":"http.rates.address","value":"{rate}"}}]}}"#);
            let exempt = silent().with("/v1/orders", &[], "{}").with("/v1/configuration", &[], &configured);
            assert_eq!(rate_limits(&exempt).verdict, verdict, "{rate}");
        }
        let limited = silent().with("/v1/orders", &[("ratelimit-policy", "60;w=60")], "{}");
        // One route is not every route.
        assert_eq!(rate_limits(&limited).verdict, Verdict::Look);
    }
}
