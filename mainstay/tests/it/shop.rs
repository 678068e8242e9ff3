//! The whole shop from outside: real processes, real HTTP, and the books checked at the end.

mod attacks;
mod books;
mod buyer;
mod client;
mod collector;
mod crashes;
mod goods;
mod journeys;
mod provider;
mod single;
mod split;
mod traces;
mod world;
