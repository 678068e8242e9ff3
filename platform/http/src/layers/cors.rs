//! Which pages of other origins may read our answers, by the rules of `[http.cors]`. Without a rule: none, and nothing is
//! said about it, which is what a browser takes as a no.

use axum::body::Body;
use axum::response::Response;
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use mainstay_core::Result;
use mainstay_core::config::BAD_CONFIGURATION;

use crate::options::CorsOptions;
use crate::visit::Exchange;

const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE";

/// Lets origins read.
pub(crate) struct Cors(Option<Rules>);

struct Rules {
    origins: Vec<Rule>,
    credentials: bool,
    headers: HeaderValue,
    expose: Option<HeaderValue>,
    max_age: HeaderValue,
}

/// Which origins one entry of the list means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    Any,
    Exact(String),
    /// Everything below a name: what stands before the name, and the name with its dot.
    Below(String, String),
}

impl Rule {
    pub fn parse(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::Any);
        }
        let (scheme, host) = text.split_once("://")?;
        let is_host = |host: &str| {
            !host.is_empty()
                && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.:[]".contains(&byte))
        };
        if !matches!(scheme, "http" | "https") {
            return None;
        }
        match host.strip_prefix("*.") {
            Some(name) if is_host(name) => Some(Self::Below(format!("{scheme}://"), format!(".{name}"))),
            None if is_host(host) => Some(Self::Exact(text.to_owned())),
            _ => None,
        }
    }

    pub fn allows(&self, origin: &str) -> bool {
        match self {
            Self::Any => origin != "null",
            Self::Exact(known) => known == origin,
            Self::Below(scheme, name) => {
                let label =
                    origin.strip_prefix(scheme.as_str()).and_then(|rest| rest.strip_suffix(name.as_str()));
                label.is_some_and(|label| {
                    !label.is_empty()
                        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte))
                })
            }
        }
    }
}

impl Cors {
    pub(super) fn new(options: &CorsOptions) -> Result<Self> {
        if options.origins.is_empty() {
            return Ok(Self(None));
        }
        let bad = |what: String| BAD_CONFIGURATION.error(what);
        let mut origins = Vec::with_capacity(options.origins.len());
        for text in &options.origins {
            origins.push(Rule::parse(text).ok_or_else(|| {
                bad(format!(
                    "http.cors.origins: {text:?} is no origin; write https://shop.example or https://*.shop.example"
                ))
            })?);
        }
        if options.credentials && origins.contains(&Rule::Any) {
            return Err(bad(
                "http.cors: with credentials each origin must be named, and * names none".to_owned()
            ));
        }
        let list = |names: &[String], key: &str| {
            HeaderValue::from_str(&names.join(", "))
                .map_err(|_| bad(format!("http.cors.{key} is no list of headers")))
        };
        Ok(Self(Some(Rules {
            origins,
            credentials: options.credentials,
            headers: list(&options.headers, "headers")?,
            expose: (!options.expose.is_empty()).then(|| list(&options.expose, "expose")).transpose()?,
            max_age: HeaderValue::from(options.max_age_seconds),
        })))
    }
}

impl Rules {
    fn allow(&self, origin: Option<HeaderValue>, headers: &mut HeaderMap) -> bool {
        headers.append(VARY, HeaderValue::from_static("origin"));
        let allowed = origin.filter(|origin| {
            origin.to_str().is_ok_and(|text| self.origins.iter().any(|rule| rule.allows(text)))
        });
        let Some(origin) = allowed else { return false };
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        if self.credentials {
            headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
        true
    }
}

impl Cors {
    /// The answer to a preflight; what a page may read of another is said on its way out.
    pub(super) fn enter(&self, exchange: &mut Exchange) -> Option<Response> {
        let rules = self.0.as_ref()?;
        let request = &exchange.request;
        let origin = request.headers().get(ORIGIN).cloned();
        let is_preflight = request.method() == Method::OPTIONS
            && origin.is_some()
            && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        if !is_preflight {
            exchange.noted.origin = origin;
            return None;
        }
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NO_CONTENT;
        let headers = response.headers_mut();
        if rules.allow(origin, headers) {
            headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(METHODS));
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, rules.headers.clone());
            headers.insert(ACCESS_CONTROL_MAX_AGE, rules.max_age.clone());
        }
        Some(response)
    }

    pub(super) fn leave(&self, exchange: &mut Exchange, response: &mut Response) {
        let Some(rules) = &self.0 else { return };
        let headers = response.headers_mut();
        if rules.allow(exchange.noted.origin.take(), headers)
            && let Some(expose) = &rules.expose
        {
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, expose.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_matched_whole() {
        let allows = |rule: &str, origin: &str| Rule::parse(rule).unwrap().allows(origin);
        assert!(allows("https://shop.example", "https://shop.example"));
        assert!(allows("https://*.shop.example", "https://a.b.shop.example"));
        assert!(allows("*", "https://anything.example"));
        for (rule, origin) in [
            ("https://shop.example", "http://shop.example"),
            ("https://shop.example", "https://shop.example.evil.example"),
            ("https://shop.example", "https://shop.example:8443"),
            ("https://*.shop.example", "https://shop.example"),
            ("https://*.shop.example", "https://evilshop.example"),
            ("https://*.shop.example", "https://.shop.example"),
            ("https://*.shop.example", "https://evil.example/.shop.example"),
            ("https://*.shop.example", "https://evil.example#.shop.example"),
            ("*", "null"),
        ] {
            assert!(!allows(rule, origin), "{rule} {origin}");
        }
        for wrong in
            ["shop.example", "ftp://x", "https://", "https://a/b", "https://*", "https://*.*.x", "null"]
        {
            assert_eq!(Rule::parse(wrong), None, "{wrong}");
        }
    }
}
