//! The definitions of attributes.

use std::collections::HashMap;

use mainstay_core::Result;
use mainstay_sql::{Row, Tx, View};

use super::products::signed;
use crate::model::{Attribute, AttributeKind, Versioned};

/// Every definition, by code.
pub fn attributes(view: &View<'_>) -> Result<Vec<Versioned<Attribute>>> {
    view.query("SELECT code, name, kind, unit, filterable, version FROM attributes ORDER BY code", &[], read)
}

/// One definition.
pub fn attribute(view: &View<'_>, code: &str) -> Result<Option<Versioned<Attribute>>> {
    let sql = "SELECT code, name, kind, unit, filterable, version FROM attributes WHERE code = ?1";
    view.query_one(sql, &[code.into()], read)
}

/// The kinds of those of these codes that are defined.
pub fn kinds<'a>(
    view: &View<'_>,
    codes: impl IntoIterator<Item = &'a String>,
) -> Result<HashMap<String, AttributeKind>> {
    let list: Vec<_> = codes.into_iter().map(Into::into).collect();
    let sql = "SELECT code, kind FROM attributes WHERE code IN (:list)";
    let found = view.query_list(sql, &[], &list, |row| Ok((row.get(0)?, row.text(1)?.parse()?)))?;
    Ok(found.into_iter().collect())
}

/// Creates or replaces a definition.
pub fn put_attribute(tx: &Tx<'_>, attribute: &Attribute, version: u64) -> Result<()> {
    tx.execute(
        "INSERT INTO attributes (code, name, kind, unit, filterable, version) VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
         ON CONFLICT (code) DO UPDATE SET name = ?2, unit = ?4, filterable = ?5, version = ?6",
        &[
            (&attribute.code).into(),
            (&attribute.name).into(),
            attribute.kind.as_str().into(),
            (&attribute.unit).into(),
            attribute.filterable.into(),
            signed(version).into(),
        ],
    )?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<Versioned<Attribute>> {
    let value = Attribute {
        code: row.get(0)?,
        name: row.get(1)?,
        kind: row.text(2)?.parse()?,
        unit: row.get(3)?,
        filterable: row.get(4)?,
    };
    Ok(Versioned { version: row.get(5)?, value })
}
