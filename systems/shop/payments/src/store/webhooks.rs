//! The webhooks' table: which events were taken, and the bodies of those that wait for their payment.

use mainstay_core::{Result, Timestamp};
use mainstay_sql::{Tx, View};

/// Notes an event. `false` when it was taken before.
pub fn take(tx: &Tx<'_>, event_id: &str, reference: &str) -> Result<bool> {
    let rows = tx.execute(
        "INSERT INTO webhooks (event_id, reference, body, received_at) VALUES (?1, ?2, NULL, ?3)
         ON CONFLICT DO NOTHING",
        &[event_id.into(), reference.into(), tx.now().into()],
    )?;
    Ok(rows == 1)
}

/// Keeps an event's body until its payment is known.
pub fn keep(tx: &Tx<'_>, event_id: &str, body: &[u8]) -> Result<()> {
    tx.execute("UPDATE webhooks SET body = ?2 WHERE event_id = ?1", &[event_id.into(), body.into()])?;
    Ok(())
}

/// How many bodies are kept.
pub fn kept(view: &View<'_>) -> Result<u64> {
    let count =
        view.query_one("SELECT count(*) FROM webhooks WHERE body IS NOT NULL", &[], |row| row.get(0))?;
    Ok(count.unwrap_or(0))
}

/// The bodies kept for a payment, which are not kept any longer.
pub fn claim(tx: &Tx<'_>, reference: &str) -> Result<Vec<Vec<u8>>> {
    let bodies = tx.query(
        "SELECT body FROM webhooks WHERE reference = ?1 AND body IS NOT NULL ORDER BY received_at",
        &[reference.into()],
        |row| row.get(0),
    )?;
    if !bodies.is_empty() {
        tx.execute(
            "UPDATE webhooks SET body = NULL WHERE reference = ?1 AND body IS NOT NULL",
            &[reference.into()],
        )?;
    }
    Ok(bodies)
}

/// Forgets events that were received before `before`, at most `limit` of them; how many it were.
pub fn prune(tx: &Tx<'_>, before: Timestamp, limit: u32) -> Result<u64> {
    tx.execute(
        "DELETE FROM webhooks WHERE event_id IN
             (SELECT event_id FROM webhooks WHERE received_at < ?1 LIMIT ?2)",
        &[before.into(), limit.into()],
    )
}
