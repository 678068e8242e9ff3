//! Migrations: for each module a list, numbered from 1, that only ever grows.
//!
//! Each is applied in a transaction of its own together with its line in `mainstay_migrations`, so that a crash
//! leaves it applied or not, and two processes that start at once apply it once. The text that was applied is
//! remembered by its checksum: a text that changed later refuses to start, because nobody could say any more what
//! the schema is. Migrations that this binary does not know are left alone, since old and new run side by side
//! during an upgrade.

use std::collections::BTreeMap;

use mainstay_core::{Context, Error, Result, Timestamp};
use sha2::{Digest, Sha256};

use crate::codes;
use crate::database::Database;
use crate::tx::Tx;
use crate::view::View;
use crate::work::Steps;

/// One step of a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Migration {
    /// 1, 2, 3, … within its module.
    pub version: u32,
    /// A few words, for people.
    pub name: &'static str,
    /// Statements, separated by semicolons.
    pub up: &'static str,
    /// The way back; empty when there is none.
    pub down: &'static str,
}

/// The migrations of one module: a capability's tables or a service's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MigrationSet {
    pub module: &'static str,
    pub migrations: &'static [Migration],
}

/// This crate's own tables; every database has them.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    module: "mainstay.sql",
    migrations: &[Migration {
        version: 1,
        name: "leases",
        up: "CREATE TABLE mainstay_leases (
                 name TEXT NOT NULL PRIMARY KEY,
                 holder TEXT NOT NULL,
                 fence INTEGER NOT NULL,
                 expires_at INTEGER NOT NULL
             ) STRICT, WITHOUT ROWID",
        down: "DROP TABLE mainstay_leases",
    }],
};

/// A migration that was just applied or taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppliedMigration {
    pub module: String,
    pub version: u32,
    pub name: String,
}

/// Where one migration stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MigrationState {
    Pending,
    Applied(Timestamp),
    /// Applied, with another text than this binary has.
    Changed(Timestamp),
    /// Applied by a newer binary; this one does not know it.
    Unknown(Timestamp),
}

/// One line of `migrate status`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MigrationStatus {
    pub module: String,
    pub version: u32,
    pub name: String,
    pub state: MigrationState,
}

struct Recorded {
    name: String,
    checksum: String,
    applied_at: Timestamp,
}

impl Database {
    /// Applies what is pending of this crate's own migrations and of `sets`, in their order. Returns what it applied.
    pub async fn migrate(&self, sets: &[MigrationSet]) -> Result<Vec<AppliedMigration>> {
        let sets = with_own(sets);
        for set in &sets {
            check_numbers(set)?;
        }
        let mut applied = Vec::new();
        self.migration_write(create_table).await?;
        for set in sets {
            for migration in set.migrations {
                if self.migration_write(move |tx| apply(tx, &set, migration)).await? {
                    applied.push(describe(&set, migration));
                }
            }
        }
        Ok(applied)
    }

    /// Where every migration of this crate and of `sets` stands, and those of their modules that are unknown here.
    pub async fn migration_status(&self, sets: &[MigrationSet]) -> Result<Vec<MigrationStatus>> {
        let sets = with_own(sets);
        self.migration_write(create_table).await?;
        self.read(&self.migration_context(), move |view| {
            let mut lines = Vec::new();
            for set in &sets {
                status_of(view, set, &mut lines)?;
            }
            Ok(lines)
        })
        .await
    }

    /// Takes the migrations of `set` back, latest first, until version `to` is the latest (0: until none is left).
    pub async fn migrate_down(&self, set: &MigrationSet, to: u32) -> Result<Vec<AppliedMigration>> {
        let set = *set;
        check_numbers(&set)?;
        self.migration_write(create_table).await?;
        let mut undone = Vec::new();
        for migration in set.migrations.iter().rev().filter(|migration| migration.version > to) {
            if self.migration_write(move |tx| take_back(tx, &set, migration)).await? {
                undone.push(describe(&set, migration));
            }
        }
        Ok(undone)
    }

    async fn migration_write<T, F>(&self, closure: F) -> Result<T>
    where
        F: FnMut(&Tx<'_>) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        self.write_with(&self.migration_context(), Steps::Unbounded, closure).await
    }

    fn migration_context(&self) -> Context {
        Context::background(self.name().to_owned())
    }
}

impl Migration {
    /// What is remembered of the text that was applied: 32 hexadecimal digits.
    pub fn checksum(&self) -> String {
        let digest = Sha256::digest(self.up.as_bytes());
        data_encoding::HEXLOWER.encode(&digest[..16])
    }
}

fn with_own(sets: &[MigrationSet]) -> Vec<MigrationSet> {
    let mut all = vec![MIGRATIONS];
    all.extend(sets.iter().filter(|set| set.module != MIGRATIONS.module));
    all
}

