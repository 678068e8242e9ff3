//! Realtime: pushes what happens to those who follow it, over WebSocket or server-sent events, from one hub.
//!
//! A *room* is what is followed, such as `stock:var_…`. Its messages have the positions of the producer's log, so a
//! subscriber that comes back says where it was and gets what it missed, from whichever process it reaches; what is no
//! longer kept is not skipped in silence: the subscriber is told to fetch anew (`reset`).
//!
//! What it promises:
//! - *Nothing lost within the window.* Positions are the log's, and each process reads the log itself.
//! - *Bounded memory.* Nobody has a queue: a room has a ring, a subscriber has a place in it. Who falls off the ring is
//!   treated as the kind of room says ([`SlowConsumer`]).
//! - *Encoded once.* All subscribers of a room share the bytes of its messages, and what is ready for one leaves in one
//!   write.
//! - *Rights end.* Entry to a room is asked of its [`Doorkeeper`]; whether the session still holds is asked at each
//!   heartbeat.
//!
//! What it refuses: to take messages from clients beyond subscribing, compression of messages (a small frame can hide a
//! large one), and pages of other origins. It knows no event of any service: [`Follow`] is told what to push.

mod admission;
pub mod codes;
pub mod fanout;
mod follow;
mod frame;
mod http;
mod hub;
mod metrics;
pub mod options;
mod origin;
mod protocol;
mod room;
mod socket;
mod stream;
mod subscriber;

pub use codes::{CODES, Close};
pub use fanout::{Batch, Fanout, InMemory, Message};
pub use follow::Follow;
pub use http::routes;
pub use hub::{Hub, KINDS_MAX, Parts};
pub use options::Options;
pub use room::{Doorkeeper, Public, RoomKind, RoomName, SlowConsumer};

/// Parsers that nothing outside calls, opened for the suite that feeds them anything (`testkit/parsers`).
#[doc(hidden)]
pub mod parsers {
    pub use crate::http::rooms;
    pub use crate::protocol::Asked;
    pub use crate::socket::handshake::answer;
    pub use crate::socket::{Decoder, Event};
}
