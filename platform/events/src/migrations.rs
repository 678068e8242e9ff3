//! The tables of producers and consumers. Every service has them all: most are both.

use mainstay_sql::{Migration, MigrationSet};

pub const MIGRATIONS: MigrationSet = MigrationSet {
    module: "mainstay.events",
    migrations: &[Migration {
        version: 1,
        name: "outbox, consumers, inbox, parked keys",
        up: include_str!("migrations/001_up.sql"),
        down: include_str!("migrations/001_down.sql"),
    }],
};
