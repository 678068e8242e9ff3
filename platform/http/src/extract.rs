//! What handlers take: the context, the body, ids of the path, the query, the idempotency key. Each refuses with a
//! problem that names what is wrong.

mod address;
mod body;
mod condition;
mod context;
pub(crate) mod form;
mod key;
mod path;
mod places;
mod query;
mod standing;
mod token;
mod upload;

pub use address::ClientAddress;
pub use body::{Body, is_unique};
pub use condition::{Condition, etag};
pub use context::Ctx;
pub use key::IdempotencyKey;
pub use path::{Path, PathId};
pub use query::Query;
pub use standing::Standing;
pub use token::SessionToken;
pub use upload::{FileUpload, Upload};
