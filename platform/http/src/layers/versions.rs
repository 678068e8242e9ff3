//! Versions of the interface: in the path, in the header `Mainstay-Version`, or in the media type
//! `application/vnd.mainstay.v1+json`. The routes know the path only; the other two are mapped onto it.
//!
//! A version that is announced as old says so on every answer (`Deprecation`, RFC 9745; `Sunset`, RFC 8594).

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::response::Response;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Uri};
use mainstay_core::config::BAD_CONFIGURATION;
use mainstay_core::{Result, Timestamp};

use crate::codes::VERSION;
use crate::options::VersionOptions;
use crate::policy::Retirement;
use crate::problem::Problem;
use crate::visit::Exchange;

const HEADER: HeaderName = HeaderName::from_static("mainstay-version");

const MEDIA_PREFIX: &str = "application/vnd.mainstay.v";

/// Finds the version.
pub(crate) struct Versions {
    known: BTreeMap<String, Option<Arc<Retirement>>>,
}

impl Versions {
    pub(crate) fn new(options: &BTreeMap<String, VersionOptions>) -> Result<Self> {
        let mut known = BTreeMap::new();
        for (name, version) in options {
            let bad =
                |what: &str| BAD_CONFIGURATION.error(format!("http.versions.{name}: {what} cannot be used"));
            if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(bad("the name, which must be a number,"));
            }
            let time = |text: &str, what: &str| -> Result<Option<Timestamp>> {
                if text.is_empty() {
                    return Ok(None);
                }
                text.parse().map(Some).map_err(|_| {
                    BAD_CONFIGURATION.error(format!(
                        "http.versions.{name}.{what} is {text:?}; write a time by RFC 3339, such as \
                         2027-06-30T00:00:00Z"
                    ))
                })
            };
            let sunset = time(&version.sunset, "sunset")?;
            let link = Some(version.link.as_str()).filter(|link| !link.is_empty());
            let retirement = match time(&version.deprecated, "deprecated")? {
                None => None,
                Some(since) => {
                    Some(Arc::new(Retirement::new(since, sunset, link).ok_or_else(|| bad("link"))?))
                }
            };
            known.insert(name.clone(), retirement);
        }
        Ok(Self { known })
    }

    fn unknown(&self, version: &str) -> Problem {
        let known: Vec<&str> = self.known.keys().map(String::as_str).collect();
        let version: String = version.chars().take(20).collect();
        VERSION.error(format!("there is no version {version}; there is {}", known.join(", "))).into()
    }

    pub(super) fn enter(&self, exchange: &mut Exchange) -> std::result::Result<(), Problem> {
        let headers = exchange.request.headers();
        let by_header = headers.get(HEADER);
        let by_media = headers.get(ACCEPT).filter(|value| {
            value.as_bytes().get(..MEDIA_PREFIX.len()).is_some_and(|start| start == MEDIA_PREFIX.as_bytes())
        });
        let in_path = version_of(exchange.request.uri().path());
        if by_header.is_none() && by_media.is_none() {
            if let Some(Some(retirement)) = in_path.and_then(|version| self.known.get(version)) {
                exchange.noted.retirement = Some(Arc::clone(retirement));
            }
            return Ok(());
        }
        let media = by_media.and_then(|value| media_version(value.to_str().ok()?));
        let wanted = match (by_header.map(|value| value.to_str().unwrap_or_default()), media) {
            (Some(header), Some(media)) if header != media => {
                return Err(VERSION.error("the headers name two versions").into());
            }
            (Some(wanted), _) | (None, Some(wanted)) => wanted.to_owned(),
            (None, None) => return Ok(()),
        };
        let Some(retirement) = self.known.get(&wanted) else { return Err(self.unknown(&wanted)) };
        exchange.noted.retirement.clone_from(retirement);
        match in_path {
            Some(version) if version != wanted => {
                return Err(VERSION.error("the path names another version than the header").into());
            }
            Some(_) => {}
            None => {
                if let Some(uri) = with_version(exchange.request.uri(), &wanted) {
                    *exchange.request.uri_mut() = uri;
                }
            }
        }
        if by_media_is_asked(media_value(&wanted), exchange) {
            exchange.request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
        }
        Ok(())
    }

    pub(super) fn leave(&self, exchange: &mut Exchange, response: &mut Response) {
        if let Some(kind) = exchange.noted.media_type.take() {
            let is_json = |kind: &HeaderValue| kind.as_bytes().starts_with(b"application/json");
            if response.headers().get(CONTENT_TYPE).is_some_and(is_json) {
                response.headers_mut().insert(CONTENT_TYPE, kind);
            }
        }
    }
}

fn by_media_is_asked(kind: Option<HeaderValue>, exchange: &mut Exchange) -> bool {
    let headers = exchange.request.headers();
    let asked =
        headers.get(ACCEPT).is_some_and(|value| value.as_bytes().starts_with(MEDIA_PREFIX.as_bytes()));
    if asked {
        exchange.noted.media_type = kind;
    }
    asked
}

fn media_value(version: &str) -> Option<HeaderValue> {
    HeaderValue::from_str(&format!("{MEDIA_PREFIX}{version}+json")).ok()
}

/// `1` of `/v1/…`.
pub fn version_of(path: &str) -> Option<&str> {
    let first = path.strip_prefix("/v")?.split('/').next()?;
    (!first.is_empty() && first.bytes().all(|byte| byte.is_ascii_digit())).then_some(first)
}

/// `1` of `application/vnd.mainstay.v1+json`, with or without parameters.
pub fn media_version(value: &str) -> Option<&str> {
    let essence = value.split([',', ';']).next()?.trim_ascii();
    let version = essence.strip_prefix(MEDIA_PREFIX)?.strip_suffix("+json")?;
    (!version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit())).then_some(version)
}

fn with_version(uri: &Uri, version: &str) -> Option<Uri> {
    let rest = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(format!("/v{version}{rest}").parse().ok()?);
    Uri::from_parts(parts).ok()
}
