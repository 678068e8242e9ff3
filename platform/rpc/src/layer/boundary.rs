//! Where a panic ends: the call that it happened in fails, the process and the caller go on.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::FutureExt;
use http::HeaderMap;
use http_body::{Frame, SizeHint};
use mainstay_core::lifecycle::panic_message;
use mainstay_core::{Error, Result, codes};
use mainstay_telemetry::Counter;
use tokio::sync::OwnedSemaphorePermit;
use tonic::Status;
use tonic::body::Body;

use crate::status::status;

/// The future's output, or `core.internal` when it panics.
pub(crate) async fn guard<F: Future>(panics: &Counter, future: F) -> Result<F::Output> {
    AssertUnwindSafe(future).catch_unwind().await.map_err(|panic| caught(panics, panic.as_ref()))
}

fn caught(panics: &Counter, panic: &(dyn std::any::Any + Send)) -> Error {
    panics.inc();
    tracing::error!(panic = panic_message(panic), "a handler panicked");
    codes::INTERNAL.error("the service failed unexpectedly")
}

/// An answer's body inside the boundary: a stream that panics half-way fails alone, in the process as over a wire.
/// It also keeps the call's place until the last byte is taken or nobody wants it any more.
pub(crate) struct GuardedBody {
    inner: Body,
    panics: Counter,
    has_panicked: bool,
    _place: OwnedSemaphorePermit,
}

impl GuardedBody {
    pub(crate) fn new(inner: Body, panics: Counter, place: OwnedSemaphorePermit) -> Self {
        Self { inner, panics, has_panicked: false, _place: place }
    }
}

impl http_body::Body for GuardedBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if self.has_panicked {
            return Poll::Ready(None);
        }
        let inner = &mut self.inner;
        match catch_unwind(AssertUnwindSafe(|| Pin::new(inner).poll_frame(cx))) {
            Ok(frame) => frame,
            Err(panic) => {
                self.has_panicked = true;
                let error = caught(&self.panics, panic.as_ref());
                // As trailers, the way a stream's failure is told: an error here would reset the call, and with it
                // throw away what was sent before.
                let mut trailers = HeaderMap::new();
                let outcome = status(&error).add_header(&mut trailers);
                Poll::Ready(Some(outcome.map(|()| Frame::trailers(trailers))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.has_panicked || self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
