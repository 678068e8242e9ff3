//! Uploads that are gone on with after a cut, whatever was cut: the connection, the caller, or this process.
//!
//! An upload is a row in the database of the service that wants the bytes, and the segments that came so far, each an
//! object of its own in the service's store. [`Uploads::append`] takes bytes behind those that are there and acknowledges
//! by segments: what was acknowledged is durable. The last one is acknowledged with what became of the whole, so an upload
//! that is told to be complete is used, and one that died before is gone on with.
//!
//! Everything is bounded: an upload's size, how many one caller may have under way, and how long one waits. It speaks no
//! protocol: `mainstay_http::tus` does.

pub mod codes;
mod migrations;
mod store;
mod uploads;

pub use codes::CODES;
pub use migrations::MIGRATIONS;
pub use uploads::{NewUpload, Options, Upload, UploadId, UploadKind, Uploads};
