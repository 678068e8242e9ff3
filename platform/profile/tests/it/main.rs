//! A look into the live process, which is this one.

mod cpu;
mod watch;
