//! The tables of jobs and schedules.

use mainstay_sql::{Migration, MigrationSet};

pub const MIGRATIONS: MigrationSet = MigrationSet {
    module: "mainstay.jobs",
    migrations: &[
        Migration {
            version: 1,
            name: "jobs and schedules",
            up: include_str!("migrations/001_up.sql"),
            down: include_str!("migrations/001_down.sql"),
        },
        Migration {
            version: 2,
            name: "rates by kind",
            up: include_str!("migrations/002_up.sql"),
            down: include_str!("migrations/002_down.sql"),
        },
    ],
};
