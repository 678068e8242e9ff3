-- The log. Its newest row is never deleted, so that positions are never used twice without the second table that
-- AUTOINCREMENT would write to. It has no index: consumers read it by position, and every page that a commit dirties
-- is a page to sync.
CREATE TABLE outbox (
    position INTEGER PRIMARY KEY,
    id       BLOB NOT NULL,
    topic    TEXT NOT NULL,
    type     TEXT NOT NULL,
    key      TEXT NOT NULL,
    at       INTEGER NOT NULL,
    trace    BLOB,
    data     BLOB NOT NULL
) STRICT;

-- One row a consumer and generation. `parked` counts its messages in event_parked.
CREATE TABLE event_consumers (
    number   INTEGER PRIMARY KEY,
    name     TEXT NOT NULL UNIQUE,
    source   TEXT NOT NULL,
    topic    TEXT NOT NULL,
    position INTEGER NOT NULL DEFAULT 0,
    parked   INTEGER NOT NULL DEFAULT 0 CHECK (parked >= 0)
) STRICT;

-- What has had its effect. A consumer has one source, so its number stands for the producer. The ids begin with the
-- time of writing, so new rows go to the end and old ones are deleted from the front.
CREATE TABLE event_inbox (
    consumer INTEGER NOT NULL,
    id       BLOB NOT NULL,
    PRIMARY KEY (consumer, id)
) STRICT, WITHOUT ROWID;

-- Lanes that wait. A lane is a key, or one message of a consumer whose messages commute.
CREATE TABLE event_parked_keys (
    consumer INTEGER NOT NULL,
    lane     TEXT NOT NULL,
    dead     INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    due_at   INTEGER NOT NULL,
    since    INTEGER NOT NULL,
    code     TEXT NOT NULL,
    reason   TEXT NOT NULL,
    PRIMARY KEY (consumer, lane)
) STRICT, WITHOUT ROWID;

CREATE INDEX event_parked_due ON event_parked_keys (consumer, dead, due_at);

-- The messages of those lanes, as they came.
CREATE TABLE event_parked (
    consumer INTEGER NOT NULL,
    lane     TEXT NOT NULL,
    position INTEGER NOT NULL,
    id       BLOB NOT NULL,
    type     TEXT NOT NULL,
    key      TEXT NOT NULL,
    at       INTEGER NOT NULL,
    trace    BLOB,
    data     BLOB NOT NULL
) STRICT;

CREATE UNIQUE INDEX event_parked_order ON event_parked (consumer, lane, position);
-- A message that comes again is found without reading its lane, which may be thousands long.
CREATE UNIQUE INDEX event_parked_identity ON event_parked (consumer, id);
