//! What a subscriber may be told, and how a connection ends.

use mainstay_core::{Code, Kind};

pub const BAD_ROOM: Code = Code::new(
    "realtime.bad_room",
    Kind::InvalidArgument,
    "That is no room",
    "Write <kind>:<key>, with a kind that the documentation names.",
);
pub const BAD_MESSAGE: Code = Code::new(
    "realtime.bad_message",
    Kind::InvalidArgument,
    "The message is not understood",
    "Send JSON with subscribe or unsubscribe and a room.",
);
pub const TOO_MANY_ROOMS: Code = Code::new(
    "realtime.too_many_rooms",
    Kind::ResourceExhausted,
    "The connection follows as many rooms as it may",
    "Unsubscribe from rooms that are no longer shown, or open another connection.",
);
pub const TOO_MANY_CONNECTIONS: Code = Code::new(
    "realtime.too_many_connections",
    Kind::ResourceExhausted,
    "There are too many connections",
    "Close connections that are not needed and connect again after the time that the answer names.",
);
pub const BAD_HANDSHAKE: Code = Code::new(
    "realtime.bad_handshake",
    Kind::InvalidArgument,
    "The request opens no WebSocket",
    "Send the headers of RFC 6455, or ask for text/event-stream with the rooms in the query.",
);
pub const FOREIGN_ORIGIN: Code = Code::new(
    "realtime.foreign_origin",
    Kind::PermissionDenied,
    "The page comes from somewhere else",
    "Connect from a page of the same origin, or have its origin added to the allowed ones.",
);
pub const DRAINING: Code = Code::new(
    "realtime.draining",
    Kind::Unavailable,
    "This process ends",
    "Connect again and resume from the last position; another process answers.",
);

/// Every code of this crate, for the pages at `/problems/<name>`.
pub const CODES: &[&Code] = &[
    &BAD_ROOM,
    &BAD_MESSAGE,
    &TOO_MANY_ROOMS,
    &TOO_MANY_CONNECTIONS,
    &BAD_HANDSHAKE,
    &FOREIGN_ORIGIN,
    &DRAINING,
];

/// How a WebSocket ends: the status code of RFC 6455 in its close frame. Those from 4000 on are ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Close {
    Normal,
    /// The process ends; connect again and resume.
    GoingAway,
    Protocol,
    /// Binary messages are not spoken here.
    Unsupported,
    NotUtf8,
    /// More messages than a subscriber needs to send.
    Policy,
    TooBig,
    /// Who the caller is could not be found out for too long.
    TryLater,
    /// The session or token ended, or belongs to somebody else now.
    Unauthenticated,
    /// Further behind than the room keeps; connect again and resume.
    TooSlow,
    /// Nothing was heard for longer than two heartbeats.
    Silent,
}

impl Close {
    /// The number on the wire.
    pub const fn code(self) -> u16 {
        match self {
            Self::Normal => 1000,
            Self::GoingAway => 1001,
            Self::Protocol => 1002,
            Self::Unsupported => 1003,
            Self::NotUtf8 => 1007,
            Self::Policy => 1008,
            Self::TooBig => 1009,
            Self::TryLater => 1013,
            Self::Unauthenticated => 4001,
            Self::TooSlow => 4008,
            Self::Silent => 4009,
        }
    }

    /// The words beside the number, and the label of the metric.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::GoingAway => "going_away",
            Self::Protocol => "protocol_error",
            Self::Unsupported => "text_only",
            Self::NotUtf8 => "not_utf8",
            Self::Policy => "too_many_messages",
            Self::TooBig => "too_big",
            Self::TryLater => "try_later",
            Self::Unauthenticated => "session_ended",
            Self::TooSlow => "too_slow",
            Self::Silent => "silent",
        }
    }
}
