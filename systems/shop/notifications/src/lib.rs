//! Notifications: tells buyers what became of their orders, by mail.
//!
//! It follows the orders' events. Each event that a buyer wants to know about becomes a durable job in the very
//! transaction that records the event as handled, and the job sends one mail under the event's own id: so a repeated
//! event, a repeated job and a crash in between all come to one mail.
//!
//! It asks no other service anything: what a mail says is in the event. It decides nothing about orders.

mod codes;
mod config;
mod events;
mod letter;
mod render;
mod send_mail;
mod service;

pub use codes::CODES;
pub use config::Config;
pub use service::{Needs, Notifications};
