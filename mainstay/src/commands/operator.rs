//! What the commands for operators share: the databases of the services they name, opened without starting anything.
//!
//! They may run beside the process that serves: the engine lets several processes share a database, and what works
//! under a lease notices that somebody else changed a row.

use mainstay_audit::{Audit, Entry};
use mainstay_core::config::BAD_CONFIGURATION;
use mainstay_core::{Clock, Context, Result, codes};
use mainstay_host::{Host, NOTHING_HERE, Opened};
use mainstay_sql::{MigrationSet, MigrationState, Tx};
use serde::Serialize;

use crate::commands::Global;
use crate::{shop, systems};
use mainstay_host::Engines;

/// Who acts, in logs and traces.
const CALLER: &str = "mainstay.operator";

/// The context of what an operator does by hand.
pub fn context() -> Context {
    Context::background(CALLER)
}

/// Records what an operator does, in the transaction in which it is done. Under which login is what the machine says: who
/// may run this command may say anything, and is trusted with more.
pub fn record(
    audit: &Audit,
    tx: &Tx<'_>,
    action: &'static str,
    subject: impl Into<String>,
    more: &impl Serialize,
) -> Result<()> {
    let login = ["SUDO_USER", "USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok());
    let entry = Entry::new(action, subject).after(&serde_json::json!({"login": login, "what": more}))?;
    audit.record(tx, &context(), entry)
}

/// The databases of the services that the words name, as they are; of all services that have one when there are no
/// words. Nothing is made.
pub fn look(global: &Global, engines: Engines, words: &[String]) -> Result<Vec<Opened>> {
    let wanted = if words.is_empty() { Vec::new() } else { systems::names(words)? };
    let found = host(global, engines)?.look()?;
    let missing = wanted.iter().find(|name| !found.iter().any(|service| service.name == **name));
    if let Some(name) = missing {
        return Err(NOTHING_HERE.error(format!(
            "{name} has no database here yet; it is made when the service is first started, or by \
             `mainstay migrate up {}`",
            name.replacen('.', "/", 1)
        )));
    }
    Ok(only(found, &wanted))
}

/// As [`look`], with databases made where there are none.
pub fn make(global: &Global, engines: Engines, words: &[String]) -> Result<Vec<Opened>> {
    if words.is_empty() {
        return host(global, engines)?.open();
    }
    let wanted = systems::names(words)?;
    Ok(only(host(global, engines)?.open_some(&wanted)?, &wanted))
}

fn host(global: &Global, engines: Engines) -> Result<Host> {
    Ok(shop::mount(Host::new(global.configuration(&[])?, engines, Clock::system())))
}

// All of them when none is named.
fn only(opened: Vec<Opened>, names: &[&str]) -> Vec<Opened> {
    opened.into_iter().filter(|service| names.is_empty() || names.contains(&service.name)).collect()
}

/// As [`look`], refusing a database that this binary's statements do not fit.
pub async fn ready(global: &Global, engines: Engines, words: &[String]) -> Result<Vec<Opened>> {
    let opened = look(global, engines, words)?;
    for service in &opened {
        let lines = service.database.migration_status(&service.migrations).await?;
        if lines.iter().any(|line| matches!(line.state, MigrationState::Pending)) {
            return Err(codes::PRECONDITION.error(format!(
                "the database of {} has pending migrations; start the service, or run `mainstay migrate up {}`",
                service.name,
                service.name.replacen('.', "/", 1),
            )));
        }
    }
    Ok(opened)
}

/// The one service that the word names.
pub async fn ready_one(global: &Global, engines: Engines, word: &str) -> Result<Opened> {
    let opened = ready(global, engines, &[word.to_owned()]).await?;
    let count = opened.len();
    match <[Opened; 1]>::try_from(opened) {
        Ok([one]) => Ok(one),
        Err(_) => {
            Err(BAD_CONFIGURATION
                .error(format!("{word} names {count} services; name one, such as shop/orders")))
        }
    }
}

/// The list of migrations of this name.
pub fn migration_set<'a>(opened: &'a Opened, module: &str) -> Result<&'a MigrationSet> {
    opened.migrations.iter().find(|set| set.module == module).ok_or_else(|| {
        let known: Vec<&str> = opened.migrations.iter().map(|set| set.module).collect();
        BAD_CONFIGURATION.error(format!(
            "{} has no module {module}; write one of {}",
            opened.name,
            known.join(", ")
        ))
    })
}
