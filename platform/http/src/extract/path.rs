//! Ids in the path. One that cannot be an id names nothing, so it is not found.

use axum::extract::FromRequestParts;
use http::request::Parts;
use mainstay_core::{Id, IdKind, codes};
use serde::de::DeserializeOwned;

use crate::problem::Problem;

/// The one id of a path such as `/v1/orders/{id}`: `PathId(order): PathId<Order>`.
pub struct PathId<K>(pub Id<K>);

impl<K: IdKind, S: Send + Sync> FromRequestParts<S> for PathId<K> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(text) = Path::<String>::from_request_parts(parts, state).await?;
        text.parse()
            .map(Self)
            .map_err(|error: mainstay_core::Error| codes::NOT_FOUND.error(error.message().to_owned()).into())
    }
}

/// Several parts of a path: `Path((cart, variant)): Path<(Id<Cart>, Id<Variant>)>`.
#[derive(Clone, Copy, Debug)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        axum::extract::Path::<T>::from_request_parts(parts, state)
            .await
            .map(|path| Self(path.0))
            .map_err(|refused| codes::NOT_FOUND.because("nothing has that address", refused).into())
    }
}
