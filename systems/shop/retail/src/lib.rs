//! From a retailer's invoice lines to a shop's orders, by the rules of `docs/retail-mapping.md`.
//!
//! It reads a file and answers a [`Plan`]: what is sold, how much of it there must be, and every invoice as orders or
//! refunds, in the order of processing. Pure but for the file: it knows no shop, no clock and no network, and decides
//! nothing that the mapping does not say.
//!
//! The whole file is held, in about 24 bytes a line: what an invoice means depends on all that come before it.

mod article;
mod cancel;
mod countries;
mod figures;
mod line;
mod numbers;
mod plan;
mod read;
mod refusal;
mod sell;

pub use article::{Article, Variant};
pub use figures::{Figures, Month};
pub use plan::{Buyer, Deed, Invoice, InvoiceNumber, Order, OrderName, Plan, Refund};
pub use read::{LINES_MAX, Until};
pub use refusal::Refusal;
