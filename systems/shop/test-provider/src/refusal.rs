//! Refusals as HTTP answers.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use mainstay_core::{Error, Kind};
use serde::Serialize;

/// An error on its way to the merchant.
pub struct Refusal(Error);

#[derive(Serialize)]
struct Body<'a> {
    code: &'a str,
    message: &'a str,
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = match self.0.kind() {
            Kind::InvalidArgument | Kind::OutOfRange | Kind::AlreadyExists => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            Kind::Unauthenticated => StatusCode::UNAUTHORIZED,
            Kind::PermissionDenied => StatusCode::FORBIDDEN,
            Kind::NotFound => StatusCode::NOT_FOUND,
            Kind::FailedPrecondition | Kind::Aborted => StatusCode::CONFLICT,
            Kind::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
            Kind::Unavailable | Kind::Cancelled => StatusCode::SERVICE_UNAVAILABLE,
            Kind::DeadlineExceeded => StatusCode::GATEWAY_TIMEOUT,
            Kind::Unimplemented => StatusCode::NOT_IMPLEMENTED,
            Kind::Internal | Kind::Unknown | Kind::DataLoss => {
                tracing::error!(error = %self.0.chain(), "the test provider failed");
                StatusCode::INTERNAL_SERVER_ERROR
            }
        };
        (status, Json(Body { code: self.0.code(), message: self.0.message() })).into_response()
    }
}
