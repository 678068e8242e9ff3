//! Signs tokens for one callee.

use std::hash::Hash;
use std::sync::Arc;

use bytes::Bytes;
use data_encoding::BASE64URL_NOPAD;
use mainstay_core::{Clock, Context, Principal, TenantId, Timestamp};
use mainstay_secrets::{Keys, PerKey};
use quick_cache::Equivalent;
use quick_cache::sync::Cache;

use super::{Claims, LIFETIME, REUSE};
use crate::mac::Tagger;

/// Tokens that are kept for use again. Each is about half a kilobyte with its key, so a pair of services keeps one
/// megabyte at most; beyond that the least used ones are signed again.
const KEPT_TOKENS: usize = 2_048;

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
    kept: Cache<Asker, Minted>,
}

#[derive(PartialEq, Eq, Hash)]
struct Asker {
    tenant: TenantId,
    principal: Principal,
    on_behalf_of: Option<Principal>,
}

// The same fields by reference: a look-up clones nothing.
#[derive(Hash)]
struct AskerRef<'a> {
    tenant: TenantId,
    principal: &'a Principal,
    on_behalf_of: Option<&'a Principal>,
}

impl Equivalent<Asker> for AskerRef<'_> {
    fn equivalent(&self, key: &Asker) -> bool {
        self.tenant == key.tenant
            && *self.principal == key.principal
            && self.on_behalf_of == key.on_behalf_of.as_ref()
    }
}

#[derive(Clone)]
struct Minted {
    issued: Timestamp,
    // Of the keys that it was signed with: after they have changed it is signed anew.
    generation: u64,
    header: Bytes,
}

impl Minter {
    pub(super) fn new(issuer: &str, audience: &str, pair: &Keys, clock: Clock) -> Self {
        Self(Arc::new(Parts {
            issuer: issuer.to_owned(),
            audience: audience.to_owned(),
            tagger: pair.map(Tagger::new),
            clock,
            kept: Cache::new(KEPT_TOKENS),
        }))
    }

    /// The value of the `authorization` header of a call in this context: `Bearer` and a token, ASCII only.
    pub fn authorization(&self, ctx: &Context) -> Bytes {
        let now = self.0.clock.now();
        let asker =
            AskerRef { tenant: ctx.tenant(), principal: ctx.principal(), on_behalf_of: ctx.on_behalf_of() };
        if let Some(minted) = self.0.kept.get(&asker)
            // After a step back of the wall clock a kept token would be from the future.
            && minted.issued <= now
            && minted.generation == self.0.tagger.generation()
            && now.since(minted.issued) < REUSE
        {
            return minted.header;
        }
        let claims = Claims {
            issuer: self.0.issuer.clone(),
            audience: self.0.audience.clone(),
            tenant: ctx.tenant(),
            principal: ctx.principal().clone(),
            on_behalf_of: ctx.on_behalf_of().cloned(),
            issued: now,
            expires: now + LIFETIME,
        };
        let tagger = self.0.tagger.now();
        let header = sign(&claims, tagger.in_use());
        let asker =
            Asker { tenant: claims.tenant, principal: claims.principal, on_behalf_of: claims.on_behalf_of };
        self.0
            .kept
            .insert(asker, Minted { issued: now, generation: tagger.generation(), header: header.clone() });
        header
    }
}

fn sign(claims: &Claims, tagger: &Tagger) -> Bytes {
    let mut signed = Vec::with_capacity(256);
    claims.write(&mut signed);
    let tag = tagger.tag(&signed);
    signed.extend_from_slice(&tag);
    let mut header = vec![0; SCHEME.len() + BASE64URL_NOPAD.encode_len(signed.len())];
    let (scheme, token) = header.split_at_mut(SCHEME.len());
    scheme.copy_from_slice(SCHEME);
    BASE64URL_NOPAD.encode_mut(&signed, token);
    Bytes::from(header)
}
