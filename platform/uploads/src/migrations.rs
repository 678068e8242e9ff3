//! The tables of uploads, in the database of each service that takes some.

use mainstay_sql::{Migration, MigrationSet};

/// Every step, oldest first. A service lists it before its own.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    module: "mainstay.uploads",
    migrations: &[Migration { version: 1, name: "uploads and segments", up: UP_1, down: DOWN_1 }],
};

const UP_1: &str = "
CREATE TABLE uploads (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    owner TEXT NOT NULL,
    -- what it is for, in the words of the service
    purpose TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size_bytes INTEGER NOT NULL CHECK (size_bytes > 0),
    -- acknowledged so far
    reached INTEGER NOT NULL CHECK (reached BETWEEN 0 AND size_bytes),
    expires_at INTEGER NOT NULL,
    -- what it became, in the words of the service
    outcome TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX uploads_by_owner ON uploads (owner);
CREATE INDEX uploads_by_end ON uploads (expires_at);

CREATE TABLE upload_segments (
    upload_id BLOB NOT NULL,
    place INTEGER NOT NULL,
    -- the object, below that of the upload
    name TEXT NOT NULL,
    PRIMARY KEY (upload_id, place)
) STRICT, WITHOUT ROWID;
";

const DOWN_1: &str = "
DROP TABLE upload_segments;
DROP TABLE uploads;
";
