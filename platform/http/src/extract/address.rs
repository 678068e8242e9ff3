//! Where a request comes from.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::request::Parts;

use crate::visit::Visit;

/// The address of whoever asks, as far as proxies in front are believed: `ClientAddress(address): ClientAddress`. `None` for a request that came over no
/// connection, as in tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub Option<IpAddr>);

impl<S: Sync> FromRequestParts<S> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let visit = parts.extensions.get::<Arc<Visit>>().filter(|visit| visit.from_wire);
        Ok(Self(visit.map(|visit| visit.client)))
    }
}
