//! Adds to the log.

use std::fmt;

use mainstay_core::{Context, Result};
use mainstay_secrets::Key;
use mainstay_sql::{Tx, View};

use crate::anchor::Anchor;
use crate::codes::BROKEN;
use crate::entry::{Entry, Line};
use crate::{hash, store};

/// Binds a sealed end to this use.
const PLACE: &str = "audit-head/1";

/// The audit log of one service. Cheap to clone.
#[derive(Clone)]
pub struct Audit {
    key: Key,
}

impl Audit {
    /// The log whose end is sealed under the key of its service.
    pub fn new(service: &Key) -> Self {
        Self { key: service.derive("audit/1") }
    }

    /// Adds a line in the transaction of what it is about. The numbers have no gap, since one writer at a time adds.
    ///
    /// # Errors
    /// `secrets.no_randomness`; what the database raises.
    pub fn record(&self, tx: &Tx<'_>, ctx: &Context, entry: Entry) -> Result<()> {
        let (last, previous) = store::last(tx)?.unwrap_or((0, hash::BEGINNING.to_vec()));
        let mut line = Line {
            number: last + 1,
            at: tx.now(),
            actor: ctx.principal().to_string(),
            on_behalf_of: ctx.on_behalf_of().map(ToString::to_string),
            action: entry.action.to_owned(),
            subject: entry.subject,
            client: ctx.client().map(|client| client.to_string()),
            trace: format!("{:032x}", ctx.trace().trace_id),
            before: entry.before,
            after: entry.after,
            previous,
            hash: Vec::new(),
        };
        line.hash = hash::of(&line).to_vec();
        store::insert(tx, &line)?;
        let end = Anchor { number: line.number, hash: line.hash };
        store::set_head(tx, &self.key.seal(PLACE, &end.to_bytes())?)
    }

    /// The end of the log as it was sealed; nothing when no line was ever written.
    pub(crate) fn sealed_end(&self, view: &View<'_>) -> Result<Option<Anchor>> {
        let Some(sealed) = store::head(view)? else { return Ok(None) };
        let broken = || BROKEN.error("the end of the log was not sealed by this service");
        let opened = self.key.open(PLACE, &sealed).map_err(|_| broken())?;
        Anchor::from_bytes(opened.expose()).map(Some).ok_or_else(broken)
    }
}

impl fmt::Debug for Audit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Audit")
    }
}
