//! Events: what a service tells the others, durably and in order.
//!
//! A producer appends to its [`Outbox`] in the transaction of the change that the event reports, so there is no moment
//! at which one exists without the other. Consumers pull from the producer, in the same process or over gRPC, and keep
//! their position, their inbox and their effect in one transaction of their own database. There is no broker and no
//! second sync.
//!
//! What it promises:
//! - *One effect.* Delivery is at least once. The consumer records producer and message id in the transaction of the
//!   effect, so a repeat changes nothing.
//! - *Order per key*, nothing across keys. A message that fails parks its key: it and the key's later messages wait,
//!   bounded, in the consumer's database, while other keys go on. After [`Subscription::max_attempts`] the key is dead
//!   until a person replays it or skips messages, in order (see [`dead_letters`]). A consumer that declares that its
//!   messages commute parks the message alone.
//! - *One worker.* A consumer works under its service's lease; who lost it writes nothing.
//! - *Original bytes.* Nobody between producer and handler encodes a message again.
//!
//! What it refuses: effects outside the consumer's database (a handler is synchronous; it enqueues a job instead),
//! order across keys, and to forget silently: a consumer that finds the log pruned ahead of it stops and says so.
//!
//! ```ignore
//! // In the contracts crate of the producer:
//! impl Event for StockChanged { const TYPE: &'static str = "shop.inventory.v1.StockChanged"; }
//! pub const STOCK: Topic<StockChanged> = Topic::new("shop.inventory.stock");
//!
//! // The producer, in the transaction of the change:
//! outbox.append(tx, ctx, &STOCK, &variant.to_string(), &StockChanged { .. })?;
//!
//! // A consumer, in another service:
//! consumers.add(
//!     Subscription::new("shop.catalog.stock", &STOCK, scope.event_source("shop.inventory"))
//!         .handle(|tx, ctx, envelope, event: StockChanged| store::set_level(tx, &event)),
//! )?;
//! ```

mod backoff;
pub mod codes;
mod consumers;
pub mod dead_letters;
mod envelope;
mod event;
mod metrics;
mod migrations;
mod outbox;
mod readers;
mod retention;
mod source;
mod subscription;
mod trace;

pub use codes::CODES;
pub use consumers::{ConsumerState, ConsumerStatus, Consumers};
pub use envelope::{Envelope, Page, Position};
pub use event::{Event, EventKind, Topic};
pub use metrics::Metrics;
pub use migrations::MIGRATIONS;
pub use outbox::{MAX_EVENT_BYTES, MAX_KEY_BYTES, Outbox};
pub use readers::Readers;
pub use retention::Retention;
pub use source::{EventSource, Feed};
pub use subscription::{Consumer, Subscription};
