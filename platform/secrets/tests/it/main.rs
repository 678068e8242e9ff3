//! Secrets through their public doors.

mod keys;
mod root;
mod sources;
