BEGIN;
CREATE TABLE mainstay_migrations (
             module TEXT NOT NULL,
             version INTEGER NOT NULL,
             name TEXT NOT NULL,
             checksum TEXT NOT NULL,
             applied_at INTEGER NOT NULL,
             PRIMARY KEY (module, version)
         ) STRICT, WITHOUT ROWID;
INSERT INTO "mainstay_migrations" VALUES ('idempotency',1,'keys','93e95282642fdcb9e048528ae63f7e54',1795636320768394);
INSERT INTO "mainstay_migrations" VALUES ('mainstay.events',1,'outbox, consumers, inbox, parked keys','c1920e0fc6eed81b2bb6671edfb0b35c',1795636320720043);
INSERT INTO "mainstay_migrations" VALUES ('mainstay.jobs',1,'jobs and schedules','e43797034031b3f292dc176f64933f8a',1795636320739910);
INSERT INTO "mainstay_migrations" VALUES ('mainstay.jobs',2,'rates by kind','b0fe2381c58b82edd4e9fb35df36ef86',1795636320748557);
INSERT INTO "mainstay_migrations" VALUES ('mainstay.sql',1,'leases','c9eea117a36c1066e9e4b2392109cab0',1795636320711812);
INSERT INTO "mainstay_migrations" VALUES ('mainstay.workflow',1,'sagas','15b2c62ca12ec68e5934f6423b81f63f',1795636320755155);
INSERT INTO "mainstay_migrations" VALUES ('mainstay.workflow',2,'aggregates and projections','bc2cf9ac63ba9618d7a47865d0115649',1795636320759929);
INSERT INTO "mainstay_migrations" VALUES ('shop.pricing',1,'price lists','2da856aa19f2bad8bbca2b883c6db72c',1795636320772144);
CREATE TABLE mainstay_leases (
                 name TEXT NOT NULL PRIMARY KEY,
                 holder TEXT NOT NULL,
                 fence INTEGER NOT NULL,
                 expires_at INTEGER NOT NULL
             ) STRICT, WITHOUT ROWID;
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
CREATE TABLE prices (
    currency TEXT NOT NULL CHECK (length(currency) = 3),
    variant_id BLOB NOT NULL CHECK (length(variant_id) = 16),
    -- net, in minor units
    minor INTEGER NOT NULL CHECK (minor >= 0),
    tax_class TEXT NOT NULL CHECK (tax_class IN ('standard', 'reduced', 'zero')),
    PRIMARY KEY (currency, variant_id)
) STRICT, WITHOUT ROWID;
INSERT INTO "prices" VALUES ('EUR',x'007eb43911fb50dcbcf8772b4b4a8455',2450,'zero');
INSERT INTO "prices" VALUES ('EUR',x'04236498d7a4592d9946e8edc737f294',1490,'standard');
INSERT INTO "prices" VALUES ('EUR',x'0e0b6f41f7ca57d1a2c32b855adf42c6',2790,'zero');
INSERT INTO "prices" VALUES ('EUR',x'18bd947b81ac5da0a1d5c434f1368b45',3350,'zero');
INSERT INTO "prices" VALUES ('EUR',x'1b59f57431005ababf1e45c9dbe5eded',1120,'standard');
INSERT INTO "prices" VALUES ('EUR',x'206c9d07f6ab5cad8f03eb3cefe692ef',1050,'zero');
INSERT INTO "prices" VALUES ('EUR',x'2d0c9655b5ce546cab291ecf94a5360e',1850,'standard');
INSERT INTO "prices" VALUES ('EUR',x'2e171742f2de5f3bb6788a7bf955b8ba',1400,'standard');
INSERT INTO "prices" VALUES ('EUR',x'39f0d4b0762c56e9a6f0e4d9c8be1816',6300,'standard');
INSERT INTO "prices" VALUES ('EUR',x'4d7c10abe29e521b99b6212cc2f1e30f',2790,'standard');
INSERT INTO "prices" VALUES ('EUR',x'4dca09e014ac5ac798ea8444d69e1178',990,'standard');
INSERT INTO "prices" VALUES ('EUR',x'4fa85645ff415b2b9eb2e6f037cf1fb6',1400,'standard');
INSERT INTO "prices" VALUES ('EUR',x'58c13f71accb58f1a9e860fd731716e3',1490,'standard');
INSERT INTO "prices" VALUES ('EUR',x'602d86e1a2a65da495253a565f2dc6f2',1290,'zero');
INSERT INTO "prices" VALUES ('EUR',x'61d3a8cd1d0e5659934f47e8f7279225',2650,'zero');
INSERT INTO "prices" VALUES ('EUR',x'63ee5a7be1b15344b57278ba2f3d609b',10400,'standard');
INSERT INTO "prices" VALUES ('EUR',x'6e6e83c567935a04aa92d7a17a01bafd',920,'zero');
INSERT INTO "prices" VALUES ('EUR',x'70ca079259795a44bef7884798329808',2790,'zero');
INSERT INTO "prices" VALUES ('EUR',x'72890f9b5bb754108b6c830ce8885a6a',3850,'standard');
INSERT INTO "prices" VALUES ('EUR',x'785f691bcf7b53229b1968fdb09273af',1590,'standard');
INSERT INTO "prices" VALUES ('EUR',x'78ef29f56e375fcdb6d6e1d8ef1683ee',2790,'zero');
INSERT INTO "prices" VALUES ('EUR',x'7fa8b07afd005a04b56ff27368713ccf',1990,'standard');
INSERT INTO "prices" VALUES ('EUR',x'895960b841b25c568404388be5d80fd8',10400,'standard');
INSERT INTO "prices" VALUES ('EUR',x'8c0a9c6f05125a2ebaef3503533a0206',3650,'zero');
INSERT INTO "prices" VALUES ('EUR',x'8d8fd0c4e79b5b2a9f728005be9bbf82',1590,'standard');
INSERT INTO "prices" VALUES ('EUR',x'8d95f0e30c0b5ea990bb53e836c3e254',13900,'standard');
INSERT INTO "prices" VALUES ('EUR',x'8eb44df27b1e5c1990396661984e1b72',1690,'standard');
INSERT INTO "prices" VALUES ('EUR',x'92b8b7fe13e95981aa6052e4c3a1a0e5',16900,'standard');
INSERT INTO "prices" VALUES ('EUR',x'963f4d11adcc50389cc54d61e7015ef2',3050,'standard');
INSERT INTO "prices" VALUES ('EUR',x'9843af5e49c952c08d4c8783aa9fab63',1850,'standard');
INSERT INTO "prices" VALUES ('EUR',x'9e25ce675ca15552b04bd6306256cc2b',13900,'standard');
INSERT INTO "prices" VALUES ('EUR',x'a22968d572dd5734a647bcdbd98d8fb3',810,'standard');
INSERT INTO "prices" VALUES ('EUR',x'a74d4f0d05a859b0a5d8ea5aff231e6a',1490,'standard');
INSERT INTO "prices" VALUES ('EUR',x'a905e07f780e5c788b22594c7073f6d3',990,'standard');
INSERT INTO "prices" VALUES ('EUR',x'b09a176018ba5b2e9a59b2ef27f1e20c',1690,'standard');
INSERT INTO "prices" VALUES ('EUR',x'b37c314f272b5448bea1ecc34e1c2b26',16900,'standard');
INSERT INTO "prices" VALUES ('EUR',x'c0104cd9a4f85e2b9f2cb020cd0252c0',1850,'standard');
INSERT INTO "prices" VALUES ('EUR',x'c2f318bb43e851bdaca2191d2dc47a98',16900,'standard');
INSERT INTO "prices" VALUES ('EUR',x'ca0254a0839459009236e8c14cfe0f44',1590,'standard');
INSERT INTO "prices" VALUES ('EUR',x'cfacff633ece5cf2b193e023935e57e6',16900,'standard');
INSERT INTO "prices" VALUES ('EUR',x'e284569963925c349559063f280b6b9a',2290,'standard');
INSERT INTO "prices" VALUES ('EUR',x'ea1f82c2ac0a59d1a697f23b4568ed16',5400,'standard');
INSERT INTO "prices" VALUES ('EUR',x'ea97641135735788983c3b30342dcaee',7300,'standard');
INSERT INTO "prices" VALUES ('EUR',x'eeddb284b01d5138bd451d6dbc67ac80',1890,'zero');
INSERT INTO "prices" VALUES ('EUR',x'f6383e57df8a5aa29375116cbdcf21c5',1050,'zero');
INSERT INTO "prices" VALUES ('GBP',x'007eb43911fb50dcbcf8772b4b4a8455',2100,'zero');
INSERT INTO "prices" VALUES ('GBP',x'04236498d7a4592d9946e8edc737f294',1250,'standard');
INSERT INTO "prices" VALUES ('GBP',x'0e0b6f41f7ca57d1a2c32b855adf42c6',2400,'zero');
INSERT INTO "prices" VALUES ('GBP',x'18bd947b81ac5da0a1d5c434f1368b45',2850,'zero');
INSERT INTO "prices" VALUES ('GBP',x'1b59f57431005ababf1e45c9dbe5eded',950,'standard');
INSERT INTO "prices" VALUES ('GBP',x'206c9d07f6ab5cad8f03eb3cefe692ef',890,'zero');
INSERT INTO "prices" VALUES ('GBP',x'2d0c9655b5ce546cab291ecf94a5360e',1600,'standard');
INSERT INTO "prices" VALUES ('GBP',x'2e171742f2de5f3bb6788a7bf955b8ba',1200,'standard');
INSERT INTO "prices" VALUES ('GBP',x'39f0d4b0762c56e9a6f0e4d9c8be1816',5400,'standard');
INSERT INTO "prices" VALUES ('GBP',x'4d7c10abe29e521b99b6212cc2f1e30f',2400,'standard');
INSERT INTO "prices" VALUES ('GBP',x'4dca09e014ac5ac798ea8444d69e1178',840,'standard');
INSERT INTO "prices" VALUES ('GBP',x'4fa85645ff415b2b9eb2e6f037cf1fb6',1200,'standard');
INSERT INTO "prices" VALUES ('GBP',x'58c13f71accb58f1a9e860fd731716e3',1250,'standard');
INSERT INTO "prices" VALUES ('GBP',x'602d86e1a2a65da495253a565f2dc6f2',1100,'zero');
INSERT INTO "prices" VALUES ('GBP',x'61d3a8cd1d0e5659934f47e8f7279225',2250,'zero');
INSERT INTO "prices" VALUES ('GBP',x'63ee5a7be1b15344b57278ba2f3d609b',8900,'standard');
INSERT INTO "prices" VALUES ('GBP',x'6e6e83c567935a04aa92d7a17a01bafd',780,'zero');
INSERT INTO "prices" VALUES ('GBP',x'70ca079259795a44bef7884798329808',2400,'zero');
INSERT INTO "prices" VALUES ('GBP',x'72890f9b5bb754108b6c830ce8885a6a',3300,'standard');
INSERT INTO "prices" VALUES ('GBP',x'785f691bcf7b53229b1968fdb09273af',1350,'standard');
INSERT INTO "prices" VALUES ('GBP',x'78ef29f56e375fcdb6d6e1d8ef1683ee',2400,'zero');
INSERT INTO "prices" VALUES ('GBP',x'7fa8b07afd005a04b56ff27368713ccf',1700,'standard');
INSERT INTO "prices" VALUES ('GBP',x'895960b841b25c568404388be5d80fd8',8900,'standard');
INSERT INTO "prices" VALUES ('GBP',x'8c0a9c6f05125a2ebaef3503533a0206',3100,'zero');
INSERT INTO "prices" VALUES ('GBP',x'8d8fd0c4e79b5b2a9f728005be9bbf82',1350,'standard');
INSERT INTO "prices" VALUES ('GBP',x'8d95f0e30c0b5ea990bb53e836c3e254',11900,'standard');
INSERT INTO "prices" VALUES ('GBP',x'8eb44df27b1e5c1990396661984e1b72',1450,'standard');
INSERT INTO "prices" VALUES ('GBP',x'92b8b7fe13e95981aa6052e4c3a1a0e5',14500,'standard');
INSERT INTO "prices" VALUES ('GBP',x'963f4d11adcc50389cc54d61e7015ef2',2600,'standard');
INSERT INTO "prices" VALUES ('GBP',x'9843af5e49c952c08d4c8783aa9fab63',1600,'standard');
INSERT INTO "prices" VALUES ('GBP',x'9e25ce675ca15552b04bd6306256cc2b',11900,'standard');
INSERT INTO "prices" VALUES ('GBP',x'a22968d572dd5734a647bcdbd98d8fb3',690,'standard');
INSERT INTO "prices" VALUES ('GBP',x'a74d4f0d05a859b0a5d8ea5aff231e6a',1250,'standard');
INSERT INTO "prices" VALUES ('GBP',x'a905e07f780e5c788b22594c7073f6d3',840,'standard');
INSERT INTO "prices" VALUES ('GBP',x'b09a176018ba5b2e9a59b2ef27f1e20c',1450,'standard');
INSERT INTO "prices" VALUES ('GBP',x'b37c314f272b5448bea1ecc34e1c2b26',14500,'standard');
INSERT INTO "prices" VALUES ('GBP',x'c0104cd9a4f85e2b9f2cb020cd0252c0',1600,'standard');
INSERT INTO "prices" VALUES ('GBP',x'c2f318bb43e851bdaca2191d2dc47a98',14500,'standard');
INSERT INTO "prices" VALUES ('GBP',x'ca0254a0839459009236e8c14cfe0f44',1350,'standard');
INSERT INTO "prices" VALUES ('GBP',x'cfacff633ece5cf2b193e023935e57e6',14500,'standard');
INSERT INTO "prices" VALUES ('GBP',x'e284569963925c349559063f280b6b9a',1950,'standard');
INSERT INTO "prices" VALUES ('GBP',x'ea1f82c2ac0a59d1a697f23b4568ed16',4600,'standard');
INSERT INTO "prices" VALUES ('GBP',x'ea97641135735788983c3b30342dcaee',6200,'standard');
INSERT INTO "prices" VALUES ('GBP',x'eeddb284b01d5138bd451d6dbc67ac80',1600,'zero');
INSERT INTO "prices" VALUES ('GBP',x'f6383e57df8a5aa29375116cbdcf21c5',890,'zero');
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
COMMIT;
