BEGIN;
CREATE TABLE mainstay_migrations (
             module TEXT NOT NULL,
             version INTEGER NOT NULL,
             name TEXT NOT NULL,
             checksum TEXT NOT NULL,
             applied_at INTEGER NOT NULL,
             PRIMARY KEY (module, version)
         ) STRICT, WITHOUT ROWID;
INSERT INTO "mainstay_migrations" VALUES ('mainstay.sql',1,'leases','c9eea117a36c1066e9e4b2392109cab0',1795636320428118);
INSERT INTO "mainstay_migrations" VALUES ('shop.test_provider',1,'charges, operations and webhooks','b7d7b469f8a703989091859400670995',1795636320436001);
CREATE TABLE mainstay_leases (
                 name TEXT NOT NULL PRIMARY KEY,
                 holder TEXT NOT NULL,
                 fence INTEGER NOT NULL,
                 expires_at INTEGER NOT NULL
             ) STRICT, WITHOUT ROWID;
CREATE TABLE charges (
                number INTEGER PRIMARY KEY,
                reference TEXT NOT NULL UNIQUE,
                token TEXT NOT NULL,
                minor INTEGER NOT NULL CHECK (minor > 0),
                currency TEXT NOT NULL CHECK (length(currency) = 3),
                status TEXT NOT NULL CHECK (status IN
                    ('processing', 'challenge', 'authorised', 'declined', 'captured', 'voided')),
                decline_reason TEXT NOT NULL,
                challenge TEXT NOT NULL,
                refunded_minor INTEGER NOT NULL DEFAULT 0
                    CHECK (refunded_minor >= 0 AND refunded_minor <= minor),
                -- When a late decision falls; null when none is awaited.
                decide_at INTEGER,
                created_at INTEGER NOT NULL,
                changed_at INTEGER NOT NULL
            ) STRICT;
INSERT INTO "charges" VALUES (1,'pay_01m8a47qggffxaqj2mdx6pswtr','tok_ok',3420,'GBP','captured','','',0,NULL,1795636321830425,1795636321864331);
CREATE TABLE operations (
                key TEXT PRIMARY KEY NOT NULL,
                kind TEXT NOT NULL CHECK (kind IN ('authorise', 'capture', 'void', 'refund')),
                charge INTEGER NOT NULL REFERENCES charges (number),
                minor INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID;
INSERT INTO "operations" VALUES ('pay_01m8a47qggffxaqj2mdx6pswtr','authorise',1,3420);
INSERT INTO "operations" VALUES ('pay_01m8a47qggffxaqj2mdx6pswtr:capture','capture',1,0);
CREATE TABLE webhooks (
                id INTEGER PRIMARY KEY,
                event_id TEXT NOT NULL,
                body TEXT NOT NULL,
                due_at INTEGER NOT NULL,
                attempts INTEGER NOT NULL DEFAULT 0,
                given_up INTEGER NOT NULL DEFAULT 0
            ) STRICT;
CREATE UNIQUE INDEX charges_challenge ON charges (challenge) WHERE challenge <> '';
CREATE INDEX charges_decide_at ON charges (decide_at) WHERE decide_at IS NOT NULL;
CREATE INDEX operations_refunds ON operations (charge) WHERE kind = 'refund';
CREATE INDEX webhooks_due ON webhooks (due_at) WHERE given_up = 0;
COMMIT;
