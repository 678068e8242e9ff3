//! Puts services into a process and sees it to its end.
//!
//! A system's crates implement [`Service`]; a binary mounts them on a [`Host`] with its engines; what differs between
//! one process with everything and a container a service is only the configuration. The host gives each service
//! handles to what it declared and nothing else ([`Scope`]), decides whether a peer is in the process or elsewhere
//! ([`topology`]), runs background work under each service's lease, and drains in order.
//!
//! It refuses to know a system or an engine: both are handed in.

mod background;
pub mod codes;
mod contract;
mod drain;
mod edge;
mod engines;
mod folder;
mod health;
mod host;
mod introspection;
mod last_drain;
mod loops;
mod mounting;
mod observing;
mod process;
mod pruning;
mod replay;
mod root_key;
mod running;
mod scope;
mod service;
pub mod settings;
pub mod signals;
pub mod topology;

pub use codes::{CODES, NOTHING_HERE};
pub use contract::{Contract, EventContract};
pub use edge::{Edge, NoSessions};
pub use engines::{BlobEngine, CacheEngine, Engines, NotifierEngine};
pub use folder::prepare as prepare_folder;
pub use host::{Host, Opened};
pub use loops::Loops;
pub use replay::ReplayClock;
pub use root_key::follow_root_key;
pub use running::Running;
pub use scope::{Scope, service_keys};
pub use service::{Mounted, Needs, NoConfig, Service};
pub use settings::Settings;
