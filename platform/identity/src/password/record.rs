//! A stored password record, whoever made it: Argon2 of any parameters, scrypt, and bcrypt of systems that people
//! come from.
//!
//! A record is data, and what it asks for is paid with memory and time at every login. So its costs are bounded before
//! anything is computed: a record beyond them is broken, not slow.

use argon2::password_hash::phc::{PasswordHash, Value};
use argon2::password_hash::{self, PasswordVerifier};
use argon2::{Argon2, Params};
use mainstay_core::{Error, Result};
use scrypt::Scrypt;

use crate::codes::PASSWORD_RECORD_BROKEN;

/// The most memory that one check may take: thirteen times of what a new record asks for, and what the larger
/// presets of other systems ask for. Times the pool's threads, it bounds what logins can hold.
const MEMORY_KIB_MAX: u32 = 256 * 1_024;

/// The most passes over that memory.
const PASSES_MAX: u32 = 16;

/// The most lanes; they are computed one after the other here.
const LANES_MAX: u32 = 16;

/// The largest number that a record of scrypt may name; block sizes and lanes are a few dozen at most.
const SCRYPT_NUMBER_MAX: u32 = 1_024;

/// The highest cost of bcrypt, a second or so; 10 to 12 is what is met.
const BCRYPT_COST_MAX: u32 = 14;

/// What bcrypt looks at. It is blind to all bytes behind them.
const BCRYPT_BYTES: usize = 72;

/// A bcrypt record is always this long.
const BCRYPT_TEXT_BYTES: usize = 60;

/// A record that can be checked at a bounded cost.
#[derive(Clone, Debug)]
pub(crate) enum Record {
    Argon2(Box<PasswordHash>),
    Scrypt(Box<PasswordHash>),
    Bcrypt(String),
}

/// What a check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Match {
    No,
    Yes,
    /// The record is right about the part of the password that its maker looked at; there was more of it.
    UpToItsLimit,
}

impl Record {
    pub(crate) fn parse(text: &str) -> Result<Self> {
        if text.starts_with("$2") {
            return bcrypt_record(text);
        }
        let hash = PasswordHash::new(text)
            .map_err(|error| PASSWORD_RECORD_BROKEN.because("a password record cannot be read", error))?;
        match hash.algorithm.as_str() {
            "argon2id" | "argon2i" | "argon2d" => {
                let params = Params::try_from(&hash).map_err(|error| unreadable(&error))?;
                let affordable = params.m_cost() <= MEMORY_KIB_MAX
                    && params.t_cost() <= PASSES_MAX
                    && params.p_cost() <= LANES_MAX;
                within(affordable)?;
                Ok(Self::Argon2(Box::new(hash)))
            }
            "scrypt" => {
                // Before the library multiplies them with each other.
                let is_too_large =
                    |value: Value<'_>| value.decimal().is_ok_and(|number| number > SCRYPT_NUMBER_MAX);
                within(!hash.params.iter().any(|(_, value)| is_too_large(value)))?;
                let params = scrypt::Params::try_from(&hash).map_err(|error| unreadable(&error))?;
                let memory_kib = 2_u64.saturating_pow(params.log_n().into()) * u64::from(params.r()) / 8;
                within(memory_kib <= MEMORY_KIB_MAX.into() && params.p() <= LANES_MAX)?;
                Ok(Self::Scrypt(Box::new(hash)))
            }
            other => Err(PASSWORD_RECORD_BROKEN.error(format!("no password record is made with {other:?}"))),
        }
    }

    /// The Argon2 record, which may be as today's are.
    pub(crate) fn as_argon2(&self) -> Option<&PasswordHash> {
        match self {
            Self::Argon2(hash) => Some(hash),
            Self::Scrypt(_) | Self::Bcrypt(_) => None,
        }
    }

    /// Computes: for a [`CpuPool`](mainstay_core::CpuPool).
    pub(crate) fn check(&self, password: &[u8]) -> Result<Match> {
        match self {
            Self::Argon2(hash) => phc(Argon2::default().verify_password(password, &**hash)),
            Self::Scrypt(hash) => phc(Scrypt::new().verify_password(password, &**hash)),
            Self::Bcrypt(text) => {
                // Most makers of bcrypt records end a password at its first zero byte, so such a password was not
                // the one that the record was made of.
                if password.contains(&0) {
                    return Ok(Match::No);
                }
                let seen = &password[..password.len().min(BCRYPT_BYTES)];
                let right = bcrypt::verify(seen, text).map_err(|error| {
                    PASSWORD_RECORD_BROKEN.because("a password record cannot be checked", error)
                })?;
                Ok(match right {
                    false => Match::No,
                    true if password.len() > BCRYPT_BYTES => Match::UpToItsLimit,
                    true => Match::Yes,
                })
            }
        }
    }
}

fn bcrypt_record(text: &str) -> Result<Record> {
    let broken = || PASSWORD_RECORD_BROKEN.error("a password record of bcrypt cannot be read");
    let mut parts = text.split('$').skip(1);
    let (version, cost, rest) = (parts.next(), parts.next(), parts.next());
    // 2x marks records of an implementation whose hashes were wrong.
    let known = matches!(version, Some("2a" | "2b" | "2y"));
    if !known || text.len() != BCRYPT_TEXT_BYTES || parts.next().is_some() || rest.is_none() {
        return Err(broken());
    }
    let cost: u32 = cost.and_then(|cost| cost.parse().ok()).ok_or_else(broken)?;
    within(cost <= BCRYPT_COST_MAX)?;
    Ok(Record::Bcrypt(text.to_owned()))
}

fn within(affordable: bool) -> Result<()> {
    if affordable {
        return Ok(());
    }
    Err(PASSWORD_RECORD_BROKEN.error("a password record asks for more than a login may cost"))
}

fn phc(checked: password_hash::Result<()>) -> Result<Match> {
    match checked {
        Ok(()) => Ok(Match::Yes),
        Err(password_hash::Error::PasswordInvalid) => Ok(Match::No),
        Err(error) => Err(PASSWORD_RECORD_BROKEN.because("a password record cannot be checked", error)),
    }
}

fn unreadable(error: &dyn std::fmt::Display) -> Error {
    PASSWORD_RECORD_BROKEN.error(format!("a password record has parameters that do not exist: {error}"))
}
