-- Which steps a version of a saga has, so that a change without a new version is noticed.
CREATE TABLE saga_definitions (
    name    TEXT NOT NULL,
    version INTEGER NOT NULL,
    shape   TEXT NOT NULL,
    PRIMARY KEY (name, version)
) STRICT, WITHOUT ROWID;

-- One small row a run. It changes only when the run sleeps, turns back, is parked or ends; what happens step by step
-- is appended to the journal. The youngest row is never deleted, so that numbers are never used twice. What the
-- dispatcher and the pruning look at stands first.
CREATE TABLE saga_runs (
    number       INTEGER PRIMARY KEY,
    status       INTEGER NOT NULL,
    wake_at      INTEGER NOT NULL,
    started_at   INTEGER NOT NULL,
    ended_at     INTEGER,
    deadline     INTEGER,
    run          BLOB NOT NULL UNIQUE CHECK (length(run) = 16),
    name         TEXT NOT NULL,
    version      INTEGER NOT NULL,
    awaits       TEXT,
    tenant       BLOB NOT NULL,
    principal    TEXT NOT NULL,
    on_behalf_of TEXT,
    trace        TEXT NOT NULL,
    failure      TEXT,
    reason       TEXT
) STRICT;
CREATE INDEX saga_runs_open ON saga_runs (status, wake_at) WHERE ended_at IS NULL;

-- The key packs the run's number and the entry's sequence within the run (16 bits): a row table ordered by it needs
-- no second index, and states of a few kilobytes stay out of overflow pages.
CREATE TABLE saga_journal (
    entry    INTEGER PRIMARY KEY,
    kind     INTEGER NOT NULL,
    step     TEXT NOT NULL,
    attempt  INTEGER NOT NULL,
    began_at INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    note     TEXT,
    state    TEXT
) STRICT;

CREATE TABLE saga_signals (
    number   INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    name     TEXT NOT NULL,
    payload  TEXT NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (number, sequence)
) STRICT, WITHOUT ROWID;
