BEGIN;
CREATE TABLE mainstay_migrations (
             module TEXT NOT NULL,
             version INTEGER NOT NULL,
             name TEXT NOT NULL,
             checksum TEXT NOT NULL,
             applied_at INTEGER NOT NULL,
             PRIMARY KEY (module, version)
         ) STRICT, WITHOUT ROWID;
INSERT INTO "mainstay_migrations" VALUES ('idempotency',1,'keys','93e95282642fdcb9e048528ae63f7e54',1795636320535879);
INSERT INTO "mainstay_migrations" VALUES ('mainstay.events',1,'outbox, consumers, inbox, parked keys','c1920e0fc6eed81b2bb6671edfb0b35c',1795636320503820);
INSERT INTO "mainstay_migrations" VALUES ('mainstay.jobs',1,'jobs and schedules','e43797034031b3f292dc176f64933f8a',1795636320511957);
INSERT INTO "mainstay_migrations" VALUES ('mainstay.jobs',2,'rates by kind','b0fe2381c58b82edd4e9fb35df36ef86',1795636320515870);
INSERT INTO "mainstay_migrations" VALUES ('mainstay.sql',1,'leases','c9eea117a36c1066e9e4b2392109cab0',1795636320500003);
INSERT INTO "mainstay_migrations" VALUES ('mainstay.workflow',1,'sagas','15b2c62ca12ec68e5934f6423b81f63f',1795636320523986);
INSERT INTO "mainstay_migrations" VALUES ('mainstay.workflow',2,'aggregates and projections','bc2cf9ac63ba9618d7a47865d0115649',1795636320532011);
INSERT INTO "mainstay_migrations" VALUES ('shop.auth',1,'accounts, sessions and addresses','439490c61985ccbf85b1f3c2e97548bc',1795636320543959);
CREATE TABLE mainstay_leases (
                 name TEXT NOT NULL PRIMARY KEY,
                 holder TEXT NOT NULL,
                 fence INTEGER NOT NULL,
                 expires_at INTEGER NOT NULL
             ) STRICT, WITHOUT ROWID;
INSERT INTO "mainstay_leases" VALUES ('background','0c292fb0-d124-4c3a-8e61-873c30a2533a/4026531836/15917/546183/0',2,0);
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
CREATE TABLE event_consumers (
    number   INTEGER PRIMARY KEY,
    name     TEXT NOT NULL UNIQUE,
    source   TEXT NOT NULL,
    topic    TEXT NOT NULL,
    position INTEGER NOT NULL DEFAULT 0,
    parked   INTEGER NOT NULL DEFAULT 0 CHECK (parked >= 0)
) STRICT;
CREATE TABLE event_inbox (
    consumer INTEGER NOT NULL,
    id       BLOB NOT NULL,
    PRIMARY KEY (consumer, id)
) STRICT, WITHOUT ROWID;
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
CREATE TABLE job_schedules (
    name     TEXT NOT NULL PRIMARY KEY,
    pattern  TEXT NOT NULL,
    next_at  INTEGER NOT NULL,
    last_at  INTEGER
) STRICT, WITHOUT ROWID;
INSERT INTO "job_schedules" VALUES ('forget-sessions','17 * * * *',1795637820000000,NULL);
CREATE TABLE job_rates (
    kind    TEXT NOT NULL PRIMARY KEY,
    full_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE saga_definitions (
    name    TEXT NOT NULL,
    version INTEGER NOT NULL,
    shape   TEXT NOT NULL,
    PRIMARY KEY (name, version)
) STRICT, WITHOUT ROWID;
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
CREATE TABLE aggregate_snapshots (
    id        BLOB NOT NULL,
    aggregate TEXT NOT NULL,
    version   INTEGER NOT NULL,
    schema    INTEGER NOT NULL,
    data      TEXT NOT NULL,
    PRIMARY KEY (id, aggregate)
) STRICT;
CREATE TABLE projections (
    name       TEXT NOT NULL,
    generation INTEGER NOT NULL,
    stage      INTEGER NOT NULL,
    position   INTEGER NOT NULL,
    PRIMARY KEY (name, generation)
) STRICT, WITHOUT ROWID;
CREATE TABLE idempotency_keys (
                scope TEXT NOT NULL,
                key TEXT NOT NULL,
                request_hash BLOB NOT NULL,
                reference BLOB NOT NULL,
                status INTEGER,
                body BLOB,
                expires_at INTEGER NOT NULL,
                PRIMARY KEY (scope, key)
            ) STRICT, WITHOUT ROWID;
CREATE TABLE accounts (
                id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
                email TEXT NOT NULL UNIQUE,
                name TEXT NOT NULL,
                role TEXT NOT NULL CHECK (role IN ('customer', 'staff')),
                -- A PHC string of Argon2id.
                password TEXT NOT NULL,
                created_at INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID;
INSERT INTO "accounts" VALUES (x'01a21443dc1675f493317c0c4705c5f0','ada@shop.example','Ada Marlow','customer','$argon2id$v=19$m=19456,t=2,p=1$4CWyRDeruTq6iCMvp+6qiA$hAVHm89A6z5JIrTJVdcoY/IYbTwQNWFzyuq/O3T4Nu0',1795636321302096);
INSERT INTO "accounts" VALUES (x'01a21443dc527118b1efc164658086dc','staff@shop.example','Robin Keel','staff','$argon2id$v=19$m=19456,t=2,p=1$OxrC+opjc566EaEecxyNKg$w0MPN0ostUYkph0CjJZ5mqXTFWOThLL6auZygXGCXRM',1795636321362178);
CREATE TABLE sessions (
                fingerprint BLOB PRIMARY KEY NOT NULL CHECK (length(fingerprint) = 32),
                id BLOB NOT NULL CHECK (length(id) = 16),
                account_id BLOB NOT NULL REFERENCES accounts (id),
                created_at INTEGER NOT NULL,
                expires_at INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID;
CREATE TABLE addresses (
                account_id BLOB NOT NULL REFERENCES accounts (id),
                id BLOB NOT NULL CHECK (length(id) = 16),
                name TEXT NOT NULL,
                line1 TEXT NOT NULL,
                line2 TEXT NOT NULL,
                city TEXT NOT NULL,
                postcode TEXT NOT NULL,
                country TEXT NOT NULL CHECK (length(country) = 2),
                created_at INTEGER NOT NULL,
                PRIMARY KEY (account_id, id)
            ) STRICT, WITHOUT ROWID;
CREATE INDEX event_parked_due ON event_parked_keys (consumer, dead, due_at);
CREATE UNIQUE INDEX event_parked_order ON event_parked (consumer, lane, position);
CREATE UNIQUE INDEX event_parked_identity ON event_parked (consumer, id);
CREATE INDEX jobs_ready ON jobs (kind, priority, due_at) WHERE state = 0;
CREATE INDEX jobs_retrying ON jobs (kind, due_at) WHERE state = 0 AND attempts > 0;
CREATE INDEX jobs_running ON jobs (kind) WHERE state = 1;
CREATE INDEX jobs_ended ON jobs (state, ended_at) WHERE state >= 2;
CREATE UNIQUE INDEX jobs_unique ON jobs (kind, unique_key) WHERE unique_key IS NOT NULL AND state < 2;
CREATE INDEX saga_runs_open ON saga_runs (status, wake_at) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX projections_live ON projections (name) WHERE stage = 1;
CREATE INDEX idempotency_keys_expiry ON idempotency_keys (expires_at);
CREATE INDEX sessions_account ON sessions (account_id, created_at);
CREATE INDEX sessions_expiry ON sessions (expires_at);
COMMIT;
