//! The whole shop from outside: real processes, real HTTP, and the books checked at the end.

mod attacks;
mod books;
mod buyer;
mod client;
mod clocks;
mod collector;
mod crashes;
mod disk;
mod doors;
mod goods;
pub mod inside;
mod introspection;
mod journeys;
mod kept;
mod live;
mod pictures;
mod provider;
mod repeats;
mod root_keys;
mod single;
mod split;
mod traces;
mod world;
