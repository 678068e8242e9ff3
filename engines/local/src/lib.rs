//! Mainstay's ports on nothing but the machine's own file system, for development and for one-machine installations.
//!
//! It has a file for each port that it fills: [`Mailbox`] is `mainstay-notify`'s.

mod notify;

pub use notify::Mailbox;
