//! The schema of pricing's database, in numbered steps.

use mainstay_sql::{Migration, MigrationSet};

/// Every step, oldest first.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    module: "shop.pricing",
    migrations: &[
        Migration { version: 1, name: "price lists", up: UP_1, down: DOWN_1 },
        Migration { version: 2, name: "agreed shipping rates", up: UP_2, down: DOWN_2 },
        Migration { version: 3, name: "tax classes are compared one by one", up: UP_3, down: DOWN_3 },
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

// SQLite makes a list of more than two words a table of its own, for each statement anew: four times what writing a price
// costs otherwise. Compared one by one the words cost nothing.
const UP_3: &str = "
CREATE TABLE prices_anew (
    currency TEXT NOT NULL CHECK (length(currency) = 3),
    variant_id BLOB NOT NULL CHECK (length(variant_id) = 16),
    -- net, in minor units
    minor INTEGER NOT NULL CHECK (minor >= 0),
    tax_class TEXT NOT NULL CHECK (tax_class = 'standard' OR tax_class = 'reduced' OR tax_class = 'zero'),
    PRIMARY KEY (currency, variant_id)
) STRICT, WITHOUT ROWID;
INSERT INTO prices_anew (currency, variant_id, minor, tax_class)
    SELECT currency, variant_id, minor, tax_class FROM prices;
DROP TABLE prices;
ALTER TABLE prices_anew RENAME TO prices;
";

const DOWN_3: &str = "
CREATE TABLE prices_before (
    currency TEXT NOT NULL CHECK (length(currency) = 3),
    variant_id BLOB NOT NULL CHECK (length(variant_id) = 16),
    -- net, in minor units
    minor INTEGER NOT NULL CHECK (minor >= 0),
    tax_class TEXT NOT NULL CHECK (tax_class IN ('standard', 'reduced', 'zero')),
    PRIMARY KEY (currency, variant_id)
) STRICT, WITHOUT ROWID;
INSERT INTO prices_before (currency, variant_id, minor, tax_class)
    SELECT currency, variant_id, minor, tax_class FROM prices;
DROP TABLE prices;
ALTER TABLE prices_before RENAME TO prices;
";
