BEGIN;
CREATE TABLE mainstay_migrations (
             module TEXT NOT NULL,
             version INTEGER NOT NULL,
             name TEXT NOT NULL,
             checksum TEXT NOT NULL,
             applied_at INTEGER NOT NULL,
             PRIMARY KEY (module, version)
         ) STRICT, WITHOUT ROWID;
INSERT INTO "mainstay_migrations" VALUES ('idempotency',1,'keys','93e95282642fdcb9e048528ae63f7e54',1795636321080056);
INSERT INTO "mainstay_migrations" VALUES ('mainstay.events',1,'outbox, consumers, inbox, parked keys','c1920e0fc6eed81b2bb6671edfb0b35c',1795636321048043);
INSERT INTO "mainstay_migrations" VALUES ('mainstay.jobs',1,'jobs and schedules','e43797034031b3f292dc176f64933f8a',1795636321051779);
INSERT INTO "mainstay_migrations" VALUES ('mainstay.jobs',2,'rates by kind','b0fe2381c58b82edd4e9fb35df36ef86',1795636321064057);
INSERT INTO "mainstay_migrations" VALUES ('mainstay.sql',1,'leases','c9eea117a36c1066e9e4b2392109cab0',1795636321044054);
INSERT INTO "mainstay_migrations" VALUES ('mainstay.workflow',1,'sagas','15b2c62ca12ec68e5934f6423b81f63f',1795636321067891);
INSERT INTO "mainstay_migrations" VALUES ('mainstay.workflow',2,'aggregates and projections','bc2cf9ac63ba9618d7a47865d0115649',1795636321071909);
INSERT INTO "mainstay_migrations" VALUES ('shop.payments',1,'payments, refunds, webhooks and the ledger','b9b6241f91d4f708bbd2dcfd2dda53c7',1795636321083919);
CREATE TABLE mainstay_leases (
                 name TEXT NOT NULL PRIMARY KEY,
                 holder TEXT NOT NULL,
                 fence INTEGER NOT NULL,
                 expires_at INTEGER NOT NULL
             ) STRICT, WITHOUT ROWID;
INSERT INTO "mainstay_leases" VALUES ('background','0c292fb0-d124-4c3a-8e61-873c30a2533a/4026531836/15917/546183/4',2,0);
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
INSERT INTO "outbox" VALUES (1,x'01a21443de3671a8af4e05909d83eab6','shop.payments.payment','shop.payments.v1.PaymentChanged','pay_01m8a47qggffxaqj2mdx6pswtr',1795636321845658,x'ff2fde4f020b3a1ff35040f84a4bbdb94ed86c6cee9e63f300',x'0a370a1001a21443de107bfaabc8546f4d6cf358121001a21443de107bfaabc8546f4d6cf3581803220808dc1a12034742502a051203474250');
INSERT INTO "outbox" VALUES (2,x'01a21443de5b7456a6f402aedd55076f','shop.payments.payment','shop.payments.v1.PaymentChanged','pay_01m8a47qggffxaqj2mdx6pswtr',1795636321882645,x'ff2fde4f020b3a1ff35040f84a4bbdb94ed86c6cee9e63f300',x'0a370a1001a21443de107bfaabc8546f4d6cf358121001a21443de107bfaabc8546f4d6cf3581805220808dc1a12034742502a051203474250');
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
INSERT INTO "job_schedules" VALUES ('sweep','*/30 * * * * *',1795636350000000,NULL);
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
CREATE TABLE payments (
                id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
                checkout_id BLOB NOT NULL CHECK (length(checkout_id) = 16),
                minor INTEGER NOT NULL CHECK (minor > 0),
                currency TEXT NOT NULL CHECK (length(currency) = 3),
                charge TEXT NOT NULL CHECK (charge IN
                    ('unknown', 'challenge', 'declined', 'authorised', 'voided', 'captured')),
                -- The address of a challenge or the reason of a decline.
                detail TEXT NOT NULL,
                released INTEGER NOT NULL CHECK (released IN (0, 1)),
                refunds INTEGER NOT NULL CHECK (refunds >= 0),
                -- While something is left to do or in doubt: when to look at it, if nobody did before.
                look_at INTEGER,
                created_at INTEGER NOT NULL,
                changed_at INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID;
INSERT INTO "payments" VALUES (x'01a21443de107bfaabc8546f4d6cf358',x'01a21443de107bfaabc8546f4d6cf358',3420,'GBP','captured','',0,0,NULL,1795636321822521,1795636321882645);
CREATE TABLE refunds (
                payment_id BLOB NOT NULL REFERENCES payments (id),
                id BLOB NOT NULL CHECK (length(id) = 16),
                place INTEGER NOT NULL,
                minor INTEGER NOT NULL CHECK (minor > 0),
                state TEXT NOT NULL CHECK (state IN ('asked', 'refused', 'given')),
                changed_at INTEGER NOT NULL,
                PRIMARY KEY (payment_id, id)
            ) STRICT, WITHOUT ROWID;
CREATE TABLE early_voids (
                payment_id BLOB PRIMARY KEY NOT NULL CHECK (length(payment_id) = 16),
                at INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID;
CREATE TABLE webhooks (
                event_id TEXT PRIMARY KEY NOT NULL,
                reference TEXT NOT NULL,
                body BLOB,
                received_at INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID;
CREATE TABLE ledger_entries (
                id INTEGER PRIMARY KEY,
                cause TEXT NOT NULL UNIQUE,
                payment_id BLOB NOT NULL REFERENCES payments (id),
                debit TEXT NOT NULL CHECK (debit IN ('provider_clearing', 'sales', 'refunds')),
                credit TEXT NOT NULL CHECK (credit IN ('provider_clearing', 'sales', 'refunds')),
                minor INTEGER NOT NULL CHECK (minor > 0),
                currency TEXT NOT NULL CHECK (length(currency) = 3),
                posted_at INTEGER NOT NULL,
                CHECK (debit <> credit)
            ) STRICT;
INSERT INTO "ledger_entries" VALUES (1,'capture:pay_01m8a47qggffxaqj2mdx6pswtr',x'01a21443de107bfaabc8546f4d6cf358','provider_clearing','sales',3420,'GBP',1795636321882645);
CREATE TABLE ledger_balances (
                currency TEXT NOT NULL,
                account TEXT NOT NULL,
                debits INTEGER NOT NULL CHECK (debits >= 0),
                credits INTEGER NOT NULL CHECK (credits >= 0),
                PRIMARY KEY (currency, account)
            ) STRICT, WITHOUT ROWID;
INSERT INTO "ledger_balances" VALUES ('GBP','provider_clearing',3420,0);
INSERT INTO "ledger_balances" VALUES ('GBP','sales',0,3420);
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
CREATE INDEX payments_look_at ON payments (look_at) WHERE look_at IS NOT NULL;
CREATE INDEX webhooks_kept ON webhooks (reference) WHERE body IS NOT NULL;
CREATE INDEX webhooks_age ON webhooks (received_at);
CREATE TRIGGER ledger_entries_are_not_changed BEFORE UPDATE ON ledger_entries
                BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_entries_are_not_deleted BEFORE DELETE ON ledger_entries
                BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
COMMIT;
