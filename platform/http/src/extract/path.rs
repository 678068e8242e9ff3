//! Ids in the path. One that cannot be an id names nothing, so it is not found.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::request::Parts;
use mainstay_core::{Id, IdKind, codes};
use serde::de::DeserializeOwned;

use crate::extract::places::Places;
use crate::problem::Problem;
use crate::visit::Visit;

/// The one id of a path such as `/v1/orders/{id}`: `PathId(order): PathId<Order>`.
pub struct PathId<K>(pub Id<K>);

impl<K: IdKind, S: Send + Sync> FromRequestParts<S> for PathId<K> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let read = |text: &str| {
            let read = text.parse().map(Self);
            read.map_err(|error: mainstay_core::Error| {
                codes::NOT_FOUND.error(error.message().to_owned()).into()
            })
        };
        let places = parts.extensions.get::<Arc<Visit>>().and_then(|visit| visit.places.get());
        match places.map(|places| &**places) {
            Some([text]) => read(text),
            _ => read(&Path::<String>::from_request_parts(parts, state).await?.0),
        }
    }
}

/// Several parts of a path: `Path((cart, variant)): Path<(Id<Cart>, Id<Variant>)>`.
#[derive(Clone, Copy, Debug)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let nothing = "nothing has that address";
        if let Some(places) = parts.extensions.get::<Arc<Visit>>().and_then(|visit| visit.places.get()) {
            let read = T::deserialize(Places::new(places)).map(Self);
            return read.map_err(|refused| codes::NOT_FOUND.because(nothing, refused).into());
        }
        axum::extract::Path::<T>::from_request_parts(parts, state)
            .await
            .map(|path| Self(path.0))
            .map_err(|refused| codes::NOT_FOUND.because(nothing, refused).into())
    }
}
