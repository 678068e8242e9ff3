-- When the bucket of starts of a kind is full again.
CREATE TABLE job_rates (
    kind    TEXT NOT NULL PRIMARY KEY,
    full_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
