//! What somebody may do: Cedar policies, denied by default, decided in a microsecond and explained on demand.
//!
//! A system writes its policies as `.cedar` files beside a schema and declares its [`Action`]s; [`Access`] checks all of it
//! at the start and refuses a policy that the schema does not bear. A service asks [`Access::require`] where it acts,
//! with what it knows about the thing: whether it is the caller's own.
//!
//! **What a policy may look at is the question**: what kind of principal asks (a service also by its name), the action,
//! whether the thing is its own, and what its credential is good for. Names of people and things are not in it, so
//! there are only some hundred questions, and each is put to Cedar once; the answers are kept. A rule about one
//! particular order does not belong into a policy but into the model, as "a paid order is not edited" does.
//!
//! It refuses to find out whether a thing is somebody's own (the service knows), to read policies while it runs, and
//! to allow anything that no policy permits.

mod access;
pub mod codes;
mod explain;
mod policies;
mod question;

pub use access::Access;
pub use codes::CODES;
pub use explain::Explanation;
pub use policies::PolicyFile;
pub use question::{Action, Asker, Question, Relation};
