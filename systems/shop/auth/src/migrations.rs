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
    }, Migration {
        version: 2,
        name: "registrations, resets, access and refresh tokens, patience with guesses",
        up: "
            -- Accounts that wait for their mailbox, by the SHA-256 of what was mailed there.
            CREATE TABLE registrations (
                token BLOB PRIMARY KEY NOT NULL CHECK (length(token) = 32),
                email TEXT NOT NULL,
                name TEXT NOT NULL,
                password TEXT NOT NULL,
                expires_at INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX registrations_email ON registrations (email, expires_at);
            CREATE INDEX registrations_expiry ON registrations (expires_at);
            -- A reset of no account is a request that was answered like any other.
            CREATE TABLE password_resets (
                token BLOB PRIMARY KEY NOT NULL CHECK (length(token) = 32),
                account_id BLOB REFERENCES accounts (id),
                expires_at INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX password_resets_account ON password_resets (account_id, expires_at);
            CREATE INDEX password_resets_expiry ON password_resets (expires_at);
            -- A login of a program: all refresh tokens that came one from the other. One that was ended is deleted.
            CREATE TABLE token_families (
                id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
                account_id BLOB NOT NULL REFERENCES accounts (id),
                created_at INTEGER NOT NULL,
                expires_at INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX token_families_account ON token_families (account_id, created_at);
            CREATE INDEX token_families_expiry ON token_families (expires_at);
            CREATE TABLE refresh_tokens (
                fingerprint BLOB PRIMARY KEY NOT NULL CHECK (length(fingerprint) = 32),
                family_id BLOB NOT NULL REFERENCES token_families (id),
                -- The token that bought this one; none for the first of a family.
                previous BLOB,
                used_at INTEGER,
                -- Whether it was shown a second time, by a program that had lost the answer to the first.
                repeated INTEGER NOT NULL DEFAULT 0
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX refresh_tokens_family ON refresh_tokens (family_id);
            CREATE INDEX refresh_tokens_used ON refresh_tokens (used_at) WHERE used_at IS NOT NULL;
            -- What access tokens are signed with; the seed is sealed under the service's key.
            CREATE TABLE signing_keys (
                kid TEXT PRIMARY KEY NOT NULL,
                public BLOB NOT NULL CHECK (length(public) = 32),
                sealed BLOB NOT NULL,
                created_at INTEGER NOT NULL,
                signs_from INTEGER NOT NULL,
                -- After this it is shown to nobody; none while it signs or waits to.
                gone_at INTEGER
            ) STRICT, WITHOUT ROWID;
            -- Failed guesses, by the SHA-256 of whom or whence.
            CREATE TABLE tallies (
                name BLOB PRIMARY KEY NOT NULL CHECK (length(name) = 32),
                failures INTEGER NOT NULL,
                last_at INTEGER NOT NULL,
                trusted_until INTEGER
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX tallies_last ON tallies (last_at);
        ",
        down: "
            DROP TABLE tallies;
            DROP TABLE signing_keys;
            DROP TABLE refresh_tokens;
            DROP TABLE token_families;
            DROP TABLE password_resets;
            DROP TABLE registrations;
        ",
    }, Migration {
        version: 3,
        name: "API keys",
        up: "
            CREATE TABLE api_keys (
                id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
                fingerprint BLOB NOT NULL UNIQUE CHECK (length(fingerprint) = 32),
                account_id BLOB NOT NULL REFERENCES accounts (id),
                name TEXT NOT NULL,
                -- The first letters, to tell keys apart.
                hint TEXT NOT NULL,
                -- Names with a space between.
                scopes TEXT NOT NULL,
                created_at INTEGER NOT NULL,
                expires_at INTEGER,
                -- A day, as days since 1970: who used it when is nobody's business.
                last_used_day INTEGER
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX api_keys_account ON api_keys (account_id, created_at);
        ",
        down: "DROP TABLE api_keys;",
    }],
};
