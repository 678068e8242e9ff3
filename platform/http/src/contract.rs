//! What a service promises to outsiders, told beside its handlers and enforced by them.
//!
//! [`Routes`] is the only way to give the process a route, and it takes a description with it, so that no route is
//! undocumented and none is documented that does not exist. What a request must look like is read off the handler's own
//! arguments; what comes back, and which problems, is said by an [`Operation`]. [`openapi`] makes the document of
//! OpenAPI 3.1 out of them, and [`Body`](crate::Body) and [`Query`](crate::Query) check requests against the very
//! schemas that stand in it.

mod answers;
mod breaks;
mod document;
mod examples;
mod inputs;
mod operation;
mod routes;
pub(crate) mod rules;
pub mod schema;

pub use breaks::breaks;
pub use document::openapi;
pub use inputs::{Asked, Input, Inputs};
pub use operation::{Operation, operation};
pub use routes::{Route, Routes};
