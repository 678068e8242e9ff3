//! A retailer's file, sold again: by the mapping (`docs/retail-mapping.md`), through the shop's public API.
//!
//! The shop and what drives it are one process, because the time at which an invoice happens never travels: it is
//! announced on the process's own replay clock ([`mainstay_host::ReplayClock`]), which nothing but this start has. What
//! was done is kept in a journal beside the shop's own databases, and every request has a key that follows from the
//! invoice, so a replay that was killed goes on where it was.
//!
//! Invoices run beside each other; those of one buyer one after the other, in their order. Stock is the gross demand, so
//! the order between buyers decides nothing.

mod books;
mod buying;
mod driver;
mod journal;
mod refunding;
mod stock_up;

pub use books::{Books, Difference};
pub use driver::{Driver, Tally};
pub use journal::Journal;
pub use stock_up::stock_up;

use mainstay_core::Id;
use shop_catalog_contracts as catalog;

/// Who sets the shop up, in tokens and logs.
pub const CALLER: &str = "mainstay.replay";

/// What every id of a replayed shop is derived from, so that a start that goes on finds the same goods.
const ROOT: [u8; 16] = *b"mainstay retail1";

/// The id of the variant with this stock keeping unit.
fn variant(sku: &str) -> Id<catalog::Variant> {
    Id::<catalog::Product>::from_bytes(ROOT).derive(sku)
}

/// The code under which the shop charges that much for carriage.
fn carriage(pence: i64) -> String {
    format!("carriage-{pence}")
}
