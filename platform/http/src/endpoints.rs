//! The addresses that belong to the process rather than to a service: probes, metrics and the pages of the codes.

use axum::response::{IntoResponse, Response};
use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderValue, Method, StatusCode};
use mainstay_core::codes::NOT_FOUND;
use mainstay_telemetry::{OPENMETRICS, Registry};
use serde::Serialize;

use crate::catalogue::Catalogue;
use crate::codes::METHOD_NOT_ALLOWED;
use crate::health::Health;
use crate::problem::{PAGES, Problem};

/// What the endpoints answer from.
pub(crate) struct Endpoints {
    pub(crate) health: Health,
    pub(crate) registry: Registry,
    pub(crate) catalogue: Catalogue,
}

/// One of the addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint<'a> {
    /// The process can answer at all.
    Alive,
    Ready,
    Started,
    Metrics,
    Problems,
    Problem(&'a str),
}

impl<'a> Endpoint<'a> {
    pub(crate) fn of(path: &'a str) -> Option<Self> {
        match path {
            "/healthz" => Some(Self::Alive),
            "/readyz" => Some(Self::Ready),
            "/startupz" => Some(Self::Started),
            "/metrics" => Some(Self::Metrics),
            "/problems" => Some(Self::Problems),
            _ => path.strip_prefix(PAGES).map(Self::Problem),
        }
    }
}

#[derive(Serialize)]
struct Status {
    status: &'static str,
}

impl Endpoints {
    pub(crate) async fn answer(&self, endpoint: Endpoint<'_>, method: &Method) -> Result<Response, Problem> {
        if method != Method::GET && method != Method::HEAD {
            let mut refused =
                Problem::from(METHOD_NOT_ALLOWED.error("this address is only read")).into_response();
            refused.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return Ok(refused);
        }
        Ok(match endpoint {
            Endpoint::Alive => json(true, &Status { status: "alive" }),
            Endpoint::Started => {
                let started = self.health.is_started();
                json(started, &Status { status: if started { "started" } else { "starting" } })
            }
            Endpoint::Ready => {
                let report = self.health.report().await;
                json(report.is_ready(), &report)
            }
            Endpoint::Metrics => answer(StatusCode::OK, OPENMETRICS, self.registry.encode()),
            Endpoint::Problems => answer(StatusCode::OK, HTML, self.catalogue.index()),
            Endpoint::Problem(name) => {
                let page = self.catalogue.page(name);
                let page = page.ok_or_else(|| NOT_FOUND.error("no error has that code"))?;
                answer(StatusCode::OK, HTML, page)
            }
        })
    }
}

const HTML: &str = "text/html; charset=utf-8";

fn json(ok: bool, value: &impl Serialize) -> Response {
    let status = if ok { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    answer(status, "application/json", serde_json::to_vec(value).unwrap_or_default())
}

fn answer(status: StatusCode, media_type: &'static str, body: impl Into<axum::body::Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}
