//! Adds to the log.

use std::fmt;

use mainstay_core::{Context, Result};
use mainstay_secrets::Keys;
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
    key: Keys,
}

impl Audit {
    /// The log whose end is sealed under the key of its service.
    pub fn new(service: impl Into<Keys>) -> Self {
        Self { key: service.into().derive("audit/1") }
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

    /// Whether the end of the log opens under the keys; a log without a line has nothing to open.
    ///
    /// # Errors
    /// What the database raises.
    pub fn opens(&self, view: &View<'_>) -> Result<bool> {
        match self.sealed_end(view) {
            Ok(_) => Ok(true),
            Err(error) if error.is(&BROKEN) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Seals the end of the log with the key in use, where it was sealed with an older one; whether it was.
    ///
    /// # Errors
    /// `audit.broken` when the end was not sealed by this service; what the database raises.
    pub fn seal_anew(&self, tx: &Tx<'_>) -> Result<bool> {
        let Some(sealed) = store::head(tx)? else { return Ok(false) };
        let anew = self.key.seal_anew(PLACE, &sealed).map_err(|_| broken())?;
        if let Some(anew) = &anew {
            store::set_head(tx, anew)?;
        }
        Ok(anew.is_some())
    }

    /// The end of the log as it was sealed; nothing when no line was ever written.
    pub(crate) fn sealed_end(&self, view: &View<'_>) -> Result<Option<Anchor>> {
        let Some(sealed) = store::head(view)? else { return Ok(None) };
        let opened = self.key.open(PLACE, &sealed).map_err(|_| broken())?;
        Anchor::from_bytes(opened.expose()).map(Some).ok_or_else(broken)
    }
}

fn broken() -> mainstay_core::Error {
    BROKEN.error("the end of the log was not sealed by this service")
}

impl fmt::Debug for Audit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Audit")
    }
}
