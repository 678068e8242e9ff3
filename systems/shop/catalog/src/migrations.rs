//! The schema of the catalogue's database, in numbered steps.

use mainstay_sql::{Migration, MigrationSet};

/// Every step, oldest first.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    module: "shop.catalog",
    migrations: &[
        Migration { version: 1, name: "products and variants", up: UP_1, down: DOWN_1 },
        Migration {
            version: 2,
            name: "versions, status, options, categories and attributes",
            up: include_str!("migrations/002_up.sql"),
            down: include_str!("migrations/002_down.sql"),
        },
        Migration {
            version: 3,
            name: "search",
            up: include_str!("migrations/003_up.sql"),
            down: include_str!("migrations/003_down.sql"),
        },
        Migration {
            version: 4,
            name: "changes of what search knows are counted",
            up: include_str!("migrations/004_up.sql"),
            down: include_str!("migrations/004_down.sql"),
        },
        Migration {
            version: 5,
            name: "pictures",
            up: include_str!("migrations/005_up.sql"),
            down: include_str!("migrations/005_down.sql"),
        },
        Migration {
            version: 6,
            name: "documents and prices are counted by who writes them",
            up: include_str!("migrations/006_up.sql"),
            down: include_str!("migrations/006_down.sql"),
        },
        Migration {
            version: 7,
            name: "the words of a product's status are compared one by one",
            up: include_str!("migrations/007_up.sql"),
            down: include_str!("migrations/007_down.sql"),
        },
        Migration {
            version: 8,
            name: "the index of texts is merged when nobody writes",
            up: include_str!("migrations/008_up.sql"),
            down: include_str!("migrations/008_down.sql"),
        },
    ],
};

const UP_1: &str = "
CREATE TABLE products (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    slug TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    -- a JSON array of addresses
    pictures TEXT NOT NULL,
    sellable INTEGER NOT NULL CHECK (sellable IN (0, 1))
) STRICT, WITHOUT ROWID;

CREATE TABLE variants (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    product_id BLOB NOT NULL CHECK (length(product_id) = 16),
    -- the order in which a product shows its variants
    place INTEGER NOT NULL,
    sku TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    sellable INTEGER NOT NULL CHECK (sellable IN (0, 1))
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX variants_of_product ON variants (product_id, place);
";

const DOWN_1: &str = "
DROP TABLE variants;
DROP TABLE products;
";
