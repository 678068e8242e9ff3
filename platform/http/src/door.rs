//! Whom a listener is for: the public, whose credentials are asked about, or the operators of the installation.
//!
//! The operators' listener tells how busy a process is and takes orders from whoever runs it, so it is opened on this
//! machine only, or else with a token. On this machine a browser is the way in for others: a page from anywhere may
//! send requests to a loopback address, under a name of its own that resolves to it. So without a token the name that
//! was asked for must be this machine's, and the page must be ours.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use http::header::{AUTHORIZATION, HOST, ORIGIN};
use http::{HeaderMap, HeaderName, Uri};
use mainstay_core::{Principal, Result, codes};
use mainstay_secrets::Secret;
use sha2::{Digest, Sha256};

use crate::authenticator::Authenticator;
use crate::codes::ADMIN_EXPOSED;

/// The name under which operators act.
pub const OPERATOR: &str = "mainstay.operator";

/// A token that can be guessed is none; 32 characters of hexadecimal are 128 bits.
const TOKEN_LENGTH_MIN: usize = 32;

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Whom a listener is for.
#[derive(Clone)]
pub enum Door {
    /// Anybody; who it is, is asked.
    Public(Arc<dyn Authenticator>),
    /// Whoever runs the installation.
    Operators(OperatorGuard),
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Public(_) => "Door::Public",
            Self::Operators(_) => "Door::Operators",
        })
    }
}

/// Tells operators from others.
#[derive(Clone)]
pub struct OperatorGuard {
    /// The hash, so that comparing takes the same time whatever is sent.
    token: Option<[u8; 32]>,
}

impl OperatorGuard {
    /// For a listener at `listen`: without a token only on this machine.
    ///
    /// # Errors
    /// `http.admin_exposed` when others could reach it, or when the token is short enough to be guessed.
    pub fn new(listen: SocketAddr, token: Option<&Secret<String>>) -> Result<Self> {
        match token {
            None if listen.ip().is_loopback() => Ok(Self { token: None }),
            None => Err(ADMIN_EXPOSED.error(format!(
                "http.admin.listen is {listen}, which others can reach; listen on 127.0.0.1, or name a file with a \
                 token in http.admin.token_file"
            ))),
            Some(token) if token.expose().len() >= TOKEN_LENGTH_MIN => {
                Ok(Self { token: Some(Sha256::digest(token.expose()).into()) })
            }
            Some(_) => Err(ADMIN_EXPOSED
                .error(format!("the token for operators needs at least {TOKEN_LENGTH_MIN} characters"))),
        }
    }

    /// Reads the token from a file that others cannot read; an empty path is no token.
    ///
    /// # Errors
    /// `http.admin_exposed`.
    pub fn from_file(listen: SocketAddr, file: &Path) -> Result<Self> {
        if file.as_os_str().is_empty() {
            return Self::new(listen, None);
        }
        let unusable =
            |error| ADMIN_EXPOSED.because(format!("the token in {} cannot be read", file.display()), error);
        let readable_by_others = {
            use std::os::unix::fs::PermissionsExt;
            std::fs::metadata(file).map_err(unusable)?.permissions().mode() & 0o077 != 0
        };
        if readable_by_others {
            return Err(
                ADMIN_EXPOSED.error(format!("others can read the token in {}; chmod 600 it", file.display()))
            );
        }
        let text = Secret::new(std::fs::read_to_string(file).map_err(unusable)?);
        Self::new(listen, Some(&Secret::new(text.expose().trim_ascii().to_owned())))
    }

    /// The operator, or why it is none.
    pub(crate) fn admit(&self, uri: &Uri, headers: &HeaderMap) -> Result<Principal> {
        let operator = || Principal::Service(OPERATOR.into());
        if let Some(expected) = &self.token {
            let sent = headers.get(AUTHORIZATION).map(http::HeaderValue::as_bytes).unwrap_or_default();
            let sent = sent.split_at_checked(7).filter(|(scheme, _)| scheme.eq_ignore_ascii_case(b"bearer "));
            let found: [u8; 32] = Sha256::digest(sent.map(|(_, token)| token).unwrap_or_default()).into();
            return if found == *expected {
                Ok(operator())
            } else {
                Err(codes::UNAUTHENTICATED
                    .error("write Authorization: Bearer and the token of http.admin.token_file"))
            };
        }
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        let authority = host.or_else(|| uri.authority().map(http::uri::Authority::as_str));
        // Programs without a name in hand, such as a test that calls the layers, are on this machine already.
        if !authority.is_none_or(is_this_machine) {
            return Err(
                codes::FORBIDDEN.error("operators ask for 127.0.0.1 or localhost, and for no other name")
            );
        }
        let site = headers.get(FETCH_SITE).map(http::HeaderValue::as_bytes);
        let from_elsewhere = site.is_some_and(|site| site != b"same-origin" && site != b"none");
        let origin = headers.get(ORIGIN).and_then(|origin| origin.to_str().ok());
        let foreign = origin.is_some_and(|origin| {
            let bare = origin.split_once("://").map(|(_, bare)| bare);
            bare.is_none() || bare != authority
        });
        if from_elsewhere || foreign {
            return Err(codes::FORBIDDEN.error("a page from elsewhere has no business here"));
        }
        Ok(operator())
    }
}

/// Whether a name with or without a port means this machine and cannot mean another.
fn is_this_machine(authority: &str) -> bool {
    if let Ok(address) = authority.parse::<SocketAddr>() {
        return address.ip().is_loopback();
    }
    let bare = authority.trim_start_matches('[').trim_end_matches(']');
    if let Ok(address) = bare.parse::<IpAddr>() {
        return address.is_loopback();
    }
    let name = authority.split_once(':').map_or(authority, |(name, _)| name);
    name.eq_ignore_ascii_case("localhost")
}
