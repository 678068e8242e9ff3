//! The tables of words, in the database of each service that searches.

use mainstay_sql::{Migration, MigrationSet};

/// Every step, oldest first. A service lists it before its own.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    module: "mainstay.search",
    migrations: &[Migration { version: 1, name: "words", up: UP_1, down: DOWN_1 }],
};

const UP_1: &str = "
CREATE TABLE search_words (
    index_name TEXT NOT NULL,
    word TEXT NOT NULL,
    -- in how many rows it stands
    row_count INTEGER NOT NULL,
    PRIMARY KEY (index_name, word)
) STRICT, WITHOUT ROWID;

CREATE TABLE search_slips (
    index_name TEXT NOT NULL,
    -- the word, or the word without one of its letters
    form TEXT NOT NULL,
    word TEXT NOT NULL,
    PRIMARY KEY (index_name, form, word)
) STRICT, WITHOUT ROWID;
";

const DOWN_1: &str = "
DROP TABLE search_slips;
DROP TABLE search_words;
";
