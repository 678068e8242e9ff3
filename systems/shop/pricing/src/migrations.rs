//! The schema of pricing's database, in numbered steps.

use mainstay_sql::{Migration, MigrationSet};

/// Every step, oldest first.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    module: "shop.pricing",
    migrations: &[Migration { version: 1, name: "price lists", up: UP_1, down: DOWN_1 }],
};

const UP_1: &str = "
CREATE TABLE prices (
    currency TEXT NOT NULL CHECK (length(currency) = 3),
    variant_id BLOB NOT NULL CHECK (length(variant_id) = 16),
    -- net, in minor units
    minor INTEGER NOT NULL CHECK (minor >= 0),
    tax_class TEXT NOT NULL CHECK (tax_class IN ('standard', 'reduced', 'zero')),
    PRIMARY KEY (currency, variant_id)
) STRICT, WITHOUT ROWID;
";

const DOWN_1: &str = "DROP TABLE prices;";
