//! What is said over a connection, in JSON; docs/realtime.md shows it with examples.

use std::borrow::Cow;
use std::collections::BTreeMap;

use mainstay_core::{Error, Result, Retry};
use mainstay_events::Position;
use serde::{Deserialize, Serialize};

use crate::codes::BAD_MESSAGE;
use crate::room::RoomName;

/// The largest message that a client sends: a room's name and a position, with room to spare.
pub(crate) const ASKED_BYTES_MAX: usize = 4 * 1024;

/// What the hub says beside the rooms' messages.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Said<'a> {
    /// Everything after `position` follows.
    Subscribed {
        room: &'a str,
        position: Position,
    },
    /// What lay before `position` is no longer kept: fetch it, then go on from here.
    Reset {
        room: &'a str,
        position: Position,
    },
    Unsubscribed {
        room: &'a str,
    },
    /// The problem of RFC 9457 in a frame.
    Refused {
        #[serde(skip_serializing_if = "Option::is_none")]
        room: Option<&'a str>,
        code: &'a str,
        title: &'a str,
        detail: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        retry_after_ms: Option<u64>,
        trace: String,
    },
    /// The connection lives; all that it follows was read up to these places.
    Heartbeat {
        positions: BTreeMap<&'static str, Position>,
    },
}

impl<'a> Said<'a> {
    /// An error as a client meets it; its source stays here.
    pub(crate) fn refused(room: Option<&'a str>, error: &'a Error, trace_id: u128) -> Self {
        let retry_after_ms = match error.retry() {
            Retry::Never => None,
            Retry::After(wait) => Some(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)),
        };
        Self::Refused {
            room,
            code: error.code(),
            title: error.title(),
            detail: error.message(),
            retry_after_ms,
            trace: format!("{trace_id:032x}"),
        }
    }

    pub(crate) fn json(&self) -> Vec<u8> {
        // Strings and numbers always serialise.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// What a client asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    Subscribe { room: RoomName, after: Option<Position> },
    Unsubscribe { room: RoomName },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire<'a> {
    #[serde(borrow)]
    subscribe: Option<Cow<'a, str>>,
    #[serde(borrow)]
    unsubscribe: Option<Cow<'a, str>>,
    after: Option<i64>,
}

impl Asked {
    pub fn parse(text: &str) -> Result<Self> {
        let wire: Wire<'_> = serde_json::from_str(text)
            .map_err(|error| BAD_MESSAGE.because("the message is no JSON that is understood here", error))?;
        match (wire.subscribe, wire.unsubscribe, wire.after) {
            (Some(room), None, after) => {
                if after.is_some_and(|after| after < 0) {
                    return Err(BAD_MESSAGE.error("a position is 0 or more"));
                }
                Ok(Self::Subscribe { room: room.parse()?, after: after.map(Position) })
            }
            (None, Some(room), None) => Ok(Self::Unsubscribe { room: room.parse()? }),
            _ => {
                Err(BAD_MESSAGE
                    .error(r#"write {"subscribe":"stock:var_…"} or {"unsubscribe":"stock:var_…"}"#))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use mainstay_core::codes;

    use super::*;

    #[test]
    fn a_message_asks_for_one_thing() {
        let room: RoomName = "stock:a".parse().unwrap();
        assert_eq!(
            Asked::parse(r#"{"subscribe":"stock:a","after":7}"#).unwrap(),
            Asked::Subscribe { room: room.clone(), after: Some(Position(7)) }
        );
        assert_eq!(Asked::parse(r#"{"unsubscribe":"stock:a"}"#).unwrap(), Asked::Unsubscribe { room });
        for bad in [
            "",
            "[]",
            "{}",
            "7",
            r#"{"subscribe":"stock:a","unsubscribe":"stock:a"}"#,
            r#"{"subscribe":"stock:a","after":-1}"#,
            r#"{"subscribe":"stock:a","x":1}"#,
            r#"{"subscribe":"stock"}"#,
            r#"{"unsubscribe":"stock:a","after":1}"#,
            r#"{"subscribe":7}"#,
        ] {
            assert!(Asked::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_refusal_has_what_a_problem_has() {
        let error = codes::OVERLOADED.error("wait").retry_after(std::time::Duration::from_millis(1_500));
        let json: serde_json::Value =
            serde_json::from_slice(&Said::refused(Some("stock:a"), &error, 1).json()).unwrap();
        assert_eq!(json["type"], "refused");
        assert_eq!(json["code"], "core.overloaded");
        assert_eq!(json["retry_after_ms"], 1_500);
        assert_eq!(json["trace"], "00000000000000000000000000000001");
    }
}
