//! Levels and the adjustments that made them. What a buyer's order changes is one guarded statement that answers the level
//! after it, or nothing when the pieces are not there.

use mainstay_core::{Result, Timestamp, codes};
use mainstay_sql::{Param, Row, Tx, View};

use crate::model::{Adjustment, Level, VariantId};

/// The levels of these variants; one that never had stock is absent.
pub fn levels(view: &View<'_>, variants: &[VariantId]) -> Result<Vec<(VariantId, Level)>> {
    let list: Vec<_> = variants.iter().map(Into::into).collect();
    let sql = "SELECT on_hand, held, variant_id FROM levels WHERE variant_id IN (:list)";
    view.query_list(sql, &[], &list, |row| Ok((row.get(2)?, read(row)?)))
}

/// Whether any variant between these two ever had stock.
pub fn has_level_between(view: &View<'_>, first: VariantId, last: VariantId) -> Result<bool> {
    let sql = "SELECT 1 FROM levels WHERE variant_id BETWEEN ?1 AND ?2 LIMIT 1";
    Ok(view.query_one(sql, &[(&first).into(), (&last).into()], |_| Ok(()))?.is_some())
}

/// The level of one variant, if it ever had stock.
pub fn level(view: &View<'_>, variant: VariantId) -> Result<Option<Level>> {
    view.query_one("SELECT on_hand, held FROM levels WHERE variant_id = ?1", &[(&variant).into()], read)
}

/// Holds free pieces; `None` when there are too few.
pub fn hold(tx: &Tx<'_>, variant: VariantId, quantity: i64) -> Result<Option<Level>> {
    change(
        tx,
        "UPDATE levels SET held = held + ?2 WHERE variant_id = ?1 AND on_hand - held >= ?2 RETURNING on_hand, held",
        variant,
        quantity,
    )
}

/// Gives held pieces back.
pub fn give_back(tx: &Tx<'_>, variant: VariantId, quantity: i64) -> Result<Level> {
    let after = change(
        tx,
        "UPDATE levels SET held = held - ?2 WHERE variant_id = ?1 AND held >= ?2 RETURNING on_hand, held",
        variant,
        quantity,
    )?;
    after.ok_or_else(|| not_held(variant))
}

/// Takes held pieces out of the stock.
pub fn take_held(tx: &Tx<'_>, variant: VariantId, quantity: i64) -> Result<Level> {
    let after = change(
        tx,
        "UPDATE levels SET on_hand = on_hand - ?2, held = held - ?2 WHERE variant_id = ?1 AND held >= ?2 \
         RETURNING on_hand, held",
        variant,
        quantity,
    )?;
    after.ok_or_else(|| not_held(variant))
}

/// Takes free pieces out of the stock; `None` when there are too few.
pub fn take_free(tx: &Tx<'_>, variant: VariantId, quantity: i64) -> Result<Option<Level>> {
    change(
        tx,
        "UPDATE levels SET on_hand = on_hand - ?2 WHERE variant_id = ?1 AND on_hand - held >= ?2 \
         RETURNING on_hand, held",
        variant,
        quantity,
    )
}

/// Writes how many pieces there are of a variant, which had stock before or not. What is held stays.
pub fn put_on_hand(tx: &Tx<'_>, variant: VariantId, on_hand: i64, is_known: bool) -> Result<()> {
    if !is_known {
        return put_first(tx, &[(variant, on_hand)]);
    }
    // Not in one statement that answers the level, as below: SQLite keeps what such a one would have to undo, which
    // costs more than the change when there are hundreds.
    let sql = "UPDATE levels SET on_hand = ?2 WHERE variant_id = ?1";
    tx.execute(sql, &[(&variant).into(), on_hand.into()]).map(drop)
}

/// Writes how many pieces there are of variants that had no stock before.
pub fn put_first(tx: &Tx<'_>, levels: &[(VariantId, i64)]) -> Result<()> {
    const NONE_HELD: Param<'_> = Param::Integer(0);
    let rows: Vec<[Param<'_>; 3]> =
        levels.iter().map(|(variant, on_hand)| [variant.into(), (*on_hand).into(), NONE_HELD]).collect();
    tx.execute_rows("INSERT INTO levels (variant_id, on_hand, held) VALUES :rows", &rows).map(drop)
}

/// What was adjusted under a cause: deltas by variant, ordered by variant; empty if the cause is new.
pub fn adjustments(view: &View<'_>, cause: &str) -> Result<Vec<(VariantId, i64)>> {
    let sql = "SELECT variant_id, delta FROM adjustments WHERE cause = ?1 ORDER BY variant_id";
    view.query(sql, &[cause.into()], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// Writes an adjustment into the books.
pub fn record_adjustment(tx: &Tx<'_>, cause: &str, adjustment: &Adjustment, at: Timestamp) -> Result<()> {
    tx.execute(
        "INSERT INTO adjustments (cause, variant_id, delta, made_at) VALUES (?1, ?2, ?3, ?4)",
        &row_of(cause, adjustment, at),
    )?;
    Ok(())
}

/// Writes adjustments into the books, of variants that their cause has not adjusted before; whether it did so, in their
/// order.
pub fn record_once(tx: &Tx<'_>, cause: &str, adjustments: &[Adjustment], at: Timestamp) -> Result<Vec<bool>> {
    let ids = || adjustments.iter().map(|adjustment| adjustment.variant);
    let (Some(first), Some(last)) = (ids().min(), ids().max()) else { return Ok(Vec::new()) };
    // New ids lie close together: most of the time the cause has adjusted none of them, or may have adjusted all.
    let sql = "SELECT 1 FROM adjustments WHERE cause = ?1 AND variant_id BETWEEN ?2 AND ?3 LIMIT 1";
    let known = tx.query_one(sql, &[cause.into(), (&first).into(), (&last).into()], |_| Ok(()))?;
    if known.is_none() {
        let rows: Vec<[Param<'_>; 4]> = adjustments.iter().map(|one| row_of(cause, one, at)).collect();
        tx.execute_rows("INSERT INTO adjustments (cause, variant_id, delta, made_at) VALUES :rows", &rows)?;
        return Ok(vec![true; adjustments.len()]);
    }
    let sql = "INSERT INTO adjustments (cause, variant_id, delta, made_at) VALUES (?1, ?2, ?3, ?4) \
               ON CONFLICT DO NOTHING";
    adjustments.iter().map(|one| Ok(tx.execute(sql, &row_of(cause, one, at))? == 1)).collect()
}

fn row_of<'a>(cause: &'a str, adjustment: &'a Adjustment, at: Timestamp) -> [Param<'a>; 4] {
    [cause.into(), (&adjustment.variant).into(), adjustment.delta.into(), at.into()]
}

fn change(tx: &Tx<'_>, sql: &'static str, variant: VariantId, pieces: i64) -> Result<Option<Level>> {
    tx.query_one(sql, &[(&variant).into(), pieces.into()], read)
}

fn read(row: &Row<'_>) -> Result<Level> {
    Ok(Level { on_hand: row.get(0)?, held: row.get(1)? })
}

/// A reservation says that it holds pieces and the level says that it does not: going on would store a wrong fact.
fn not_held(variant: VariantId) -> mainstay_core::Error {
    codes::DATA_LOSS.error(format!("a reservation of {variant} holds more than its level does"))
}
