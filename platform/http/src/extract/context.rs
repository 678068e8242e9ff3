//! The context of the request.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::request::Parts;
use mainstay_core::{Context, codes};

use crate::problem::Problem;
use crate::visit::Visit;

/// For whom, until when and in which trace the request is: `Ctx(ctx): Ctx`.
#[derive(Clone, Debug)]
pub struct Ctx(pub Context);

impl<S: Sync> FromRequestParts<S> for Ctx {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let visit = parts.extensions.get::<Arc<Visit>>();
        visit.and_then(|visit| visit.context.get()).cloned().map(Self).ok_or_else(|| {
            codes::INTERNAL.error("the route stands outside the layers that know who asks").into()
        })
    }
}