fn check_numbers(set: &MigrationSet) -> Result<()> {
    for (expected, migration) in (1..).zip(set.migrations) {
        if migration.version != expected {
            return Err(codes::MIGRATION_REFUSED.error(format!(
                "migration '{}' of {} has number {} where {expected} is due",
                migration.name, set.module, migration.version
            )));
        }
    }
    Ok(())
}

fn create_table(tx: &Tx<'_>) -> Result<()> {
    tx.script(
        "CREATE TABLE IF NOT EXISTS mainstay_migrations (
             module TEXT NOT NULL,
             version INTEGER NOT NULL,
             name TEXT NOT NULL,
             checksum TEXT NOT NULL,
             applied_at INTEGER NOT NULL,
             PRIMARY KEY (module, version)
         ) STRICT, WITHOUT ROWID",
    )
}

fn apply(tx: &Tx<'_>, set: &MigrationSet, migration: &Migration) -> Result<bool> {
    if let Some(recorded) = recorded(tx, set.module)?.remove(&migration.version) {
        if recorded.checksum != migration.checksum() {
            return Err(changed(set, migration, &recorded));
        }
        return Ok(false);
    }
    tx.script(migration.up).map_err(|error| failed(set, migration, "applied", error))?;
    tx.execute(
        "INSERT INTO mainstay_migrations (module, version, name, checksum, applied_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        &[
            set.module.into(),
            migration.version.into(),
            migration.name.into(),
            (&migration.checksum()).into(),
            tx.now().into(),
        ],
    )?;
    Ok(true)
}

fn take_back(tx: &Tx<'_>, set: &MigrationSet, migration: &Migration) -> Result<bool> {
    let mut all = recorded(tx, set.module)?;
    if let Some((version, newer)) = all.last_key_value().filter(|(version, _)| **version > migration.version)
    {
        return Err(codes::MIGRATION_REFUSED.error(format!(
            "migration {version} '{}' of {} was applied by a newer release; take it back with that one first",
            newer.name, set.module
        )));
    }
    let Some(recorded) = all.remove(&migration.version) else { return Ok(false) };
    if recorded.checksum != migration.checksum() {
        return Err(changed(set, migration, &recorded));
    }
    if migration.down.is_empty() {
        return Err(codes::MIGRATION_REFUSED.error(format!(
            "migration {} '{}' of {} has no way back",
            migration.version, migration.name, set.module
        )));
    }
    tx.script(migration.down).map_err(|error| failed(set, migration, "taken back", error))?;
    tx.execute(
        "DELETE FROM mainstay_migrations WHERE module = ?1 AND version = ?2",
        &[set.module.into(), migration.version.into()],
    )?;
    Ok(true)
}

fn status_of(view: &View<'_>, set: &MigrationSet, lines: &mut Vec<MigrationStatus>) -> Result<()> {
    let mut applied = recorded(view, set.module)?;
    for migration in set.migrations {
        let state = match applied.remove(&migration.version) {
            None => MigrationState::Pending,
            Some(line) if line.checksum == migration.checksum() => MigrationState::Applied(line.applied_at),
            Some(line) => MigrationState::Changed(line.applied_at),
        };
        let AppliedMigration { module, version, name } = describe(set, migration);
        lines.push(MigrationStatus { module, version, name, state });
    }
    lines.extend(applied.into_iter().map(|(version, line)| MigrationStatus {
        module: set.module.to_owned(),
        version,
        name: line.name,
        state: MigrationState::Unknown(line.applied_at),
    }));
    Ok(())
}

fn recorded(view: &View<'_>, module: &str) -> Result<BTreeMap<u32, Recorded>> {
    let rows = view.query(
        "SELECT version, name, checksum, applied_at FROM mainstay_migrations WHERE module = ?1",
        &[module.into()],
        |row| {
            let line = Recorded { name: row.get(1)?, checksum: row.get(2)?, applied_at: row.get(3)? };
            Ok((row.get(0)?, line))
        },
    )?;
    Ok(rows.into_iter().collect())
}

fn describe(set: &MigrationSet, migration: &Migration) -> AppliedMigration {
    AppliedMigration {
        module: set.module.to_owned(),
        version: migration.version,
        name: migration.name.to_owned(),
    }
}

fn changed(set: &MigrationSet, migration: &Migration, recorded: &Recorded) -> Error {
    codes::MIGRATION_CHANGED.error(format!(
        "migration {} '{}' of {} was applied at {} with another text; restore that text and write the change as a \
         new migration",
        migration.version, migration.name, set.module, recorded.applied_at
    ))
}

// Keeps the cause's own code when there is room to hope (a full disk), so that its advice is the one that is read.
fn failed(set: &MigrationSet, migration: &Migration, what: &str, error: Error) -> Error {
    if error.is_temporary() {
        return error;
    }
    codes::MIGRATION_REFUSED.because(
        format!("migration {} '{}' of {} could not be {what}", migration.version, migration.name, set.module),
        error.chain(),
    )
}
