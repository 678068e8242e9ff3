//! What can be asked of orders, one file a use case.

mod archive_orders;
mod page_orders;
mod read_orders;
mod refund_order;
mod sales_report;
mod start_checkout;
mod view_checkout;

pub use archive_orders::{Tidied, archive_orders};
pub use page_orders::{WholePage, page_of, page_orders};
pub use read_orders::{OrderPage, PAGE_MAX, list_orders, read_order};
pub use refund_order::{cancel_order, refund_order};
pub use sales_report::sales_report;
pub use start_checkout::{NewCheckout, start_checkout};
pub use view_checkout::{CheckoutView, view_checkout};
