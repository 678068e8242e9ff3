-- What happened to every aggregate. Events are never deleted, so positions are never used twice.
CREATE TABLE aggregate_events (
    position  INTEGER PRIMARY KEY,
    aggregate TEXT NOT NULL,
    id        BLOB NOT NULL CHECK (length(id) = 16),
    version   INTEGER NOT NULL,
    kind      TEXT NOT NULL,
    schema    INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    principal TEXT NOT NULL,
    trace     TEXT NOT NULL,
    data      TEXT NOT NULL,
    UNIQUE (id, aggregate, version)
) STRICT;

-- A cache.
CREATE TABLE aggregate_snapshots (
    id        BLOB NOT NULL,
    aggregate TEXT NOT NULL,
    version   INTEGER NOT NULL,
    schema    INTEGER NOT NULL,
    data      TEXT NOT NULL,
    PRIMARY KEY (id, aggregate)
) STRICT;

-- Generations of projections: stage 0 is being built, 1 is live, 2 is retired.
CREATE TABLE projections (
    name       TEXT NOT NULL,
    generation INTEGER NOT NULL,
    stage      INTEGER NOT NULL,
    position   INTEGER NOT NULL,
    PRIMARY KEY (name, generation)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX projections_live ON projections (name) WHERE stage = 1;
