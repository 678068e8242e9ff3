//! The way in, through its front door: most tests call the layers directly, those about connections over sockets.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod access_log;
mod asking;
mod bodies;
mod caching;
mod connections;
mod contract;
mod drain;
mod endpoints;
mod floods;
mod forgery;
mod forms;
mod idempotency;
mod load;
mod objects;
mod observation;
mod operators;
mod parsers;
mod problems;
mod proxies;
mod routes;
mod rules;
mod secure;
mod sessions;
mod shelf;
mod site;
mod smuggling;
mod wire;
