//! What a replay has done: its own database beside those of the shop.
//!
//! A cart is on record before it is filled, and an order before the next one begins; so after a kill nothing is begun a
//! second time, and what was under way is asked again under the same keys.

use std::collections::HashMap;

use mainstay_core::config::BAD_CONFIGURATION;
use mainstay_core::{Clock, Context, Result};
use mainstay_host::{Engines, Settings};
use mainstay_sql::{Database, Metrics, Migration, MigrationSet};

use super::CALLER;

/// Names its database.
const NAME: &str = "shop.replay";

const MIGRATIONS: MigrationSet = MigrationSet {
    module: "shop.replay",
    migrations: &[Migration {
        version: 1,
        name: "what was replayed",
        up: "
            CREATE TABLE replay (
                one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
                -- The SHA-256 of the file and the day before which it stops: another file is another replay.
                source TEXT NOT NULL,
                stocked INTEGER NOT NULL
            ) STRICT;
            CREATE TABLE buyers (
                buyer TEXT NOT NULL PRIMARY KEY,
                session TEXT NOT NULL
            ) STRICT, WITHOUT ROWID;
            CREATE TABLE orders (
                name TEXT NOT NULL PRIMARY KEY,
                cart TEXT NOT NULL,
                order_id TEXT,
                -- The code of the refusal, when the shop refused it for good.
                refusal TEXT
            ) STRICT, WITHOUT ROWID;
            CREATE TABLE refunds (
                name TEXT NOT NULL PRIMARY KEY,
                refusal TEXT
            ) STRICT, WITHOUT ROWID;",
        down: "
            DROP TABLE refunds;
            DROP TABLE orders;
            DROP TABLE buyers;
            DROP TABLE replay;",
    }],
};

/// The journal. Cheap to clone.
#[derive(Clone)]
pub struct Journal {
    db: Database,
    ctx: Context,
}

/// An order on record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begun {
    pub cart: String,
    pub order: Option<String>,
    pub refusal: Option<String>,
}

/// All that is on record, as a start finds it.
#[derive(Debug, Default)]
pub struct Done {
    pub buyers: HashMap<String, String>,
    pub orders: HashMap<String, Begun>,
    pub refunds: HashMap<String, Option<String>>,
}

impl Journal {
    /// Opens it for this source.
    ///
    /// # Errors
    /// `core.bad_configuration` when the folder holds the replay of something else, or a shop that was no replay: its
    /// books are nobody's to write the past into.
    pub async fn open(engines: &Engines, settings: &Settings, clock: &Clock, source: &str) -> Result<Self> {
        let url = &settings.database.url;
        let db = engines.open_database(url, NAME, clock, &Metrics::unregistered())?;
        db.migrate(&[MIGRATIONS]).await?;
        let journal = Self { db, ctx: Context::background(CALLER) };
        let wanted = source.to_owned();
        let known = journal
            .db
            .write(&journal.ctx, move |tx| {
                tx.execute(
                    "INSERT OR IGNORE INTO replay (one, source, stocked) VALUES (1, ?1, 0)",
                    &[(&wanted).into()],
                )?;
                tx.query_one("SELECT source FROM replay", &[], |row| row.get::<String>(0))
            })
            .await?;
        if known.as_deref() != Some(source) {
            return Err(BAD_CONFIGURATION.error(
                "this folder holds the replay of another file, or of another part of it; name an empty one with --data",
            ));
        }
        Ok(journal)
    }

    /// Whether goods, prices and stock are in place.
    pub async fn is_stocked(&self) -> Result<bool> {
        let read = |view: &mainstay_sql::View<'_>| {
            view.query_one("SELECT stocked FROM replay", &[], |row| row.get::<bool>(0))
        };
        Ok(self.db.read(&self.ctx, read).await?.unwrap_or_default())
    }

    pub async fn stocked(&self) -> Result<()> {
        self.write("UPDATE replay SET stocked = 1", []).await
    }

    pub async fn done(&self) -> Result<Done> {
        let read = |view: &mainstay_sql::View<'_>| {
            let mut done = Done::default();
            view.for_each("SELECT buyer, session FROM buyers", &[], |row| {
                done.buyers.insert(row.get(0)?, row.get(1)?);
                Ok(())
            })?;
            view.for_each("SELECT name, cart, order_id, refusal FROM orders", &[], |row| {
                let begun = Begun { cart: row.get(1)?, order: row.get(2)?, refusal: row.get(3)? };
                done.orders.insert(row.get(0)?, begun);
                Ok(())
            })?;
            view.for_each("SELECT name, refusal FROM refunds", &[], |row| {
                done.refunds.insert(row.get(0)?, row.get(1)?);
                Ok(())
            })?;
            Ok(done)
        };
        self.db.read(&self.ctx, read).await
    }

    /// A buyer's session, for the rest of the replay.
    pub async fn met(&self, buyer: &str, session: &str) -> Result<()> {
        self.write("INSERT OR IGNORE INTO buyers (buyer, session) VALUES (?1, ?2)", [buyer, session]).await
    }

    pub async fn begun(&self, order: &str, cart: &str) -> Result<()> {
        self.write("INSERT INTO orders (name, cart) VALUES (?1, ?2)", [order, cart]).await
    }

    pub async fn placed(&self, order: &str, id: &str) -> Result<()> {
        self.write("UPDATE orders SET order_id = ?2 WHERE name = ?1", [order, id]).await
    }

    pub async fn order_refused(&self, order: &str, code: &str) -> Result<()> {
        self.write("UPDATE orders SET refusal = ?2 WHERE name = ?1", [order, code]).await
    }

    pub async fn refunded(&self, refund: &str) -> Result<()> {
        self.write("INSERT OR IGNORE INTO refunds (name) VALUES (?1)", [refund]).await
    }

    pub async fn refund_refused(&self, refund: &str, code: &str) -> Result<()> {
        self.write("INSERT OR IGNORE INTO refunds (name, refusal) VALUES (?1, ?2)", [refund, code]).await
    }

    /// Ends it; nothing may use it any more.
    pub async fn close(&self) {
        self.db.close().await;
    }

    async fn write<const N: usize>(&self, sql: &'static str, words: [&str; N]) -> Result<()> {
        let words = words.map(str::to_owned);
        self.db
            .write(&self.ctx, move |tx| {
                let params: Vec<mainstay_sql::Param<'_>> = words.iter().map(Into::into).collect();
                tx.execute(sql, &params).map(drop)
            })
            .await
    }
}
