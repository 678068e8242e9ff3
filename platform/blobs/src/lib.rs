//! Objects: bytes under a key, too large for a database and too many for a folder that somebody looks after.
//!
//! The port is [`Blobs`]. A put is streamed in constant memory up to a bound and is durable when it is acknowledged. It
//! replaces what was there at once: a reader sees the old object or the new one, each whole, and a process that is
//! killed in the middle leaves none. A get reads all or a range. A service has a [`Store`], its own part of the port.
//!
//! Keys that could name anything outside of the store are none. It keeps no versions, no rights and no media types: who
//! may read what, and what it is, the service knows that owns the keys.

pub mod codes;
mod digest;
mod intake;
mod key;
mod metrics;
mod port;
mod range;
mod store;
mod stream;

pub use codes::CODES;
pub use digest::{Digest, Digester};
pub use intake::{Expected, Intake};
pub use key::BlobKey;
pub use metrics::Metrics;
pub use port::{Blob, Blobs, LIST_MAX, Listed, Stored};
pub use range::ByteRange;
pub use store::Store;
pub use stream::{BlobStream, collect, stream_of};
