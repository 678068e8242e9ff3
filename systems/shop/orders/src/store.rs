//! Every query that orders makes, on the database that it alone owns.

mod checkouts;
mod facts;
mod views;

pub use checkouts::{CheckoutRow, checkout, end_checkout, forget_refused, insert_checkout};
pub use facts::{aged, append, archive, facts, next_order_number, order, orders};
pub use views::{ListedOrder, SalesDay, list, sales};
