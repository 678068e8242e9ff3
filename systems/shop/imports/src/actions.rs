//! The use cases, one a file.

mod begin;
mod finish;
mod look;
mod stage;

use std::sync::Arc;

use mainstay_access::{Access, Relation};
use mainstay_core::{Context, Result};
use mainstay_jobs::Jobs;
use mainstay_sql::{Database, Wake};
use shop_access_contracts::GOODS_IMPORT;

use crate::apply::Peers;

pub use begin::{NewImport, begin};
pub use finish::finish;
pub use look::{FAULTS_MAX, Told, get, list, list_faults, told};
pub use stage::{Raw, stage};

/// What every use case works on.
#[derive(Clone)]
pub struct Desk {
    pub db: Database,
    pub jobs: Jobs,
    /// Who owns what lines speak of.
    pub peers: Peers,
    /// Who may do what.
    pub access: Access,
    /// Bumped when lines were staged: those that come after them wait for it.
    pub staged: Arc<Wake>,
}

impl Desk {
    /// Refuses who may not bring in goods.
    fn admit(&self, ctx: &Context) -> Result<()> {
        self.access.require(ctx, GOODS_IMPORT, Relation::Other)
    }
}
