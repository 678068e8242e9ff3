//! What a token says, and its bytes.
//!
//! ```text
//! version 1 · issued 8 · expires 8 · tenant 16 · issuer · audience · principal · on behalf of · tag 32
//! ```
//! Times are microseconds UTC, big-endian; a text has its length in one byte before it; a principal has its kind in
//! one byte before its id's 16, or before the text of a service's name. The whole is written in base 64 for URLs.

use mainstay_core::{Context, Id, IdKind, Principal, TenantId, Timestamp};

use super::LIFETIME;

/// The only layout so far.
const VERSION: u8 = 1;

const FIXED_BYTES: usize = 1 + 8 + 8 + 16;

const NOBODY: u8 = 0;
const ANONYMOUS: u8 = 1;
const CUSTOMER: u8 = 2;
const STAFF: u8 = 3;
const SERVICE: u8 = 4;

/// What a token says about the call that carries it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// The service that calls.
    pub issuer: String,
    /// The service that is called.
    pub audience: String,
    pub tenant: TenantId,
    /// Who asks: the caller itself, or the person whose request it passes on.
    pub principal: Principal,
    /// For whom a service asks, when it asks for somebody.
    pub on_behalf_of: Option<Principal>,
    pub issued: Timestamp,
    pub expires: Timestamp,
}

impl Claims {
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let (fixed, mut rest) = bytes.split_at_checked(FIXED_BYTES)?;
        let (&version, fixed) = fixed.split_first()?;
        if version != VERSION {
            return None;
        }
        let (issued, fixed) = fixed.split_first_chunk()?;
        let (expires, tenant) = fixed.split_first_chunk()?;
        let issuer = read_text(&mut rest)?.to_owned();
        let audience = read_text(&mut rest)?.to_owned();
        let principal = read_principal(&mut rest)??;
        let on_behalf_of = read_principal(&mut rest)?;
        rest.is_empty().then_some(Self {
            issuer,
            audience,
            tenant: TenantId::from_bytes(tenant.try_into().ok()?),
            principal,
            on_behalf_of,
            issued: Timestamp::from_micros(i64::from_be_bytes(*issued)),
            expires: Timestamp::from_micros(i64::from_be_bytes(*expires)),
        })
    }
}

/// The part that is signed of a token about a call in `ctx`. Texts beyond 255 bytes are cut, which no name of a service
/// is.
pub(super) fn write(bytes: &mut Vec<u8>, issuer: &str, audience: &str, ctx: &Context, issued: Timestamp) {
    bytes.push(VERSION);
    bytes.extend_from_slice(&issued.as_micros().to_be_bytes());
    bytes.extend_from_slice(&(issued + LIFETIME).as_micros().to_be_bytes());
    bytes.extend_from_slice(ctx.tenant().as_bytes());
    write_text(bytes, issuer);
    write_text(bytes, audience);
    write_principal(bytes, Some(ctx.principal()));
    write_principal(bytes, ctx.on_behalf_of());
}

fn write_text(bytes: &mut Vec<u8>, text: &str) {
    let length = u8::try_from(text.len()).unwrap_or(u8::MAX);
    bytes.push(length);
    bytes.extend_from_slice(&text.as_bytes()[..usize::from(length)]);
}

fn read_text<'a>(bytes: &mut &'a [u8]) -> Option<&'a str> {
    let (&length, rest) = bytes.split_first()?;
    let (text, rest) = rest.split_at_checked(usize::from(length))?;
    *bytes = rest;
    std::str::from_utf8(text).ok()
}

fn write_principal(bytes: &mut Vec<u8>, principal: Option<&Principal>) {
    let mut write_id = |kind, id: &[u8; 16]| {
        bytes.push(kind);
        bytes.extend_from_slice(id);
    };
    match principal {
        None => bytes.push(NOBODY),
        Some(Principal::Anonymous(session)) => write_id(ANONYMOUS, session.as_bytes()),
        Some(Principal::Customer(account)) => write_id(CUSTOMER, account.as_bytes()),
        Some(Principal::Staff(account)) => write_id(STAFF, account.as_bytes()),
        Some(Principal::Service(name)) => {
            bytes.push(SERVICE);
            write_text(bytes, name);
        }
    }
}

/// The inner `None` is nobody, the outer one nonsense.
fn read_principal(bytes: &mut &[u8]) -> Option<Option<Principal>> {
    let (&kind, rest) = bytes.split_first()?;
    *bytes = rest;
    Some(match kind {
        NOBODY => None,
        ANONYMOUS => Some(Principal::Anonymous(read_id(bytes)?)),
        CUSTOMER => Some(Principal::Customer(read_id(bytes)?)),
        STAFF => Some(Principal::Staff(read_id(bytes)?)),
        SERVICE => Some(Principal::Service(read_text(bytes)?.to_owned().into())),
        _ => return None,
    })
}

fn read_id<K: IdKind>(bytes: &mut &[u8]) -> Option<Id<K>> {
    let (id, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(Id::from_bytes(*id))
}

#[cfg(test)]
mod tests {
    use mainstay_core::TraceContext;

    use super::*;

    const ISSUED: Timestamp = Timestamp::from_micros(-1);

    fn written(principal: &Principal, on_behalf_of: Option<&Principal>) -> Vec<u8> {
        let ctx = Context::new(TenantId::from_bytes([9; 16]), principal.clone(), TraceContext::root(false))
            .with_on_behalf_of(on_behalf_of.cloned());
        let mut bytes = Vec::new();
        write(&mut bytes, "shop.orders", "shop.payments", &ctx, ISSUED);
        bytes
    }

    #[test]
    fn whoever_it_is_survives_and_a_cut_or_a_byte_more_does_not() {
        let people = [
            Principal::Anonymous(Id::from_bytes([1; 16])),
            Principal::Customer(Id::from_bytes([2; 16])),
            Principal::Staff(Id::from_bytes([3; 16])),
            Principal::Service("shop.orders".into()),
        ];
        for principal in &people {
            for on_behalf_of in people.iter().map(Some).chain([None]) {
                let mut bytes = written(principal, on_behalf_of);
                let claims = Claims {
                    issuer: "shop.orders".into(),
                    audience: "shop.payments".into(),
                    tenant: TenantId::from_bytes([9; 16]),
                    principal: principal.clone(),
                    on_behalf_of: on_behalf_of.cloned(),
                    issued: ISSUED,
                    expires: ISSUED + LIFETIME,
                };
                assert_eq!(Claims::read(&bytes), Some(claims));
                for length in 0..bytes.len() {
                    assert_eq!(Claims::read(&bytes[..length]), None);
                }
                bytes.push(0);
                assert_eq!(Claims::read(&bytes), None);
            }
        }
    }

    #[test]
    fn nobody_cannot_ask() {
        let mut bytes = written(&Principal::Staff(Id::from_bytes([3; 16])), None);
        // The last 18 bytes are the principal's kind and id, and nobody after it.
        let at = bytes.len() - 18;
        bytes.truncate(at);
        bytes.extend_from_slice(&[NOBODY, NOBODY]);
        assert_eq!(Claims::read(&bytes), None);
    }
}
