//! Calls between services, in one process or between several, with the same layers around them.
//!
//! A service implements the trait that is generated from its contract and is mounted under its name in a [`Network`];
//! a peer calls it through a [`Peer`], which holds the generated client on a [`Channel`]. Where the callee runs shows
//! in nothing but the time that a call takes. In the process the generated server is called as a tower service, in the
//! caller's task; elsewhere it is reached over HTTP/2. Deadline, authorization, panic boundary, limits, trace and
//! metrics stand in one list a side: `channel.rs` for the caller, `mount.rs` for the callee.
//!
//! It refuses to retry: only the caller nearest the user does that, or a saga, which know what may be repeated. It
//! passes no identity but in a token that the caller signed for the callee, and nothing but bytes, in the process too.

pub mod codes;
pub mod v1;

mod codec;
mod request;
mod status;

mod channel;
mod layer;
mod mount;

mod network;
mod peer;

mod listener;
mod remote;
mod transport;

mod descriptors;
mod health;
mod reflection;

mod event_log;
mod remote_log;

pub use channel::Channel;
pub use codec::Codec;
pub use codes::CODES;
pub use event_log::event_log;
pub use listener::Listening;
pub use mount::RpcService;
pub use network::Network;
pub use peer::Peer;
pub use remote_log::RemoteLog;
pub use request::{answer, caller, context, handle, open_ended_request, reply, request};
pub use status::{error, status};

/// Parsers that nothing outside calls, opened for the suite that feeds them anything (`testkit/parsers`).
#[doc(hidden)]
pub mod parsers {
    pub use crate::layer::deadline::{decode as decode_deadline, encode as encode_deadline};
    pub use crate::remote::parse as parse_peer;
}
