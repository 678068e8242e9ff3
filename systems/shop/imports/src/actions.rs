//! The use cases, one a file.

mod begin;
mod finish;
mod look;
mod stage;

use mainstay_jobs::Jobs;
use mainstay_sql::Database;

pub use begin::{NewImport, begin};
pub use finish::finish;
pub use look::{FAULTS_MAX, Told, get, list, list_faults, told};
pub use stage::{Raw, stage};

/// What every use case works on.
#[derive(Clone)]
pub struct Desk {
    pub db: Database,
    pub jobs: Jobs,
}
