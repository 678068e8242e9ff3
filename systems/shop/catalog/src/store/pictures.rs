//! What is known of pictures. A picture has a row before it has a file, so no file is ever without one.

use mainstay_core::{Result, Timestamp, codes};
use mainstay_sql::{Row, Tx, View};

use crate::model::{PictureFormat, PictureId};

/// Of these pictures those that can be shown.
pub fn shown_pictures(view: &View<'_>, ids: &[PictureId]) -> Result<Vec<PictureId>> {
    let list: Vec<_> = ids.iter().map(|id| id.as_bytes().as_slice().into()).collect();
    let sql = "SELECT id FROM pictures WHERE id IN (:list) AND state = 'shown'";
    view.query_list(sql, &[], &list, |row| id(row, 0))
}

/// What the sizes of a picture are written in, when it can be shown.
pub fn picture_format(view: &View<'_>, id: PictureId) -> Result<Option<PictureFormat>> {
    let sql = "SELECT format FROM pictures WHERE id = ?1 AND state = 'shown'";
    view.query_one(sql, &[id.as_bytes().as_slice().into()], |row| row.text(0)?.parse())
}

/// Says that the files of a picture are about to be written. `false` when they are just being deleted.
pub fn begin_picture(tx: &Tx<'_>, id: PictureId, format: PictureFormat, now: Timestamp) -> Result<bool> {
    let changed = tx.execute(
        "INSERT INTO pictures (id, format, state, uses, touched_at) VALUES (?1, ?2, 'coming', 0, ?3) \
         ON CONFLICT (id) DO UPDATE SET touched_at = ?3 WHERE state <> 'going'",
        &[id.as_bytes().as_slice().into(), format.as_str().into(), now.as_micros().into()],
    )?;
    Ok(changed > 0)
}

/// Says that the files of a picture are there. `false` when they were deleted meanwhile.
pub fn show_picture(tx: &Tx<'_>, id: PictureId, now: Timestamp) -> Result<bool> {
    let sql = "UPDATE pictures SET state = 'shown', touched_at = ?2 WHERE id = ?1 AND state <> 'going'";
    Ok(tx.execute(sql, &[id.as_bytes().as_slice().into(), now.as_micros().into()])? > 0)
}

/// Counts that one more product shows a picture, or one less.
pub fn count_picture(tx: &Tx<'_>, id: PictureId, more: bool, now: Timestamp) -> Result<()> {
    let sql = "UPDATE pictures SET uses = max(uses + ?2, 0), touched_at = ?3 WHERE id = ?1";
    let step: i64 = if more { 1 } else { -1 };
    tx.execute(sql, &[id.as_bytes().as_slice().into(), step.into(), now.as_micros().into()])?;
    Ok(())
}

/// Pictures that no product has shown since then, the longest unused first.
pub fn unused_pictures(view: &View<'_>, since: Timestamp, limit: u32) -> Result<Vec<PictureId>> {
    let sql = "SELECT id FROM pictures WHERE uses = 0 AND touched_at < ?1 ORDER BY touched_at LIMIT ?2";
    view.query(sql, &[since.as_micros().into(), limit.into()], |row| id(row, 0))
}

/// Says of a picture that its files are about to be deleted, unless somebody came for it meanwhile.
pub fn end_picture(tx: &Tx<'_>, id: PictureId, since: Timestamp) -> Result<bool> {
    let sql = "UPDATE pictures SET state = 'going' WHERE id = ?1 AND uses = 0 AND touched_at < ?2";
    Ok(tx.execute(sql, &[id.as_bytes().as_slice().into(), since.as_micros().into()])? > 0)
}

/// Forgets pictures whose files are deleted.
pub fn forget_pictures(tx: &Tx<'_>, ids: &[PictureId]) -> Result<()> {
    for id in ids {
        let sql = "DELETE FROM pictures WHERE id = ?1 AND state = 'going'";
        tx.execute(sql, &[id.as_bytes().as_slice().into()])?;
    }
    Ok(())
}

fn id(row: &Row<'_>, column: usize) -> Result<PictureId> {
    let bytes = row.blob(column)?.try_into();
    bytes.map(PictureId::from_bytes).map_err(|_| codes::DATA_LOSS.error("a stored picture has no name"))
}
