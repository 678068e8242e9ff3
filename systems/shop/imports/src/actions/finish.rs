//! There are no more lines: stop, or let the job check and apply what is staged.

use mainstay_core::{Context, Result};
use mainstay_jobs::NewJob;
use mainstay_sql::Tx;

use super::{Desk, Told, told};
use crate::codes::UNKNOWN;
use crate::job::{Carry, Payload};
use crate::model::{ImportId, State};
use crate::store;

/// Ends the staging, once. Staff and services only.
///
/// # Errors
/// `imports.unknown`.
pub async fn finish(desk: &Desk, ctx: &Context, id: ImportId) -> Result<Told> {
    desk.admit(ctx)?;
    let (jobs, who) = (desk.jobs.clone(), ctx.clone());
    let write = move |tx: &Tx<'_>| {
        let mut import = store::import(tx, id)?.ok_or_else(|| UNKNOWN.error("there is no such import"))?;
        if import.state == State::Staging {
            import.state = State::Checking;
            store::save(tx, &import)?;
            let job = NewJob::of::<Carry>(&Payload { import: id })?.unique(id.to_string());
            // It acts as the service itself: whoever began it need not be there any more.
            jobs.enqueue(tx, &who.as_service(shop_imports_contracts::SERVICE), job)?;
        }
        told(tx, import)
    };
    desk.db.write(ctx, write).await
}
