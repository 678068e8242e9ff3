//! What the binary is made of: the engines it has, the systems it holds, and a file for each command.
//!
//! It is a library too, so that a test, a benchmark or the crash harness starts the very thing that is shipped: see
//! [`shop::mount`]. It adds nothing to what services do; it mounts them.

pub mod admin;
pub mod commands;
pub mod doctor;
pub mod engines;
pub mod exit;
pub mod listener;
pub mod load;
pub mod output;
pub mod shop;
pub mod systems;
