//! The public keys of access tokens, for whoever wants to check one.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::header::CACHE_CONTROL;
use mainstay_http::{Ctx, Problem, Routes, operation};
use mainstay_identity::access_token::JwkSet;

use crate::app::App;
use crate::signing::KEPT_FOR;

pub fn routes() -> Routes<Arc<App>> {
    Routes::new("Keys", "What access tokens are checked with.").get(
        "/.well-known/jwks.json",
        jwks,
        operation("getKeys", "Show the public keys of access tokens")
            .text(
                "A key is shown ten minutes before it signs. Keep the set as long as its Cache-Control says.",
            )
            .returns::<JwkSet>(200, "the key set, as of RFC 7517"),
    )
}

pub async fn jwks(State(app): State<Arc<App>>, Ctx(ctx): Ctx) -> Result<impl IntoResponse + use<>, Problem> {
    let keys = app.signing.public(&ctx).await?;
    let kept = format!("public, max-age={}", KEPT_FOR.as_secs());
    Ok(([(CACHE_CONTROL, kept)], Json(JwkSet::new(&keys))))
}
