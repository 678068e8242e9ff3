//! Whether anything happens on a connection: requests that are worked on, and when the last one ended.
//!
//! From the end of one request to the end of the next one's head a caller has a stated time, however it spends it: saying
//! nothing, sending a head a byte at a time, or shaking hands. One timer a connection watches over that; a timer for
//! each head costs several percent of all that a request costs.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use http_body::{Frame, SizeHint};
use mainstay_core::{Clock, Monotonic};

/// What happens on one connection.
pub(super) struct Activity {
    pub(super) clock: Clock,
    began: Monotonic,
    /// Requests that ever began.
    begun: AtomicU32,
    in_flight: AtomicU32,
    /// It speaks no HTTP any more.
    upgraded: AtomicBool,
    /// The next head did not come in time.
    late: AtomicBool,
    /// When something last happened, in milliseconds since the connection began.
    touched_ms: AtomicU64,
}

impl Activity {
    pub(super) fn new(clock: &Clock) -> Arc<Self> {
        Arc::new(Self {
            clock: clock.clone(),
            began: clock.monotonic(),
            begun: AtomicU32::new(0),
            in_flight: AtomicU32::new(0),
            upgraded: AtomicBool::new(false),
            late: AtomicBool::new(false),
            touched_ms: AtomicU64::new(0),
        })
    }

    pub(super) fn touch(&self) {
        let passed = self.clock.monotonic().since(self.began).as_millis();
        self.touched_ms.store(u64::try_from(passed).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// A request is worked on until what is returned is dropped.
    pub(super) fn begin(self: &Arc<Self>) -> Busy {
        self.begun.fetch_add(1, Ordering::Relaxed);
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        Busy(Arc::clone(self))
    }

    /// How many requests have begun, when each has its answer, down to the last byte of its body; else `None`.
    pub(super) fn settled(&self) -> Option<u32> {
        let is_settled =
            self.in_flight.load(Ordering::Relaxed) == 0 && !self.upgraded.load(Ordering::Relaxed);
        is_settled.then(|| self.begun.load(Ordering::Relaxed))
    }

    /// From now on no head is waited for.
    pub(super) fn end_waiting(&self) {
        self.late.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_late(&self) -> bool {
        self.late.load(Ordering::Relaxed)
    }

    /// Waits until nothing has happened for `limit`.
    pub(super) async fn idle_for(&self, limit: Duration) {
        loop {
            let quiet_since = Duration::from_millis(self.touched_ms.load(Ordering::Relaxed));
            let now = self.clock.monotonic().since(self.began);
            let left = (quiet_since + limit).saturating_sub(now);
            if self.in_flight.load(Ordering::Relaxed) > 0 {
                // It is looked at again when a request that ends now would have been over for long enough.
                self.clock.sleep(limit).await;
            } else if left.is_zero() {
                return;
            } else {
                self.clock.sleep(left).await;
            }
        }
    }
}

/// A request that is worked on.
pub(super) struct Busy(Arc<Activity>);

impl Busy {
    /// Keeps it until the last of the body has been handed over to be written.
    pub(super) fn until_written(self, answer: Response) -> http::Response<Watched> {
        if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
            self.0.upgraded.store(true, Ordering::Relaxed);
        }
        answer.map(|body| Watched { body, _busy: self })
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.touch();
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The body of an answer, on a connection that is busy with it.
pub(super) struct Watched {
    body: Body,
    _busy: Busy,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
