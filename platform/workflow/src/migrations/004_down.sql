CREATE TABLE saga_journal_by_run (
    entry    INTEGER PRIMARY KEY,
    kind     INTEGER NOT NULL,
    step     TEXT NOT NULL,
    attempt  INTEGER NOT NULL,
    began_at INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    note     TEXT,
    state    TEXT
) STRICT;
INSERT INTO saga_journal_by_run (entry, kind, step, attempt, began_at, at, note, state)
SELECT entry, kind, step, attempt, began_at, at, note, state FROM saga_journal ORDER BY entry;
DROP TABLE saga_journal;
ALTER TABLE saga_journal_by_run RENAME TO saga_journal;
