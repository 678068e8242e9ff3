//! The use cases, one file each.

mod authorise;
mod capture;
mod get_payment;
mod ledger_report;
mod receive_webhook;
mod reconcile;
mod refund;
mod void;

pub use authorise::{NewPayment, authorise};
pub use capture::capture;
pub use get_payment::get_payment;
pub use ledger_report::{MAX_PAGE, Report, ledger_report};
pub use receive_webhook::receive_webhook;
pub use reconcile::{Difference, Reconciliation, Totals, reconcile};
pub use refund::{note_refused, refund};
pub use void::void;
