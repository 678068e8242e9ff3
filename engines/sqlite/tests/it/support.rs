//! A database in a folder of its own.

use std::path::Path;

use mainstay_core::{Clock, Context, Result};
use mainstay_engine_sqlite::Sqlite;
use mainstay_sql::{Database, DatabaseEngine, Metrics, Migration, MigrationSet, Options, Tx};

pub const ROWS: MigrationSet = MigrationSet {
    module: "test",
    migrations: &[Migration {
        version: 1,
        name: "rows",
        up: "CREATE TABLE rows (id INTEGER PRIMARY KEY, body BLOB) STRICT",
        down: "DROP TABLE rows",
    }],
};

pub fn ctx() -> Context {
    Context::background("test")
}

pub fn open(folder: &Path) -> Result<Database> {
    open_with(folder, |options| options)
}

pub fn open_with(folder: &Path, change: impl FnOnce(Options) -> Options) -> Result<Database> {
    let options = change(Options::new(Clock::system(), Metrics::unregistered()));
    Sqlite.open(&format!("sqlite:{}", folder.display()), "test", options)
}

/// One row with a body of so many bytes.
pub fn insert(tx: &Tx<'_>, id: i64, body_bytes: usize) -> Result<u64> {
    let body = vec![7u8; body_bytes];
    tx.execute("INSERT INTO rows (id, body) VALUES (?1, ?2)", &[id.into(), (&body).into()])
}

pub async fn stored(db: &Database) -> Vec<i64> {
    let ctx = ctx();
    let ids = db.read(&ctx, |view| view.query("SELECT id FROM rows ORDER BY id", &[], |row| row.get(0)));
    ids.await.unwrap()
}
