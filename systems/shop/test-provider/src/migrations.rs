//! The provider's tables.

use mainstay_sql::{Migration, MigrationSet};

/// What a database needs before it can serve the test provider.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    module: "shop.test_provider",
    migrations: &[Migration {
        version: 1,
        name: "charges, operations and webhooks",
        up: "
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
            CREATE UNIQUE INDEX charges_challenge ON charges (challenge) WHERE challenge <> '';
            CREATE INDEX charges_decide_at ON charges (decide_at) WHERE decide_at IS NOT NULL;
            -- Every operation that was accepted, by its idempotency key.
            CREATE TABLE operations (
                key TEXT PRIMARY KEY NOT NULL,
                kind TEXT NOT NULL CHECK (kind IN ('authorise', 'capture', 'void', 'refund')),
                charge INTEGER NOT NULL REFERENCES charges (number),
                minor INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX operations_refunds ON operations (charge) WHERE kind = 'refund';
            -- Webhooks that nobody has taken yet; one that was taken is deleted.
            CREATE TABLE webhooks (
                id INTEGER PRIMARY KEY,
                event_id TEXT NOT NULL,
                body TEXT NOT NULL,
                due_at INTEGER NOT NULL,
                attempts INTEGER NOT NULL DEFAULT 0,
                given_up INTEGER NOT NULL DEFAULT 0
            ) STRICT;
            CREATE INDEX webhooks_due ON webhooks (due_at) WHERE given_up = 0;
        ",
        down: "
            DROP TABLE webhooks;
            DROP TABLE operations;
            DROP TABLE charges;
        ",
    }],
};
