//! The schema of the imports' database, in numbered steps.

use mainstay_sql::{Migration, MigrationSet};

/// Every step, oldest first.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    module: "shop.imports",
    migrations: &[Migration { version: 1, name: "imports, staged lines, faults", up: UP_1, down: DOWN_1 }],
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
