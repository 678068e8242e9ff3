//! The schema of pricing's database, in numbered steps.

use mainstay_sql::{Migration, MigrationSet};

/// Every step, oldest first.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    module: "shop.pricing",
    migrations: &[
        Migration { version: 1, name: "price lists", up: UP_1, down: DOWN_1 },
        Migration { version: 2, name: "agreed shipping rates", up: UP_2, down: DOWN_2 },
    ],
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

// Beside the methods of the configuration, which a person wrote and a list shows: what was agreed on for single
// customers and contracts, as many as there are.
const UP_2: &str = "
CREATE TABLE shipping_rates (
    currency TEXT NOT NULL CHECK (length(currency) = 3),
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    -- net, in minor units
    minor INTEGER NOT NULL CHECK (minor >= 0),
    PRIMARY KEY (currency, code)
) STRICT, WITHOUT ROWID;
";

const DOWN_2: &str = "DROP TABLE shipping_rates;";
