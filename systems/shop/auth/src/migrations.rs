//! The service's tables.

use mainstay_sql::{Migration, MigrationSet};

/// What the service's database needs.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    module: "shop.auth",
    migrations: &[Migration {
        version: 1,
        name: "accounts, sessions and addresses",
        up: "
            CREATE TABLE accounts (
                id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
                email TEXT NOT NULL UNIQUE,
                name TEXT NOT NULL,
                role TEXT NOT NULL CHECK (role IN ('customer', 'staff')),
                -- A PHC string of Argon2id.
                password TEXT NOT NULL,
                created_at INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID;
            -- Sessions by the SHA-256 of their secret. One that was ended is deleted.
            CREATE TABLE sessions (
                fingerprint BLOB PRIMARY KEY NOT NULL CHECK (length(fingerprint) = 32),
                id BLOB NOT NULL CHECK (length(id) = 16),
                account_id BLOB NOT NULL REFERENCES accounts (id),
                created_at INTEGER NOT NULL,
                expires_at INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX sessions_account ON sessions (account_id, created_at);
            CREATE INDEX sessions_expiry ON sessions (expires_at);
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
        ",
        down: "
            DROP TABLE addresses;
            DROP TABLE sessions;
            DROP TABLE accounts;
        ",
    }],
};
