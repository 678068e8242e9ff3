//! The way in over HTTP: listeners, one visible list of layers, and what handlers need to stay thin.
//!
//! A service hands over its [`Routes`] and their [`Policies`]; [`App`] puts the layers around it (see
//! `layers.rs`, one comment a layer) and [`App::bind`] a listener in front, which speaks HTTP/1.1 and HTTP/2, with TLS or
//! without. Every refusal leaves as `application/problem+json` (RFC 9457) with the code of a [`mainstay_core::Code`],
//! whose page is at its `type`. This crate knows no route of any service, and who a credential belongs to is asked of an
//! [`Authenticator`].

pub mod accept;
mod access_log;
pub mod app;
pub mod assets;
pub mod authenticator;
pub mod base64;
pub mod catalogue;
pub mod codes;
pub mod contract;
pub mod door;
mod encoding;
mod endpoints;
pub mod etag;
pub mod extract;
pub mod forwarded;
pub mod health;
pub mod idempotency;
mod layers;
pub mod links;
mod listener;
mod metrics;
pub mod options;
mod pages;
pub mod policy;
pub mod problem;
pub mod proxy_protocol;
mod ranged;
pub mod session;
mod tls;
pub mod tus;
mod visit;

pub use app::{App, Parts, Rules};
pub use assets::Assets;
pub use authenticator::Authenticator;
pub use catalogue::Catalogue;
pub use codes::CODES;
pub use contract::{Operation, Routes, operation};
pub use door::{Door, OperatorGuard};
pub use encoding::Coding;
pub use etag::ETag;
pub use extract::{
    Body, ClientAddress, Condition, Ctx, FileUpload, IdempotencyKey, Path, PathId, Query, SessionToken,
    Standing, Upload, etag,
};
pub use health::{Health, Weight};
pub use layers::{Labelled, SURROGATE_KEY, is_plain, media_version, version_of};
pub use links::Links;
pub use listener::{Bound, Drained};
pub use mainstay_identity::Identified;
pub use options::{AdminOptions, Options};
pub use policy::{Policies, Policy};
pub use problem::{Problem, status_of, status_of_code};
pub use ranged::Ranged;
pub use session::{SessionEnded, SessionIssued};

/// Parsers that nothing outside calls, opened for the suite that feeds them anything (`testkit/parsers`).
#[doc(hidden)]
pub mod parsers {
    pub use crate::extract::is_unique;
    pub use crate::layers::{Rule as OriginRule, bearer};
    pub use crate::session::cookie;
}
