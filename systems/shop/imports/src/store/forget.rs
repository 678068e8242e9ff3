//! What is deleted once nobody needs it any more.
//!
//! An import goes in one moment, and what belongs to it after that in small pieces: were the pieces deleted first, somebody
//! who continues it in between would find it half there. Its file begins it anew once all of it is gone.

use mainstay_core::{Result, Timestamp};
use mainstay_sql::{Aged, Tx, View};

use super::lines::{forget_faults, forget_staged};
use crate::model::ImportId;

const HAS_ENDED: &str = "state IN ('done', 'stopped')";
/// The file was cut in the middle, or whoever brought it never came back.
const IS_OPEN: &str = "state = 'staging'";

/// Parts with imports that ended before `ended`, and with those that nobody has continued since `abandoned`; how many they
/// are. What belongs to them is swept later.
pub fn part_with_old(tx: &Tx<'_>, ended: Timestamp, abandoned: Timestamp) -> Result<u64> {
    tx.execute(
        &format!(
            "INSERT INTO forgotten (import) SELECT id FROM imports \
             WHERE {HAS_ENDED} AND changed_at < ?1 OR {IS_OPEN} AND changed_at < ?2"
        ),
        &[ended.into(), abandoned.into()],
    )?;
    tx.execute("DELETE FROM imports WHERE id IN (SELECT import FROM forgotten)", &[])
}

/// Deletes some of what belongs to an import that is parted with; false when nothing is left of any.
pub fn sweep(tx: &Tx<'_>) -> Result<bool> {
    let next: Option<ImportId> =
        tx.query_one("SELECT import FROM forgotten ORDER BY import LIMIT 1", &[], |row| row.get(0))?;
    let Some(import) = next else { return Ok(false) };
    if forget_staged(tx, import)? == 0 && forget_faults(tx, import)? == 0 {
        tx.execute("DELETE FROM forgotten WHERE import = ?1", &[(&import).into()])?;
    }
    Ok(true)
}

/// Whether something is left of an import that is parted with.
pub fn is_leaving(view: &View<'_>, import: ImportId) -> Result<bool> {
    let found =
        view.query_one("SELECT 1 FROM forgotten WHERE import = ?1", &[(&import).into()], |_| Ok(()))?;
    Ok(found.is_some())
}

/// Imports that ended and those whose file has not come to its end, and how many of either are due.
pub fn aged(view: &View<'_>, ended: Timestamp, abandoned: Timestamp) -> Result<(Aged, Aged)> {
    let kind = |which: &str, before: Timestamp| {
        view.aged(
            &format!("SELECT count(*), min(changed_at), sum(changed_at < ?1) FROM imports WHERE {which}"),
            &[before.into()],
        )
    };
    Ok((kind(HAS_ENDED, ended)?, kind(IS_OPEN, abandoned)?))
}

#[cfg(test)]
mod tests {
    use mainstay_core::{Context, Id};
    use mainstay_records::Format;
    use mainstay_testkit::TestDatabase;

    use super::*;
    use crate::migrations::MIGRATIONS;
    use crate::model::{Content, Fault, Import, OnError, State};
    use crate::store::{self, WrittenPage};

    /// An import in this state with a page, a unit and faults, last changed at so many microseconds.
    fn put(tx: &Tx<'_>, number: u8, state: State, changed_at: i64) -> Result<()> {
        let id = Id::from_bytes([number; 16]);
        let (at, source) = (Timestamp::from_micros(changed_at), "goods.csv".to_owned());
        let begun = Import::begun(id, source, OnError::Skip, Format::JsonLines, String::new(), at);
        let import = Import { state, ..begun };
        store::insert(tx, &import)?;
        let content = Content { product: "mug".into(), sku: "M-1".into(), ..Content::default() };
        if let Some(page) = WrittenPage::of(&[(1, &content)])? {
            store::add_page(tx, id, &page)?;
        }
        store::add_units(tx, id, &[(1, "M-1")])?;
        (2..4).try_for_each(|line| store::add_fault(tx, id, &Fault::new(line, "bad_sku", "")))
    }

    #[tokio::test]
    async fn what_had_its_time_goes_with_all_that_belongs_to_it() {
        let (test, ctx) = (TestDatabase::open(&[MIGRATIONS]).await, Context::background("shop.imports"));
        let imports = [
            (1, State::Done, 10, false),
            (2, State::Stopped, 10, false),
            (3, State::Done, 30, true),
            (4, State::Staging, 60, false),
            (5, State::Staging, 80, true),
            (6, State::Applying, 10, true),
            (7, State::Checking, 10, true),
        ];
        let (ended, abandoned) = (Timestamp::from_micros(20), Timestamp::from_micros(70));
        let forget = move |tx: &Tx<'_>| {
            for (number, state, changed_at, _) in imports {
                put(tx, number, state, changed_at)?;
            }
            let (all, open) = aged(tx, ended, abandoned)?;
            assert_eq!((all.rows, all.due, open.rows, open.due), (3, 2, 2, 1));
            assert_eq!(part_with_old(tx, ended, abandoned)?, 3);
            assert!(is_leaving(tx, Id::from_bytes([4; 16]))?);
            while sweep(tx)? {}
            assert_eq!(part_with_old(tx, ended, abandoned)?, 0);
            for (number, _, _, stays) in imports {
                let id: ImportId = Id::from_bytes([number; 16]);
                let is_there = [
                    store::import(tx, id)?.is_some(),
                    store::page(tx, id, 0)?.is_some(),
                    // A unit that is there belongs to line 1.
                    !store::add_units(tx, id, &[(2, "M-1")])?.is_empty(),
                    store::faults(tx, id, 0, 10)?.len() == 2,
                ];
                assert_eq!(is_there, [stays; 4], "{number}");
                assert!(!is_leaving(tx, id)?);
            }
            Ok(())
        };
        test.db.write(&ctx, forget).await.unwrap();
    }

    #[tokio::test]
    async fn an_import_that_is_continued_is_young_again() {
        let (test, ctx) = (TestDatabase::open(&[MIGRATIONS]).await, Context::background("shop.imports"));
        let save = |tx: &Tx<'_>| {
            put(tx, 1, State::Staging, 10)?;
            let import = store::import(tx, Id::from_bytes([1; 16]))?.unwrap();
            store::save(tx, &import)?;
            part_with_old(tx, Timestamp::from_micros(20), Timestamp::from_micros(20))
        };
        assert_eq!(test.db.write(&ctx, save).await.unwrap(), 0);
    }
}
