//! The tables of sagas, aggregates and projections. Every service has them; they cost nothing while they are empty.

use mainstay_sql::{Migration, MigrationSet};

pub const MIGRATIONS: MigrationSet = MigrationSet {
    module: "mainstay.workflow",
    migrations: &[
        Migration {
            version: 1,
            name: "sagas",
            up: include_str!("migrations/001_up.sql"),
            down: include_str!("migrations/001_down.sql"),
        },
        Migration {
            version: 2,
            name: "aggregates and projections",
            up: include_str!("migrations/002_up.sql"),
            down: include_str!("migrations/002_down.sql"),
        },
        Migration {
            version: 3,
            name: "archive of aggregates",
            up: include_str!("migrations/003_up.sql"),
            down: include_str!("migrations/003_down.sql"),
        },
        Migration {
            version: 4,
            name: "the journal of sagas in the order of its writes",
            up: include_str!("migrations/004_up.sql"),
            down: include_str!("migrations/004_down.sql"),
        },
    ],
};
