//! The four words of a call: the caller's [`request`] and [`answer`], the callee's [`context`] and [`reply`].
//!
//! ```ignore
//! // The caller:
//! let mut payments = self.payments.client();
//! let payment = rpc::answer(payments.capture(rpc::request(&ctx, CaptureRequest { payment_id })).await)?;
//!
//! // The callee, in the trait that is generated from its contract:
//! async fn capture(&self, req: Request<CaptureRequest>) -> Result<Response<CaptureResponse>, Status> {
//!     rpc::handle(req, |ctx, message| actions::capture(self, ctx, message)).await
//! }
//! ```

use std::future::Future;

use mainstay_core::{Context, Error, Kind, Result, codes};
use mainstay_identity::codes::TOKEN_REFUSED;
use tonic::{Request, Response, Status};

use crate::codes::WITHOUT_CONTEXT;
use crate::status::{error, status};

/// Marks a call whose answer is a stream without an end. Lives in the request's extensions, which never leave the
/// process.
#[derive(Clone, Copy)]
pub(crate) struct OpenEnded;

/// The service that signed the token of a call. Put beside the request by the layers that it passed.
#[derive(Clone)]
pub(crate) struct Caller(pub(crate) String);

/// A request in a context: the channel reads from it whose token, which trace and how much time the call gets.
pub fn request<T>(ctx: &Context, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.extensions_mut().insert(ctx.clone());
    request
}

/// A request whose answer is a stream that goes on until somebody ends it: the deadline covers its beginning only.
pub fn open_ended_request<T>(ctx: &Context, message: T) -> Request<T> {
    let mut request = request(ctx, message);
    request.extensions_mut().insert(OpenEnded);
    request
}

/// A call's outcome in the core's words. A peer that does not take this process's token is `core.unavailable`.
pub fn answer<T>(outcome: Result<Response<T>, Status>) -> Result<T> {
    outcome.map(Response::into_inner).map_err(|status| of_the_way(error(status)))
}

/// A peer that does not take the token that this process signed for it says nothing about who asks: a clock was set or a
/// root key is not everywhere yet. So nobody is sent away for it; it may be tried again, and nothing was done.
fn of_the_way(error: Error) -> Error {
    if error.is(&TOKEN_REFUSED) {
        return codes::UNAVAILABLE.because("a peer does not take the tokens of this process", error);
    }
    error
}

/// The context in which the caller asks, from its checked token and headers.
///
/// # Errors
/// `rpc.without_context` when the request did not come through a [`Network`](crate::Network).
pub fn context<T>(request: &Request<T>) -> Result<Context> {
    request.extensions().get().cloned().ok_or_else(without_context)
}

/// The service that calls, such as `shop.orders`: who signed the token, whoever the principal is.
///
/// # Errors
/// `rpc.without_context` when the request did not come through a [`Network`](crate::Network).
pub fn caller<T>(request: &Request<T>) -> Result<&str> {
    let Caller(name) = request.extensions().get().ok_or_else(without_context)?;
    Ok(name)
}

/// An action's outcome in gRPC's words. What is our own fault is logged here with its private causes, since this is
/// the last place that has them.
pub fn reply<T>(outcome: Result<T>) -> Result<Response<T>, Status> {
    outcome.map(Response::new).map_err(|error| {
        log(&error);
        status(&error)
    })
}

/// Takes the context and the message out of a request, runs the action, and replies.
pub async fn handle<T, R, F>(
    request: Request<T>,
    action: impl FnOnce(Context, T) -> F,
) -> Result<Response<R>, Status>
where
    F: Future<Output = Result<R>>,
{
    let outcome = match context(&request) {
        Ok(ctx) => action(ctx, request.into_inner()).await,
        Err(error) => Err(error),
    };
    reply(outcome)
}

fn without_context() -> Error {
    WITHOUT_CONTEXT.error("a call came without its context")
}

fn log(error: &Error) {
    match error.kind() {
        Kind::Internal | Kind::DataLoss | Kind::Unknown => {
            tracing::error!(error.code = error.code(), error.chain = error.chain(), "a call failed");
        }
        Kind::Unavailable | Kind::DeadlineExceeded | Kind::ResourceExhausted => {
            tracing::warn!(
                error.code = error.code(),
                error.chain = error.chain(),
                "a call could not be served"
            );
        }
        // The caller's affair, told to the caller.
        Kind::Cancelled
        | Kind::InvalidArgument
        | Kind::NotFound
        | Kind::AlreadyExists
        | Kind::PermissionDenied
        | Kind::FailedPrecondition
        | Kind::Aborted
        | Kind::OutOfRange
        | Kind::Unimplemented
        | Kind::Unauthenticated => {
            tracing::debug!(error.code = error.code(), "a call was refused");
        }
    }
}
