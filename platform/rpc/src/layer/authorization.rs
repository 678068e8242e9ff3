//! Who asks, as a token that the caller signs for the callee.

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use mainstay_core::{Context, Result, codes};
use mainstay_identity::codes::TOKEN_REFUSED;
use mainstay_identity::{Claims, Minter, Verifier};

pub(crate) fn write(headers: &mut HeaderMap, minter: &Minter, ctx: &Context) -> Result<()> {
    let mut value = HeaderValue::from_maybe_shared(minter.authorization(ctx))
        .map_err(|error| codes::INTERNAL.because("an internal token is no header", error))?;
    // Keeps it out of debug prints and of the compression tables of HTTP/2.
    value.set_sensitive(true);
    headers.insert(AUTHORIZATION, value);
    Ok(())
}

pub(crate) fn read(headers: &HeaderMap, verifier: &Verifier) -> Result<Claims> {
    let value = headers.get(AUTHORIZATION);
    let value = value.ok_or_else(|| TOKEN_REFUSED.error("the call carries no internal token"))?;
    verifier.verify(value.as_bytes())
}
