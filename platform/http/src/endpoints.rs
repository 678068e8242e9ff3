//! The addresses that belong to the process rather than to a service: probes, metrics and the pages of the codes.

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{ACCEPT, ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, VARY};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use mainstay_core::codes::NOT_FOUND;
use mainstay_telemetry::{OPENMETRICS, Registry};
use serde::Serialize;

use crate::assets::Asset;
use crate::catalogue::{Catalogue, KEPT};
use crate::codes::METHOD_NOT_ALLOWED;
use crate::encoding::Coding;
use crate::health::Health;
use crate::pages::{self, Described};
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
    OpenApi,
    AsyncApi,
    Reference,
    Style,
    Icon,
    Script,
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
            "/openapi.json" => Some(Self::OpenApi),
            "/asyncapi.json" => Some(Self::AsyncApi),
            "/reference" => Some(Self::Reference),
            "/reference/page.css" => Some(Self::Style),
            "/reference/icon.svg" => Some(Self::Icon),
            "/reference/reference.js" => Some(Self::Script),
            "/problems" => Some(Self::Problems),
            _ => path.strip_prefix(PAGES).map(Self::Problem),
        }
    }
}

#[derive(Serialize)]
struct Problems {
    problems: Vec<Described>,
}

#[derive(Serialize)]
struct Status {
    status: &'static str,
}

impl Endpoints {
    pub(crate) async fn answer(
        &self,
        endpoint: Endpoint<'_>,
        method: &Method,
        headers: &HeaderMap,
        coding: Coding,
    ) -> Result<Response, Problem> {
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
            Endpoint::OpenApi => contract(self.catalogue.openapi(), coding)?,
            Endpoint::AsyncApi => contract(self.catalogue.asyncapi(), coding)?,
            Endpoint::Reference => {
                let reference = self.catalogue.reference().ok_or_else(no_contract)??;
                for_people(reference.answer(coding))
            }
            Endpoint::Style => pages::STYLE.answer(coding),
            Endpoint::Icon => pages::ICON.answer(coding),
            Endpoint::Script => pages::SCRIPT.answer(coding),
            Endpoint::Problems if is_for_people(headers) => page(self.catalogue.index())?,
            Endpoint::Problems => varying(json(true, &Problems { problems: self.catalogue.all() })),
            Endpoint::Problem(name) => {
                let unknown = || NOT_FOUND.error("no error has that code");
                if is_for_people(headers) {
                    page(self.catalogue.page(name).ok_or_else(unknown)?)?
                } else {
                    varying(json(true, &self.catalogue.described(name).ok_or_else(unknown)?))
                }
            }
        })
    }
}

fn contract(document: Option<&Asset>, coding: Coding) -> Result<Response, Problem> {
    Ok(document.ok_or_else(no_contract)?.answer(coding))
}

fn no_contract() -> mainstay_core::Error {
    NOT_FOUND.error("nothing here has a contract")
}

/// Whoever says that it reads HTML is a browser; all else is a program.
fn is_for_people(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|value| value.split(',')).any(|kind| kind.trim_start().starts_with("text/html"))
}

fn page(page: mainstay_core::Result<Bytes>) -> Result<Response, Problem> {
    Ok(varying(kept(for_people(answer(StatusCode::OK, "text/html; charset=utf-8", page?)))))
}

fn for_people(mut response: Response) -> Response {
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(pages::POLICY));
    response
}

fn varying(mut response: Response) -> Response {
    response.headers_mut().insert(VARY, HeaderValue::from_static("accept"));
    response
}

fn kept(mut response: Response) -> Response {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(KEPT));
    response
}

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
