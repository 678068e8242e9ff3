//! The tables that orders owns, besides those of sagas, facts and events.

use mainstay_sql::{Migration, MigrationSet};

pub const MIGRATIONS: MigrationSet =
    MigrationSet { module: "shop.orders", migrations: &[FIRST, REFUSED_BY_AGE] };

const FIRST: Migration = Migration {
    version: 1,
    name: "checkouts, order numbers, order list, sales by day",
    up: "
            CREATE TABLE checkouts (
                id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
                owner TEXT NOT NULL,
                -- Why it went back, once it has.
                failure TEXT,
                created_at INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID;

            CREATE TABLE order_numbers (
                last INTEGER NOT NULL
            ) STRICT;
            INSERT INTO order_numbers (last) VALUES (10000);

            -- Both are projections: rebuilt from the facts beside the generation that is read.
            CREATE TABLE order_list (
                generation INTEGER NOT NULL,
                id BLOB NOT NULL,
                owner TEXT NOT NULL,
                number TEXT NOT NULL,
                state TEXT NOT NULL,
                currency TEXT NOT NULL,
                total_minor INTEGER NOT NULL,
                refunded_minor INTEGER NOT NULL,
                placed_at INTEGER NOT NULL,
                PRIMARY KEY (generation, id)
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX order_list_by_owner ON order_list (generation, owner, id);

            -- Days are of UTC.
            CREATE TABLE sales_by_day (
                generation INTEGER NOT NULL,
                day TEXT NOT NULL,
                country TEXT NOT NULL,
                currency TEXT NOT NULL,
                orders INTEGER NOT NULL,
                net_minor INTEGER NOT NULL,
                tax_minor INTEGER NOT NULL,
                refunded_minor INTEGER NOT NULL,
                PRIMARY KEY (generation, day, country, currency)
            ) STRICT, WITHOUT ROWID;",
    down: "
            DROP TABLE sales_by_day;
            DROP TABLE order_list;
            DROP TABLE order_numbers;
            DROP TABLE checkouts;",
};

/// For forgetting them: there are few beside those that became orders, which stay.
const REFUSED_BY_AGE: Migration = Migration {
    version: 2,
    name: "refused checkouts by age",
    up: "CREATE INDEX checkouts_refused ON checkouts (created_at) WHERE failure IS NOT NULL;",
    down: "DROP INDEX checkouts_refused;",
};
