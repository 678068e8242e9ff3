//! API keys: what makes one acceptable. Pure.

use std::time::Duration;

use mainstay_core::{Result, Scopes, Timestamp};
use shop_access_contracts::SCOPES;

use super::{AccountId, ApiKeyId, Role, invalid, line};

/// The most keys of one account: one for each program of a business, and the next one of each while it is rotated.
pub const MAX_API_KEYS: usize = 50;
/// How long a key that was rotated still holds, so that every program can be given the next one.
pub const OVERLAP: Duration = Duration::from_secs(24 * 3600);
/// The most days that a key may be made for.
pub const MAX_DAYS: u32 = 3_650;
/// Letters of a key that are kept to tell it apart: the mark and twenty bits, which help nobody to guess the rest.
pub const HINT_CHARS: usize = 8;

const DAY_MICROS: i64 = 24 * 3600 * 1_000_000;

/// A key as its owner sees it afterwards.
#[derive(Clone, Debug)]
pub struct StoredKey {
    pub id: ApiKeyId,
    pub name: String,
    pub hint: String,
    pub scopes: Scopes,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    /// Days since 1970.
    pub last_used_day: Option<i64>,
}

/// A key that somebody showed.
#[derive(Clone, Debug)]
pub struct Known {
    pub id: ApiKeyId,
    pub account: AccountId,
    pub role: Role,
    pub scopes: Scopes,
    pub last_used_day: Option<i64>,
}

/// What is wanted of a new key; `core.invalid` names the field that is not right.
pub fn check(name: &str, scopes: &[String], days: Option<u32>) -> Result<(String, Scopes)> {
    let name = line("name", name)?;
    let known = |name: &String| SCOPES.iter().any(|(scope, _)| scope == name);
    if scopes.is_empty() || !scopes.iter().all(known) {
        let names: Vec<&str> = SCOPES.iter().map(|(scope, _)| *scope).collect();
        return Err(invalid().with_field("scopes", format!("has one or more of {}", names.join(", "))));
    }
    if days.is_some_and(|days| days == 0 || days > MAX_DAYS) {
        return Err(invalid().with_field("expires_in_days", format!("is between 1 and {MAX_DAYS}")));
    }
    Ok((name, Scopes::new(scopes.iter().map(String::as_str))))
}

/// The day of a time.
pub fn day(at: Timestamp) -> i64 {
    at.as_micros().div_euclid(DAY_MICROS)
}

/// The beginning of a day.
pub fn beginning(day: i64) -> Timestamp {
    Timestamp::from_micros(day.saturating_mul(DAY_MICROS))
}
