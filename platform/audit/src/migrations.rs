//! The tables of the log, in the database of the service whose log it is.

use mainstay_sql::{Migration, MigrationSet};

pub const MIGRATIONS: MigrationSet = MigrationSet {
    module: "mainstay.audit",
    migrations: &[Migration {
        version: 1,
        name: "the log and its end",
        up: "
            CREATE TABLE audit_log (
                number INTEGER PRIMARY KEY NOT NULL CHECK (number >= 1),
                at INTEGER NOT NULL,
                actor TEXT NOT NULL,
                on_behalf_of TEXT,
                action TEXT NOT NULL,
                subject TEXT NOT NULL,
                -- The address that the request came from.
                client TEXT,
                trace TEXT NOT NULL,
                -- JSON.
                before TEXT,
                after TEXT,
                previous BLOB NOT NULL CHECK (length(previous) = 32),
                hash BLOB NOT NULL CHECK (length(hash) = 32)
            ) STRICT;
            CREATE INDEX audit_log_subject ON audit_log (subject, number);
            CREATE TRIGGER audit_log_is_not_changed BEFORE UPDATE ON audit_log BEGIN
                SELECT RAISE(ABORT, 'the audit log is only added to');
            END;
            CREATE TRIGGER audit_log_is_not_deleted BEFORE DELETE ON audit_log BEGIN
                SELECT RAISE(ABORT, 'the audit log is only added to');
            END;
            -- An INSERT OR REPLACE would delete without the trigger above being asked.
            CREATE TRIGGER audit_log_is_added_to_in_turn BEFORE INSERT ON audit_log
            WHEN NEW.number <> (SELECT coalesce(max(number), 0) + 1 FROM audit_log) BEGIN
                SELECT RAISE(ABORT, 'the audit log is added to in turn');
            END;
            CREATE TABLE audit_head (
                one INTEGER PRIMARY KEY NOT NULL CHECK (one = 1),
                -- Number and hash of the last line, sealed.
                sealed BLOB NOT NULL
            ) STRICT;
        ",
        down: "
            DROP TABLE audit_head;
            DROP TABLE audit_log;
        ",
    }],
};
