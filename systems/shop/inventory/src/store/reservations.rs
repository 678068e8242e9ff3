//! Reservations and what they hold.

use mainstay_core::{Result, Timestamp};
use mainstay_sql::{Tx, View};

use crate::model::{Line, Reservation, ReservationId, State, VariantId};

/// A reservation with its lines.
pub fn reservation(view: &View<'_>, id: ReservationId) -> Result<Option<Reservation>> {
    let mut found: Option<Reservation> = None;
    view.for_each(
        "SELECT r.state, h.variant_id, h.quantity FROM reservations r \
         LEFT JOIN holds h ON h.reservation_id = r.id WHERE r.id = ?1 ORDER BY h.variant_id",
        &[(&id).into()],
        |row| {
            let reservation = match &mut found {
                Some(reservation) => reservation,
                None => {
                    let state = State::from_stored(row.get(0)?)?;
                    found.insert(Reservation { id, state, lines: Vec::new() })
                }
            };
            if let Some(variant) = row.get::<Option<VariantId>>(1)? {
                reservation.lines.push((variant, row.get(2)?));
            }
            Ok(())
        },
    )?;
    Ok(found)
}

/// Records a reservation and its lines.
pub fn insert_reservation(
    tx: &Tx<'_>,
    id: ReservationId,
    state: State,
    expires_at: Timestamp,
    lines: &[Line],
) -> Result<()> {
    tx.execute(
        "INSERT INTO reservations (id, state, expires_at, changed_at) VALUES (?1, ?2, ?3, ?4)",
        &[(&id).into(), state.to_stored().into(), expires_at.into(), tx.now().into()],
    )?;
    for line in lines {
        tx.execute(
            "INSERT INTO holds (reservation_id, variant_id, quantity) VALUES (?1, ?2, ?3)",
            &[(&id).into(), (&line.variant).into(), line.quantity.into()],
        )?;
    }
    Ok(())
}

/// Moves a reservation to another state; `expires_at` only where the hold begins anew.
pub fn set_state(tx: &Tx<'_>, id: ReservationId, state: State, expires_at: Option<Timestamp>) -> Result<()> {
    tx.execute(
        "UPDATE reservations SET state = ?2, expires_at = coalesce(?3, expires_at), changed_at = ?4 WHERE id = ?1",
        &[(&id).into(), state.to_stored().into(), expires_at.into(), tx.now().into()],
    )?;
    Ok(())
}

/// Whether a sweep would find anything: a hold that has run out, or a reservation to forget.
pub fn work_for_sweep(view: &View<'_>, now: Timestamp, forget_before: Timestamp) -> Result<bool> {
    let found = view.query_one(
        "SELECT EXISTS (SELECT 1 FROM reservations WHERE state = 1 AND expires_at <= ?1) \
         OR EXISTS (SELECT 1 FROM reservations WHERE state IN (3, 4) AND changed_at < ?2)",
        &[now.into(), forget_before.into()],
        |row| row.get(0),
    )?;
    Ok(found.unwrap_or_default())
}

/// The lines of the reservations whose hold has run out, of at most `limit` of them, the longest overdue first.
pub fn overdue(view: &View<'_>, now: Timestamp, limit: u32) -> Result<Vec<(ReservationId, VariantId, i64)>> {
    view.query(
        "SELECT r.id, h.variant_id, h.quantity FROM \
         (SELECT id, expires_at FROM reservations WHERE state = 1 AND expires_at <= ?1 ORDER BY expires_at LIMIT ?2) r \
         JOIN holds h ON h.reservation_id = r.id ORDER BY r.expires_at, r.id, h.variant_id",
        &[now.into(), limit.into()],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )
}

/// Deletes reservations that came to nothing and ended before `before`, with their lines; how many there were.
pub fn forget(tx: &Tx<'_>, before: Timestamp, limit: u32) -> Result<u64> {
    const LINES: &str = "DELETE FROM holds WHERE reservation_id IN (SELECT id FROM reservations \
                         WHERE state IN (3, 4) AND changed_at < ?1 ORDER BY changed_at, id LIMIT ?2)";
    const ENDED: &str = "DELETE FROM reservations WHERE id IN (SELECT id FROM reservations \
                         WHERE state IN (3, 4) AND changed_at < ?1 ORDER BY changed_at, id LIMIT ?2)";
    tx.execute(LINES, &[before.into(), limit.into()])?;
    tx.execute(ENDED, &[before.into(), limit.into()])
}
