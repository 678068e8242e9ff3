//! The schema of the cart's database, in numbered steps.

use mainstay_sql::{Migration, MigrationSet};

/// Every step, oldest first.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    module: "shop.cart",
    migrations: &[Migration {
        version: 1,
        name: "carts, lines and called-off checkouts",
        up: UP_1,
        down: DOWN_1,
    }],
};

// The index by owner covers only what a buyer still sees: a cart that was sold leaves it.
const UP_1: &str = "
CREATE TABLE carts (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    -- a principal: ses_… or acc_…
    owner TEXT NOT NULL,
    currency TEXT NOT NULL CHECK (length(currency) = 3),
    -- 1 open, 2 locked, 3 ordered, 4 merged
    state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 4),
    -- the checkout that locked or ordered it, or the cart that it was merged into
    holder BLOB CHECK (length(holder) = 16),
    version INTEGER NOT NULL,
    -- JSON, or nothing so far
    address TEXT,
    shipping_method TEXT,
    payment_token TEXT,
    changed_at INTEGER NOT NULL,
    CHECK ((state = 1) = (holder IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX carts_of_owner ON carts (owner) WHERE state IN (1, 2);

CREATE TABLE cart_lines (
    cart_id BLOB NOT NULL CHECK (length(cart_id) = 16),
    variant_id BLOB NOT NULL CHECK (length(variant_id) = 16),
    place INTEGER NOT NULL,
    quantity INTEGER NOT NULL CHECK (quantity BETWEEN 1 AND 10000),
    sku TEXT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (cart_id, variant_id)
) STRICT, WITHOUT ROWID;

-- Checkouts that unlocked, perhaps before they locked: they may not lock again.
CREATE TABLE called_off (
    checkout_id BLOB NOT NULL PRIMARY KEY CHECK (length(checkout_id) = 16),
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX called_off_at ON called_off (at);
";

const DOWN_1: &str = "
DROP TABLE called_off;
DROP TABLE cart_lines;
DROP TABLE carts;
";
