//! A look into the live process: who uses the processor, who holds the memory, and which task does not come back.
//!
//! Stacks are taken by a signal to the thread that is to be looked at, whose handler follows the frame pointers that the
//! workspace is built with ([`stacks`]). A processor profile does so many times a second while somebody asks for it
//! ([`cpu`]); a watch does it when a worker is held for too long ([`watch`]). Nothing runs while nobody asks but the
//! watch, which looks at each worker fifty times a second.

pub mod codes;
pub mod cpu;
mod picture;
pub mod profile;
mod runtime;
mod stacks;
mod symbols;
pub mod watch;

pub use codes::CODES;
pub use profile::{Form, Profile};
pub use runtime::register;
pub use watch::{Hold, Watch};
