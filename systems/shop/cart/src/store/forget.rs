//! What is deleted once nobody needs it any more.

use mainstay_core::{Result, Timestamp};
use mainstay_sql::{Aged, Tx, View};

use crate::model::CartId;

/// Looks at up to `limit` carts after `after` in the order of ids and deletes those that were last changed before
/// `before`, but for one that a checkout is buying. Answers the last cart it looked at, to go on from; nothing at the
/// end. An index by time would cost each change of each cart more than these daily pages cost.
pub fn forget_carts(
    tx: &Tx<'_>,
    after: Option<CartId>,
    before: Timestamp,
    limit: u32,
) -> Result<(u64, Option<CartId>)> {
    let start: &[u8] = after.as_ref().map_or(&[], |id| id.as_bytes());
    let page: Vec<(CartId, bool)> = tx.query(
        "SELECT id, changed_at < ?2 AND state <> 2 FROM carts WHERE id > ?1 ORDER BY id LIMIT ?3",
        &[start.into(), before.into(), limit.into()],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let last = page.last().map(|(id, _)| *id);
    let mut forgotten = 0;
    for (id, _) in page.iter().filter(|(_, old)| *old) {
        super::delete_lines(tx, *id)?;
        forgotten += tx.execute("DELETE FROM carts WHERE id = ?1", &[id.into()])?;
    }
    let more = u32::try_from(page.len()).is_ok_and(|length| length >= limit);
    Ok((forgotten, last.filter(|_| more)))
}

/// Deletes up to `limit` records of checkouts that unlocked before `before`; how many there were.
pub fn forget_called_off(tx: &Tx<'_>, before: Timestamp, limit: u32) -> Result<u64> {
    tx.execute(
        "DELETE FROM called_off WHERE checkout_id IN (SELECT checkout_id FROM called_off WHERE at < ?1 LIMIT ?2)",
        &[before.into(), limit.into()],
    )
}

/// All carts, and how many of them were last changed before `before`.
pub fn aged(view: &View<'_>, before: Timestamp) -> Result<Aged> {
    view.aged(
        "SELECT count(*), min(changed_at), sum(changed_at < ?1 AND state <> 2) FROM carts",
        &[before.into()],
    )
}
