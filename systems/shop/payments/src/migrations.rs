//! The service's tables.

use mainstay_sql::{Migration, MigrationSet};

/// What the service's database needs.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    module: "shop.payments",
    migrations: &[Migration {
        version: 1,
        name: "payments, refunds, webhooks and the ledger",
        up: "
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
            CREATE INDEX payments_look_at ON payments (look_at) WHERE look_at IS NOT NULL;

            CREATE TABLE refunds (
                payment_id BLOB NOT NULL REFERENCES payments (id),
                id BLOB NOT NULL CHECK (length(id) = 16),
                place INTEGER NOT NULL,
                minor INTEGER NOT NULL CHECK (minor > 0),
                state TEXT NOT NULL CHECK (state IN ('asked', 'refused', 'given')),
                changed_at INTEGER NOT NULL,
                PRIMARY KEY (payment_id, id)
            ) STRICT, WITHOUT ROWID;

            -- Voids that came before their Authorise.
            CREATE TABLE early_voids (
                payment_id BLOB PRIMARY KEY NOT NULL CHECK (length(payment_id) = 16),
                at INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID;

            -- Webhooks that were taken. The body is kept only while nobody knows the payment.
            CREATE TABLE webhooks (
                event_id TEXT PRIMARY KEY NOT NULL,
                reference TEXT NOT NULL,
                body BLOB,
                received_at INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX webhooks_kept ON webhooks (reference) WHERE body IS NOT NULL;
            CREATE INDEX webhooks_age ON webhooks (received_at);

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
            CREATE TRIGGER ledger_entries_are_not_changed BEFORE UPDATE ON ledger_entries
                BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
            CREATE TRIGGER ledger_entries_are_not_deleted BEFORE DELETE ON ledger_entries
                BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;

            -- The entries added up, kept in the transaction of each entry; reconciliation adds them up anew.
            CREATE TABLE ledger_balances (
                currency TEXT NOT NULL,
                account TEXT NOT NULL,
                debits INTEGER NOT NULL CHECK (debits >= 0),
                credits INTEGER NOT NULL CHECK (credits >= 0),
                PRIMARY KEY (currency, account)
            ) STRICT, WITHOUT ROWID;
        ",
        down: "
            DROP TABLE ledger_balances;
            DROP TABLE ledger_entries;
            DROP TABLE webhooks;
            DROP TABLE early_voids;
            DROP TABLE refunds;
            DROP TABLE payments;
        ",
    }],
};
