//! Mainstay's ports on nothing but the machine's own memory and file system, for development and for one-machine installations.
//!
//! It has a file for each port that it fills: [`FileBlobs`] is `mainstay-blobs`'s, [`Mailbox`] `mainstay-notify`'s,
//! [`MemoryCache`] `mainstay-cache`'s.

mod blobs;
mod cache;
mod notify;

pub use blobs::FileBlobs;
pub use cache::MemoryCache;
pub use notify::Mailbox;
