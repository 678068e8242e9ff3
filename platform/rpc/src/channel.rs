//! The caller's side: a tower service under each generated client, with every layer that a call passes on its way out.

use std::fmt;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context as Poller, Poll};
use std::time::Duration;

use http::{Request, Response};
use mainstay_core::{Clock, Context, Kind, Result};
use mainstay_identity::Minter;
use mainstay_telemetry::{Role, drawn_span_as, span_as};
use tonic::body::Body;
use tonic::{Code, Status};
use tower::Service;

use crate::codes::WITHOUT_CONTEXT;
use crate::layer::metrics::{CallerFigures, Running};
use crate::layer::{attempt, authorization, deadline, trace};
use crate::network::{Network, Route};
use crate::request::OpenEnded;
use crate::status::{kind_of, status};

/// A stream without an end has to begin within this time; the callee only has to look at its log.
const OPENING_LIMIT: Duration = Duration::from_secs(5);

/// The way from one service to another one, wherever it runs. Cheap to clone.
#[derive(Clone)]
pub struct Channel(Arc<Parts>);

struct Parts {
    callee: String,
    network: Network,
    minter: Minter,
    clock: Clock,
    figures: CallerFigures,
}

impl Channel {
    pub(crate) fn new(
        callee: &str,
        network: Network,
        minter: Minter,
        clock: Clock,
        figures: CallerFigures,
    ) -> Self {
        Self(Arc::new(Parts { callee: callee.to_owned(), network, minter, clock, figures }))
    }

    /// The service at the other end.
    pub fn callee(&self) -> &str {
        &self.0.callee
    }
}

impl Parts {
    async fn call(&self, request: Request<Body>) -> Result<Response<Body>, Status> {
        // Metrics: outermost, so that what the layers below refuse is counted too.
        let mut running = self.figures.begin(request.uri().path());
        let outcome = self.send(request, &mut running).await;
        running.end(match &outcome {
            Ok(response) => outcome_of(response),
            Err(error) => Some(error.kind()),
        });
        outcome.map_err(|error| status(&error))
    }

    async fn send(&self, mut request: Request<Body>, running: &mut Running) -> Result<Response<Body>> {
        // Context: taken out and the rest thrown away, so that nothing but bytes crosses, in the process too.
        let ctx: Context = request
            .extensions_mut()
            .remove()
            .ok_or_else(|| WITHOUT_CONTEXT.error("a call was made without its context"))?;
        let is_open_ended = request.extensions_mut().remove::<OpenEnded>().is_some();
        request.extensions_mut().clear();

        let route = self.network.route(&self.callee);

        // Trace: a span around all that follows; the callee's work hangs below it. Nothing lies between the two in one
        // process, so there the callee's span says enough of a trace that was not drawn.
        let name = running.span_name();
        let mut span = match route {
            Ok(Route::Here(_)) => drawn_span_as(&ctx, Role::Client, name),
            Ok(Route::Elsewhere(_)) | Err(_) => span_as(&ctx, Role::Client, name),
        };
        running.belongs_to(ctx.trace());
        trace::describe(&mut span, &self.callee, &request);
        trace::write(request.headers_mut(), span.context().trace());

        // Attempt: only for the eyes of who reads the callee's trace.
        attempt::write(request.headers_mut(), ctx.attempt());

        // Authorization: signed for this callee alone, and used again while it is fresh.
        authorization::write(request.headers_mut(), &self.minter, &ctx)?;

        // Deadline: last, so that the time told to the callee is what is left now; and kept here as well, since a dead
        // callee keeps none.
        let left = if is_open_ended {
            OPENING_LIMIT
        } else {
            let left = deadline::time_left(&ctx, &self.clock)?;
            deadline::write(request.headers_mut(), left);
            left
        };

        // Pinned here, for a future that is moved is copied whole. In the process the handler is part of the caller's
        // task: handing it to another one and its answer back would cost more than most handlers do. It shares no panic
        // (the callee's boundary stands around it) and ends when the caller goes, as it would over a wire.
        let transport = pin!(async {
            match route? {
                Route::Here(mount) => {
                    // A handler that waits for nothing must not let its caller keep the thread for ever.
                    tokio::task::consume_budget().await;
                    Ok(mount.serve(request).await)
                }
                Route::Elsewhere(remote) => remote.call(request).await,
            }
        });
        let outcome = self.clock.timeout(left, transport).await.flatten();
        trace::note(&mut span, outcome)
    }
}

impl Service<Request<Body>> for Channel {
    type Response = Response<Body>;
    type Error = Status;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Status>> + Send>>;

    /// Always ready: a callee that is down or busy is told by the call's outcome.
    fn poll_ready(&mut self, _: &mut Poller<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let parts = Arc::clone(&self.0);
        Box::pin(async move { parts.call(request).await })
    }
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Channel({})", self.0.callee)
    }
}

/// How a call ended, as far as its head tells: a failed unary call has its status there, a good one only ends later.
pub(crate) fn outcome_of(response: &Response<Body>) -> Option<Kind> {
    let value = response.headers().get(Status::GRPC_STATUS)?;
    kind_of(Code::from_bytes(value.as_bytes()))
}
