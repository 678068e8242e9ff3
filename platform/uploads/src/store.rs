//! Every query that uploads make.

use std::ops::Range;

use mainstay_core::{Result, Timestamp};
use mainstay_sql::{Row, Tx, View};

use crate::uploads::{Upload, UploadId};

const COLUMNS: &str = "id, owner, purpose, media_type, size_bytes, reached, expires_at, outcome";

pub(crate) fn upload(view: &View<'_>, id: UploadId) -> Result<Option<Upload>> {
    view.query_one(&format!("SELECT {COLUMNS} FROM uploads WHERE id = ?1"), &[(&id).into()], read)
}

/// How many of a caller's are under way.
pub(crate) fn under_way(view: &View<'_>, owner: &str, now: Timestamp) -> Result<u32> {
    let sql = "SELECT count(*) FROM uploads WHERE owner = ?1 AND outcome IS NULL AND expires_at > ?2";
    Ok(view.query_one(sql, &[owner.into(), now.into()], |row| row.get(0))?.unwrap_or_default())
}

pub(crate) fn insert(tx: &Tx<'_>, upload: &Upload) -> Result<()> {
    let sql = "INSERT INTO uploads (id, owner, purpose, media_type, size_bytes, reached, expires_at) \
               VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6)";
    tx.execute(
        sql,
        &[
            (&upload.id).into(),
            (&upload.owner).into(),
            (&upload.purpose).into(),
            (&upload.media_type).into(),
            signed(upload.size_bytes).into(),
            upload.expires_at.into(),
        ],
    )?;
    Ok(())
}

/// Moves an upload on, unless somebody did meanwhile or its time is up.
pub(crate) fn advance(
    tx: &Tx<'_>,
    id: UploadId,
    Range { start, end }: Range<u64>,
    now: Timestamp,
    expires_at: Timestamp,
    outcome: Option<&str>,
) -> Result<bool> {
    let sql = "UPDATE uploads SET reached = ?3, expires_at = ?4, outcome = ?5 \
               WHERE id = ?1 AND reached = ?2 AND outcome IS NULL AND expires_at > ?6";
    let places = [signed(start), signed(end)];
    let moved = tx.execute(
        sql,
        &[(&id).into(), places[0].into(), places[1].into(), expires_at.into(), outcome.into(), now.into()],
    )?;
    Ok(moved > 0)
}

/// Says that the time of an upload is up.
pub(crate) fn end(tx: &Tx<'_>, id: UploadId) -> Result<()> {
    tx.execute("UPDATE uploads SET expires_at = 0 WHERE id = ?1", &[(&id).into()])?;
    Ok(())
}

pub(crate) fn insert_segment(tx: &Tx<'_>, id: UploadId, place: u64, name: &str) -> Result<()> {
    let sql = "INSERT INTO upload_segments (upload_id, place, name) VALUES (?1, ?2, ?3)";
    tx.execute(sql, &[(&id).into(), signed(place).into(), name.into()])?;
    Ok(())
}

/// The names of the segments, in the order of their bytes.
pub(crate) fn segments(view: &View<'_>, id: UploadId) -> Result<Vec<String>> {
    let sql = "SELECT name FROM upload_segments WHERE upload_id = ?1 ORDER BY place";
    view.query(sql, &[(&id).into()], |row| row.get(0))
}

pub(crate) fn delete_segments(tx: &Tx<'_>, id: UploadId) -> Result<()> {
    tx.execute("DELETE FROM upload_segments WHERE upload_id = ?1", &[(&id).into()])?;
    Ok(())
}

pub(crate) fn delete(tx: &Tx<'_>, id: UploadId) -> Result<()> {
    delete_segments(tx, id)?;
    tx.execute("DELETE FROM uploads WHERE id = ?1", &[(&id).into()])?;
    Ok(())
}

/// Those whose time was up by then, the oldest first.
pub(crate) fn ended(view: &View<'_>, by: Timestamp, limit: u32) -> Result<Vec<UploadId>> {
    let sql = "SELECT id FROM uploads WHERE expires_at < ?1 ORDER BY expires_at LIMIT ?2";
    view.query(sql, &[by.into(), limit.into()], |row| row.get(0))
}

fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

fn read(row: &Row<'_>) -> Result<Upload> {
    Ok(Upload {
        id: row.get(0)?,
        owner: row.get(1)?,
        purpose: row.get(2)?,
        media_type: row.get(3)?,
        size_bytes: row.get(4)?,
        reached: row.get(5)?,
        expires_at: row.get(6)?,
        outcome: row.get(7)?,
    })
}
