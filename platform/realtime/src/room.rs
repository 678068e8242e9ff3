//! Rooms: what is followed. A room has a kind, which says who may enter and what becomes of those who read too slowly,
//! and a key within the kind: `stock:var_…`.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use async_trait::async_trait;
use mainstay_core::{Context, Error, Result};

use crate::codes::BAD_ROOM;

/// Kind, colon and an id of thirty characters are well below it; it bounds what a stranger makes us remember.
pub const ROOM_BYTES_MAX: usize = 100;

/// Messages that a room keeps for those who are behind. A reader who lost a second at 64 messages a second is still
/// served whole; see [`SlowConsumer`] for who is further behind.
pub const RING_DEFAULT: usize = 64;

/// The name of a room, `<kind>:<key>`. Its characters need no escaping in JSON, in a query or in a log.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RoomName(Arc<str>);

impl RoomName {
    /// The room of `key` among those of `kind`.
    ///
    /// # Errors
    /// `realtime.bad_room` when they make no name.
    pub fn new(kind: &str, key: &str) -> Result<Self> {
        format!("{kind}:{key}").parse()
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands before the colon.
    pub fn kind(&self) -> &str {
        self.0.split_once(':').map_or("", |(kind, _)| kind)
    }

    /// What stands after it.
    pub fn key(&self) -> &str {
        self.0.split_once(':').map_or("", |(_, key)| key)
    }
}

impl FromStr for RoomName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
        let (kind, key) = text.split_once(':').unwrap_or_default();
        let named = !kind.is_empty() && !key.is_empty() && text.len() <= ROOM_BYTES_MAX;
        if named && kind.bytes().all(plain) && key.bytes().all(plain) {
            return Ok(Self(text.into()));
        }
        Err(BAD_ROOM.error(format!(
            "a room is <kind>:<key>, such as stock:var_…, of letters, digits and _-. and at most {ROOM_BYTES_MAX} \
             characters"
        )))
    }
}

impl fmt::Display for RoomName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What becomes of a subscriber who is further behind than the room's ring holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlowConsumer {
    /// It goes on with the newest message: for rooms whose every message is the whole state.
    Conflate,
    /// Its connection is closed with 4008, and it resumes from where it was: for rooms where each message counts.
    Disconnect,
}

/// What rooms of one kind have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoomKind {
    /// What stands before the colon.
    pub name: &'static str,
    pub slow: SlowConsumer,
    /// Messages that a room with subscribers keeps at hand.
    pub ring: usize,
}

impl RoomKind {
    pub const fn new(name: &'static str, slow: SlowConsumer) -> Self {
        Self { name, slow, ring: RING_DEFAULT }
    }
}

/// Who may enter the rooms of a kind.
#[async_trait]
pub trait Doorkeeper: Send + Sync + 'static {
    /// Lets the caller of `ctx` into the room of `key`, or says why not. What is not the caller's looks as if it did
    /// not exist.
    async fn admit(&self, ctx: &Context, key: &str) -> Result<()>;
}

/// Lets everybody in: for what every visitor may see anyway.
#[derive(Clone, Copy, Debug, Default)]
pub struct Public;

#[async_trait]
impl Doorkeeper for Public {
    async fn admit(&self, _: &Context, _: &str) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_a_kind_and_a_key_and_nothing_that_needs_escaping() {
        let room: RoomName = "stock:var_01H".parse().unwrap();
        assert_eq!((room.kind(), room.key()), ("stock", "var_01H"));
        let long = format!("stock:{}", "a".repeat(ROOM_BYTES_MAX));
        for bad in ["", "stock", ":", "stock:", ":a", "stock:a b", "stock:a\"", "stock:a:b", "stock:ü", &long]
        {
            assert!(bad.parse::<RoomName>().unwrap_err().is(&BAD_ROOM), "{bad}");
        }
    }
}
