//! One connection: which protocol, within which bounds, until when.

use std::convert::Infallible;
use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use http::Request;
use hyper::body::{Body as _, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use mainstay_core::Shutdown;

use crate::extract::ClientAddress;
use crate::layers::{Entrance, Stack};
use crate::listener::stream::Stream;
use crate::options::Options;

/// More headers than any browser or proxy sends.
const HEADERS_MAX: usize = 100;

/// A request head must fit; hyper takes no less than 8 kB.
const HEAD_BYTES_MAX: usize = 32 * 1_024;

/// Requests at once on one HTTP/2 connection: what browsers and gRPC clients expect at least.
const STREAMS_MAX: u32 = 128;

/// Both protocols, set up once.
pub(super) struct Protocols(Builder<TokioExecutor>);

impl Protocols {
    pub(super) fn new(options: &Options) -> Self {
        let mut builder = Builder::new(TokioExecutor::new());
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(options.header_timeout())
            .max_headers(HEADERS_MAX)
            .max_buf_size(HEAD_BYTES_MAX);
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(STREAMS_MAX)
            .max_header_list_size(HEAD_BYTES_MAX as u32)
            // A peer that is gone without a word is noticed by its silence.
            .keep_alive_interval(options.header_timeout())
            .keep_alive_timeout(options.header_timeout());
        Self(builder)
    }

    /// Serves one connection until it ends, `graceful` is heard and what is in flight is done, or `cut` is heard.
    pub(super) fn serve(
        &self,
        stream: Stream,
        address: IpAddr,
        stack: Arc<Stack>,
        graceful: Shutdown,
        cut: Shutdown,
    ) -> impl Future<Output = ()> + Send + use<> {
        let service = service_fn(move |request: Request<Incoming>| {
            let stack = Arc::clone(&stack);
            let mut request = request.map(incoming);
            request.extensions_mut().insert(ClientAddress(Some(address)));
            async move { Ok::<Response, Infallible>(stack.enter(request).await) }
        });
        let connection = self.0.serve_connection_with_upgrades(TokioIo::new(stream), service).into_owned();
        async move {
            tokio::pin!(connection);
            let ended = tokio::select! {
                biased;
                ended = connection.as_mut() => ended,
                () = graceful.requested() => {
                    connection.as_mut().graceful_shutdown();
                    tokio::select! {
                        ended = connection.as_mut() => ended,
                        () = cut.requested() => Ok(()),
                    }
                }
            };
            if let Err(error) = ended {
                // Callers break connections all the time; it is worth knowing only when one looks for it.
                tracing::debug!(error, "a connection broke");
            }
        }
    }
}

/// A body that is known to be empty needs no box.
fn incoming(body: Incoming) -> Body {
    if body.is_end_stream() { Body::empty() } else { Body::new(body) }
}
