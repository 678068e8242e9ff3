//! WebSockets (RFC 6455), without a library around the bytes: what a server sends is the same for all its clients, so
//! frames are made once and shared, and what it reads is short. docs/decisions has the reasons.

mod connection;
mod decode;
pub(crate) mod handshake;

pub(crate) use connection::Connection;
pub use decode::{Decoder, Event};
