//! Every statement of the log.

use mainstay_core::Result;
use mainstay_sql::{Row, Tx, View};

use crate::entry::Line;

/// Lines that one listing reads at most.
pub const LINES_MAX: u32 = 1_000;

const COLUMNS: &str =
    "number, at, actor, on_behalf_of, action, subject, client, trace, before, after, previous, hash";

/// The lines behind the number `after`, in order, at most `limit` and [`LINES_MAX`].
///
/// # Errors
/// What the database raises.
pub fn list(view: &View<'_>, after: i64, limit: u32) -> Result<Vec<Line>> {
    view.query(
        &format!("SELECT {COLUMNS} FROM audit_log WHERE number > ?1 ORDER BY number LIMIT ?2"),
        &[after.into(), limit.min(LINES_MAX).into()],
        line,
    )
}

/// The number and hash of the last line.
pub(crate) fn last(view: &View<'_>) -> Result<Option<(i64, Vec<u8>)>> {
    view.query_one("SELECT number, hash FROM audit_log ORDER BY number DESC LIMIT 1", &[], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })
}

pub(crate) fn insert(tx: &Tx<'_>, line: &Line) -> Result<()> {
    tx.execute(
        &format!(
            "INSERT INTO audit_log ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"
        ),
        &[
            line.number.into(),
            line.at.into(),
            (&line.actor).into(),
            line.on_behalf_of.as_ref().into(),
            (&line.action).into(),
            (&line.subject).into(),
            line.client.as_ref().into(),
            (&line.trace).into(),
            line.before.as_ref().into(),
            line.after.as_ref().into(),
            (&line.previous).into(),
            (&line.hash).into(),
        ],
    )?;
    Ok(())
}

pub(crate) fn head(view: &View<'_>) -> Result<Option<Vec<u8>>> {
    view.query_one("SELECT sealed FROM audit_head WHERE one = 1", &[], |row| row.get(0))
}

pub(crate) fn set_head(tx: &Tx<'_>, sealed: &[u8]) -> Result<()> {
    tx.execute(
        "INSERT INTO audit_head (one, sealed) VALUES (1, ?1) ON CONFLICT (one) DO UPDATE SET sealed = ?1",
        &[sealed.into()],
    )?;
    Ok(())
}

fn line(row: &Row<'_>) -> Result<Line> {
    Ok(Line {
        number: row.get(0)?,
        at: row.get(1)?,
        actor: row.get(2)?,
        on_behalf_of: row.get(3)?,
        action: row.get(4)?,
        subject: row.get(5)?,
        client: row.get(6)?,
        trace: row.get(7)?,
        before: row.get(8)?,
        after: row.get(9)?,
        previous: row.get(10)?,
        hash: row.get(11)?,
    })
}
