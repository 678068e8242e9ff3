//! The catalogue through its front doors: what peers call and what outsiders call.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod app;
mod attributes;
mod cached;
mod categories;
mod conditions;
mod http;
mod large;
mod named;
mod picture_uploads;
mod pictures;
mod products;
mod search;
mod upsert;
