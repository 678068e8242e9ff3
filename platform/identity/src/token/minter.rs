//! Signs tokens for one callee.

use std::sync::Arc;

use bytes::Bytes;
use data_encoding::BASE64URL_NOPAD;
use mainstay_core::{Clock, Context};
use mainstay_secrets::{Keys, PerKey};

use super::claims;
use crate::mac::Tagger;

/// What a header's value begins with.
const SCHEME: &[u8] = b"Bearer ";

/// Makes the tokens with which one service calls one other. Cheap to clone.
#[derive(Clone)]
pub struct Minter(Arc<Parts>);

struct Parts {
    issuer: String,
    audience: String,
    tagger: PerKey<Tagger>,
    clock: Clock,
}

impl Minter {
    pub(super) fn new(issuer: &str, audience: &str, pair: &Keys, clock: Clock) -> Self {
        Self(Arc::new(Parts {
            issuer: issuer.to_owned(),
            audience: audience.to_owned(),
            tagger: pair.map(Tagger::new),
            clock,
        }))
    }

    /// The value of the `authorization` header of a call in this context: `Bearer` and a token, ASCII only.
    pub fn authorization(&self, ctx: &Context) -> Bytes {
        let parts = &*self.0;
        let mut signed = Vec::with_capacity(256);
        claims::write(&mut signed, &parts.issuer, &parts.audience, ctx, parts.clock.now());
        let tag = parts.tagger.now().in_use().tag(&signed);
        signed.extend_from_slice(&tag);
        let mut header = vec![0; SCHEME.len() + BASE64URL_NOPAD.encode_len(signed.len())];
        let (scheme, token) = header.split_at_mut(SCHEME.len());
        scheme.copy_from_slice(SCHEME);
        BASE64URL_NOPAD.encode_mut(&signed, token);
        Bytes::from(header)
    }
}
