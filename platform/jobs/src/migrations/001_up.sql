-- state: 0 queued, 1 running, 2 done, 3 dead. priority: 0 high, 1 normal, 2 low.
CREATE TABLE jobs (
    id           BLOB NOT NULL PRIMARY KEY,
    kind         TEXT NOT NULL,
    state        INTEGER NOT NULL CHECK (state BETWEEN 0 AND 3),
    priority     INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 2),
    attempts     INTEGER NOT NULL,
    due_at       INTEGER NOT NULL,
    enqueued_at  INTEGER NOT NULL,
    ended_at     INTEGER,
    unique_key   TEXT,
    tenant       BLOB NOT NULL,
    principal    TEXT NOT NULL,
    on_behalf_of TEXT,
    trace        BLOB NOT NULL,
    code         TEXT,
    reason       TEXT,
    payload      TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What may start, in the order in which it does.
CREATE INDEX jobs_ready ON jobs (kind, priority, due_at) WHERE state = 0;
-- Few at any time: whose wait may have been set before the wall clock stepped back, and whose process may have died.
CREATE INDEX jobs_retrying ON jobs (kind, due_at) WHERE state = 0 AND attempts > 0;
CREATE INDEX jobs_running ON jobs (kind) WHERE state = 1;
CREATE INDEX jobs_ended ON jobs (state, ended_at) WHERE state >= 2;
CREATE UNIQUE INDEX jobs_unique ON jobs (kind, unique_key) WHERE unique_key IS NOT NULL AND state < 2;

CREATE TABLE job_schedules (
    name     TEXT NOT NULL PRIMARY KEY,
    pattern  TEXT NOT NULL,
    next_at  INTEGER NOT NULL,
    last_at  INTEGER
) STRICT, WITHOUT ROWID;
