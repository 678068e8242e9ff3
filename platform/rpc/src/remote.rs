//! The transport to another process: one HTTP/2 connection, opened at the first call and again when it is lost.
//!
//! Rejected: tonic's own channel. It queues calls behind a connection attempt one after the other, so that a dead peer
//! turns every call into a wait for its deadline. Here all calls share one attempt and its outcome, and after a failed
//! one the peer counts as down for a moment, in which calls fail at once.

mod connection;

use std::fmt::Write;
use std::sync::Arc;

use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderValue, Request, Response, Uri};
use mainstay_core::{Clock, Error, Result, Tasks, codes};
use tokio::sync::Semaphore;
use tonic::body::Body;

use crate::codes::BAD_ADDRESS;
use crate::layer::limit::CALLS_MAX;

use crate::transport::CALLEE;
use connection::Connector;

/// A service in another process.
pub(crate) struct Remote {
    name: String,
    header: HeaderValue,
    authority: Authority,
    connector: Arc<Connector>,
    // The peer takes no more at once either; this keeps the rest from queueing in the connection.
    places: Semaphore,
}

impl Remote {
    pub(crate) fn new(name: &str, address: &str, clock: &Clock, tasks: &Tasks) -> Result<Self> {
        let authority = parse(address).ok_or_else(|| {
            BAD_ADDRESS.error(format!("{address:?} is not the address of {name}: write http://host:port"))
        })?;
        let header = HeaderValue::try_from(name)
            .map_err(|error| BAD_ADDRESS.because(format!("{name:?} cannot be a service's name"), error))?;
        let connector = Connector::new(name, authority.as_str(), clock, tasks);
        Ok(Self {
            name: name.to_owned(),
            header,
            authority,
            connector: Arc::new(connector),
            places: Semaphore::new(CALLS_MAX),
        })
    }

    /// Opens the connection unless it is open.
    pub(crate) async fn reach(&self) -> Result<()> {
        self.connector.sender().await.map(drop)
    }

    /// Ends the connection once the calls on it have ended; calls fail from now on.
    pub(crate) fn close(&self) {
        self.connector.close();
    }

    pub(crate) async fn call(&self, mut request: Request<Body>) -> Result<Response<Body>> {
        let _place = self
            .places
            .try_acquire()
            .map_err(|_| codes::OVERLOADED.error(format!("too many calls to {} are under way", self.name)))?;
        *request.uri_mut() = self.absolute(request.uri())?;
        request.headers_mut().insert(CALLEE, self.header.clone());
        let mut sender = self.connector.sender().await?;
        let unsent = match sender.try_send_request(request).await {
            Ok(response) => return Ok(response.map(Body::new)),
            Err(mut failure) => failure.take_message().ok_or_else(|| self.lost(failure.into_error()))?,
        };
        // The connection ended before the call was on its way, as after the peer's restart: it goes out on a new one.
        let mut sender = self.connector.sender().await?;
        match sender.try_send_request(unsent).await {
            Ok(response) => Ok(response.map(Body::new)),
            Err(failure) => Err(self.lost(failure.into_error())),
        }
    }

    fn absolute(&self, uri: &Uri) -> Result<Uri> {
        let path = uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
        let absolute =
            Uri::builder().scheme(Scheme::HTTP).authority(self.authority.clone()).path_and_query(path);
        absolute.build().map_err(|error| codes::INTERNAL.because("a method's path is no address", error))
    }

    fn lost(&self, cause: hyper::Error) -> Error {
        let chain = chain(&cause);
        tracing::debug!(peer.service = self.name, error.chain = chain, "a call got no answer");
        codes::UNAVAILABLE
            .because(format!("the connection to {} was lost before it answered", self.name), chain)
    }
}

/// `http://host:port` and nothing more.
pub fn parse(address: &str) -> Option<Authority> {
    let uri: Uri = address.parse().ok()?;
    let authority = uri.authority()?;
    let is_plain = uri.scheme() == Some(&Scheme::HTTP)
        && matches!(uri.path(), "" | "/")
        && uri.query().is_none()
        && !authority.as_str().contains('@');
    (is_plain && authority.port_u16().is_some()).then(|| authority.clone())
}

/// An error and its causes in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        // Writing to a string cannot fail.
        let _ = write!(line, ": {error}");
        cause = error.source();
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_addresses_are_taken() {
        for (address, is_good) in [
            ("http://127.0.0.1:9001", true),
            ("http://orders.internal:80/", true),
            ("http://[::1]:9001", true),
            ("https://127.0.0.1:9001", false),
            ("127.0.0.1:9001", false),
            ("http://127.0.0.1", false),
            ("http://user@127.0.0.1:9001", false),
            ("http://127.0.0.1:9001/path", false),
            ("http://127.0.0.1:9001/?a=b", false),
            ("", false),
        ] {
            assert_eq!(parse(address).is_some(), is_good, "{address}");
        }
    }
}
