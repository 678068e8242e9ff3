//! Mainstay's ports on nothing but the machine's own memory and file system, for development and for one-machine installations.
//!
//! It has a file for each port that it fills: [`Mailbox`] is `mainstay-notify`'s, [`MemoryCache`] `mainstay-cache`'s.

mod cache;
mod notify;

pub use cache::MemoryCache;
pub use notify::Mailbox;
