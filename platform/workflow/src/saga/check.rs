//! Refuses to execute runs whose definition this program lacks or has changed.

use std::collections::BTreeMap;

use mainstay_core::Result;
use mainstay_sql::Tx;

use super::dispatcher::Core;
use crate::codes::{DEFINITION_CHANGED, UNKNOWN_VERSION};

type Shapes = BTreeMap<(String, u32), String>;

/// Compares the runs that have not ended with what is registered, and notes the shapes of what is.
pub(super) async fn check(core: &Core) -> Result<()> {
    let registered: Shapes = core
        .executors
        .read()
        .iter()
        .map(|executor| ((executor.name().to_owned(), executor.version()), executor.shape()))
        .collect();
    core.db.write(&core.context(), move |tx| compare(tx, &registered)).await
}

fn compare(tx: &Tx<'_>, registered: &Shapes) -> Result<()> {
    let under_way = tx.query(
        "SELECT name, version, count(*) FROM saga_runs WHERE ended_at IS NULL GROUP BY name, version",
        &[],
        |row| Ok(((row.get::<String>(0)?, row.get::<u32>(1)?), row.get::<i64>(2)?)),
    )?;
    let noted: Shapes = tx
        .query("SELECT name, version, shape FROM saga_definitions", &[], |row| {
            Ok(((row.get::<String>(0)?, row.get::<u32>(1)?), row.get::<String>(2)?))
        })?
        .into_iter()
        .collect();
    let mut lacking = Vec::new();
    for (definition, runs) in &under_way {
        let (name, version) = definition;
        match (registered.get(definition), noted.get(definition)) {
            (None, _) => lacking.push(format!("{name} v{version} ({runs} runs)")),
            (Some(now), Some(before)) if now != before => {
                return Err(DEFINITION_CHANGED.error(format!(
                    "{name} v{version} has {runs} runs under way; its steps were \"{before}\" and are \"{now}\""
                )));
            }
            (Some(_), _) => {}
        }
    }
    if !lacking.is_empty() {
        return Err(UNKNOWN_VERSION.error(format!("this program lacks {}", lacking.join(", "))));
    }
    for (definition, shape) in registered {
        if noted.get(definition) != Some(shape) {
            tx.execute(
                "INSERT INTO saga_definitions (name, version, shape) VALUES (?1, ?2, ?3)
                 ON CONFLICT (name, version) DO UPDATE SET shape = excluded.shape",
                &[(&definition.0).into(), definition.1.into(), shape.into()],
            )?;
        }
    }
    Ok(())
}
