//! The use cases, one file each.

mod addresses;
mod api_keys;
mod confirm;
mod ensure_account;
mod get_account;
mod log_in;
mod log_out;
mod passwords;
mod register;
mod resolve_session;
mod sessions;
mod standing;
mod tokens;

pub use addresses::{add_address, delete_address, list_addresses};
pub use api_keys::{NewKey, create_api_key, list_api_keys, resolve_api_key, revoke_api_key, rotate_api_key};
pub use confirm::confirm;
pub use ensure_account::ensure_account;
pub use get_account::get_account;
pub use log_in::{LoggedInSession, log_in};
pub use log_out::log_out;
pub use passwords::{change as change_password, request_reset, reset as reset_password};
pub use register::{NewAccount, register};
pub use resolve_session::resolve_session;
pub use sessions::{end_session, list_sessions};
pub use standing::Standing;
pub use tokens::{Tokens, issue_tokens, refresh_tokens, revoke_tokens};
