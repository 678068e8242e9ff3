-- Rows in the order in which they were written, whichever run they tell of. When a run's rows stood side by side, every
-- write of a run under way fell into a page of its own, in the middle of the table, and split it.
CREATE TABLE saga_journal_in_order (
    position INTEGER PRIMARY KEY,
    -- The run's number and the entry's sequence within the run (16 bits).
    entry    INTEGER NOT NULL UNIQUE,
    kind     INTEGER NOT NULL,
    step     TEXT NOT NULL,
    attempt  INTEGER NOT NULL,
    began_at INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    note     TEXT,
    state    TEXT
) STRICT;
INSERT INTO saga_journal_in_order (entry, kind, step, attempt, began_at, at, note, state)
SELECT entry, kind, step, attempt, began_at, at, note, state FROM saga_journal ORDER BY entry;
DROP TABLE saga_journal;
ALTER TABLE saga_journal_in_order RENAME TO saga_journal;
