//! The use cases, one file each.

mod addresses;
mod ensure_account;
mod get_account;
mod log_in;
mod log_out;
mod register;
mod resolve_session;

pub use addresses::{add_address, delete_address, list_addresses};
pub use ensure_account::ensure_account;
pub use get_account::get_account;
pub use log_in::{LoggedInSession, log_in};
pub use log_out::log_out;
pub use register::{NewAccount, register};
pub use resolve_session::resolve_session;
