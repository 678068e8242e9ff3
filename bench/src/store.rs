//! Databases for benchmarks: the embedded engine with its production settings in a throw-away folder.

use std::path::Path;

use mainstay_core::{Clock, Result};
use mainstay_engine_sqlite::Sqlite;
use mainstay_sql::{Database, DatabaseEngine, Metrics, MigrationSet, Options};

pub async fn open(folder: &Path, name: &str, migrations: &[MigrationSet]) -> Result<Database> {
    let url = format!("sqlite:{}", folder.display());
    let db = Sqlite.open(&url, name, Options::new(Clock::system(), Metrics::unregistered()))?;
    db.migrate(migrations).await?;
    Ok(db)
}
