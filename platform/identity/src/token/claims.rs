//! What a token says, and its bytes.
//!
//! ```text
//! version 1 · issued 8 · expires 8 · tenant 16 · issuer · audience · principal · on behalf of · tag 32
//! ```
//! Times are microseconds UTC, big-endian; each of the four texts has its length in one byte before it; an empty last
//! one means nobody. The whole is written in base 64 for URLs.

use mainstay_core::{Principal, TenantId, Timestamp};

/// The only layout so far.
const VERSION: u8 = 1;

const FIXED_BYTES: usize = 1 + 8 + 8 + 16;

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
    /// The signed part. Texts beyond 255 bytes are cut, which no valid name or principal is; a cut one does not parse.
    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        bytes.push(VERSION);
        bytes.extend_from_slice(&self.issued.as_micros().to_be_bytes());
        bytes.extend_from_slice(&self.expires.as_micros().to_be_bytes());
        bytes.extend_from_slice(self.tenant.as_bytes());
        write_text(bytes, |text| text.extend_from_slice(self.issuer.as_bytes()));
        write_text(bytes, |text| text.extend_from_slice(self.audience.as_bytes()));
        write_text(bytes, |text| write_principal(text, &self.principal));
        write_text(bytes, |text| {
            if let Some(principal) = &self.on_behalf_of {
                write_principal(text, principal);
            }
        });
    }

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
        let principal = read_text(&mut rest)?.parse().ok()?;
        let on_behalf_of = match read_text(&mut rest)? {
            "" => None,
            text => Some(text.parse().ok()?),
        };
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

fn write_text(bytes: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let start = bytes.len();
    bytes.push(0);
    write(bytes);
    let length = u8::try_from(bytes.len() - start - 1).unwrap_or(u8::MAX);
    bytes[start] = length;
    bytes.truncate(start + 1 + usize::from(length));
}

fn write_principal(bytes: &mut Vec<u8>, principal: &Principal) {
    use std::io::Write;
    // Writing to a vector cannot fail.
    let _ = write!(bytes, "{principal}");
}

fn read_text<'a>(bytes: &mut &'a [u8]) -> Option<&'a str> {
    let (&length, rest) = bytes.split_first()?;
    let (text, rest) = rest.split_at_checked(usize::from(length))?;
    *bytes = rest;
    std::str::from_utf8(text).ok()
}
