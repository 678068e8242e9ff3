//! The schema of inventory's database, in numbered steps.

use mainstay_sql::{Migration, MigrationSet};

/// Every step, oldest first.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    module: "shop.inventory",
    migrations: &[Migration {
        version: 1,
        name: "levels, reservations and adjustments",
        up: UP_1,
        down: DOWN_1,
    }],
};

// The checks say again what the rules say, so that no path whatever can store an oversold level. Reservations and
// adjustments stay: they are the books that the levels are audited against.
const UP_1: &str = "
CREATE TABLE levels (
    variant_id BLOB NOT NULL PRIMARY KEY CHECK (length(variant_id) = 16),
    on_hand INTEGER NOT NULL CHECK (on_hand BETWEEN 0 AND 1000000000000),
    held INTEGER NOT NULL CHECK (held >= 0),
    CHECK (held <= on_hand)
) STRICT, WITHOUT ROWID;

CREATE TABLE reservations (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    -- 1 held, 2 committed, 3 released, 4 expired
    state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 4),
    expires_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX reservations_to_expire ON reservations (expires_at) WHERE state = 1;
CREATE INDEX reservations_to_forget ON reservations (changed_at) WHERE state IN (3, 4);

CREATE TABLE holds (
    reservation_id BLOB NOT NULL,
    variant_id BLOB NOT NULL CHECK (length(variant_id) = 16),
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (reservation_id, variant_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE adjustments (
    cause TEXT NOT NULL,
    variant_id BLOB NOT NULL CHECK (length(variant_id) = 16),
    delta INTEGER NOT NULL,
    made_at INTEGER NOT NULL,
    PRIMARY KEY (cause, variant_id)
) STRICT, WITHOUT ROWID;
";

const DOWN_1: &str = "
DROP TABLE adjustments;
DROP TABLE holds;
DROP TABLE reservations;
DROP TABLE levels;
";
