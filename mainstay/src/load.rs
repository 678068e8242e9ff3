//! The load generator that ships: visits that begin when they are due, whether or not earlier ones are done.
//!
//! An open model is what the world is like: people come at their own pace and do not wait for each other. And it is free
//! of coordinated omission: a visit's first request is timed from the moment at which it was due, so a shop that stands
//! still for a second shows that second in every visit that fell into it. What visits do, how full their baskets are, which
//! goods they want and at what hour is drawn from a real shop's year ([`shape`]).

pub mod due;
pub mod generator;
pub mod measure;
pub mod shape;
pub mod visit;
