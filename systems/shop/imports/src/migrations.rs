//! The schema of the imports' database, in numbered steps.

use mainstay_sql::{Migration, MigrationSet};

/// Every step, oldest first.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    module: "shop.imports",
    migrations: &[
        Migration { version: 1, name: "imports, staged lines, faults", up: UP_1, down: DOWN_1 },
        Migration { version: 2, name: "staged lines stand on pages", up: UP_2, down: DOWN_2 },
        Migration { version: 3, name: "units know their lines", up: UP_3, down: DOWN_3 },
        Migration { version: 4, name: "imports have an age", up: UP_4, down: DOWN_4 },
    ],
};

const UP_1: &str = "
CREATE TABLE imports (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    source TEXT NOT NULL,
    on_error TEXT NOT NULL CHECK (on_error IN ('skip', 'stop')),
    format TEXT NOT NULL CHECK (format IN ('csv', 'jsonl')),
    header TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('staging', 'checking', 'applying', 'done', 'stopped')),
    -- lines of the file: how far each stage has come
    staged_through INTEGER NOT NULL,
    checked_through INTEGER NOT NULL,
    applied_through INTEGER NOT NULL,
    staged INTEGER NOT NULL,
    faults INTEGER NOT NULL,
    applied INTEGER NOT NULL,
    begun_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX imports_by_age ON imports (begun_at);

CREATE TABLE staged_lines (
    import BLOB NOT NULL,
    line INTEGER NOT NULL,
    sku TEXT NOT NULL,
    -- the line's content as JSON, checked
    content TEXT NOT NULL,
    PRIMARY KEY (import, line)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX staged_skus ON staged_lines (import, sku);

CREATE TABLE faults (
    import BLOB NOT NULL,
    line INTEGER NOT NULL,
    reason TEXT NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (import, line)
) STRICT, WITHOUT ROWID;
";

const DOWN_1: &str = "
DROP TABLE faults;
DROP TABLE staged_lines;
DROP TABLE imports;
";

// What is staged is only ever read in its order and in one go, so a row a line was hundreds of thousands of rows that were
// written, read twice and deleted for nothing. Only the units are rows, since each may stand in a file once.
const UP_2: &str = "
CREATE TABLE staged_pages (
    page INTEGER PRIMARY KEY,
    import BLOB NOT NULL,
    -- the last line on it
    last INTEGER NOT NULL,
    -- a JSON array of pairs: the line's number and its content, checked
    content TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX staged_pages_in_order ON staged_pages (import, last);
INSERT INTO staged_pages (import, last, content)
    SELECT import, max(line), json_group_array(json_array(line, json(content)))
    FROM staged_lines GROUP BY import, line / 500 ORDER BY import, line / 500;

CREATE TABLE staged_units (
    import BLOB NOT NULL,
    sku TEXT NOT NULL,
    PRIMARY KEY (import, sku)
) STRICT, WITHOUT ROWID;
INSERT INTO staged_units (import, sku) SELECT import, sku FROM staged_lines;
DROP TABLE staged_lines;
";

const DOWN_2: &str = "
CREATE TABLE staged_lines (
    import BLOB NOT NULL,
    line INTEGER NOT NULL,
    sku TEXT NOT NULL,
    -- the line's content as JSON, checked
    content TEXT NOT NULL,
    PRIMARY KEY (import, line)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX staged_skus ON staged_lines (import, sku);
INSERT INTO staged_lines (import, line, sku, content)
    SELECT import, json_extract(pair.value, '$[0]'), json_extract(pair.value, '$[1].sku'),
        json_extract(pair.value, '$[1]')
    FROM staged_pages, json_each(staged_pages.content) AS pair;
DROP TABLE staged_units;
DROP TABLE staged_pages;
";

// So that many are written at once, and it is told afterwards which of them were there before.
const UP_3: &str = "ALTER TABLE staged_units ADD COLUMN line INTEGER NOT NULL DEFAULT 0;";

const DOWN_3: &str = "ALTER TABLE staged_units DROP COLUMN line;";

// An import that an earlier release left is as old as its beginning. `forgotten` names those that are gone and of which
// something is still to be deleted.
const UP_4: &str = "
ALTER TABLE imports ADD COLUMN changed_at INTEGER NOT NULL DEFAULT 0;
UPDATE imports SET changed_at = begun_at;
CREATE TABLE forgotten (import BLOB NOT NULL PRIMARY KEY) STRICT, WITHOUT ROWID;
";

const DOWN_4: &str = "
DELETE FROM staged_pages WHERE import IN (SELECT import FROM forgotten);
DELETE FROM staged_units WHERE import IN (SELECT import FROM forgotten);
DELETE FROM faults WHERE import IN (SELECT import FROM forgotten);
DROP TABLE forgotten;
ALTER TABLE imports DROP COLUMN changed_at;
";

#[cfg(test)]
mod tests {
    use mainstay_core::{Context, Id};
    use mainstay_testkit::TestDatabase;

    use super::*;
    use crate::store;

    #[tokio::test]
    async fn lines_that_an_earlier_release_staged_stand_on_pages() {
        const FIRST: MigrationSet =
            MigrationSet { module: MIGRATIONS.module, migrations: &[MIGRATIONS.migrations[0]] };
        let (test, ctx) = (TestDatabase::open(&[FIRST]).await, Context::background("shop.imports"));
        let id = Id::from_bytes([7; 16]);
        let stage = move |tx: &mainstay_sql::Tx<'_>| {
            for line in 2..1_203i64 {
                let content = format!(r#"{{"product":"mug","sku":"M-{line}","name":"=Mug \"{line}\""}}"#);
                tx.execute(
                    "INSERT INTO staged_lines (import, line, sku, content) VALUES (?1, ?2, ?3, ?4)",
                    &[(&id).into(), line.into(), (&format!("M-{line}")).into(), (&content).into()],
                )?;
            }
            Ok(())
        };
        test.db.write(&ctx, stage).await.unwrap();
        test.db.migrate(&[MIGRATIONS]).await.unwrap();
        let read = move |tx: &mainstay_sql::Tx<'_>| {
            let (mut after, mut lines) = (0, Vec::new());
            while let Some(page) = store::page(tx, id, after)? {
                after = page.last;
                lines.extend(page.lines);
            }
            Ok((lines, store::add_units(tx, id, &[(1_300, "M-2"), (1_301, "M-1")])?))
        };
        let (lines, repeated) = test.db.write(&ctx, read).await.unwrap();
        assert_eq!(repeated, [1_300].into());
        assert_eq!(lines.iter().map(|(line, _)| *line).collect::<Vec<_>>(), (2..1_203).collect::<Vec<_>>());
        let (_, content) = &lines[500];
        assert_eq!((content.sku.as_str(), content.name.as_deref()), ("M-502", Some("=Mug \"502\"")));
    }
}
