//! The addresses' table. Every query names the account, so that nobody reaches another's book.

use mainstay_core::Result;
use mainstay_sql::{Tx, View};

use crate::model::{AccountId, AddressId, PostalAddress, SavedAddress};

pub fn insert(tx: &Tx<'_>, account: AccountId, saved: &SavedAddress) -> Result<()> {
    let PostalAddress { name, line1, line2, city, postcode, country } = &saved.address;
    tx.execute(
        "INSERT INTO addresses (account_id, id, name, line1, line2, city, postcode, country, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        &[
            (&account).into(),
            (&saved.id).into(),
            name.into(),
            line1.into(),
            line2.into(),
            city.into(),
            postcode.into(),
            country.into(),
            tx.now().into(),
        ],
    )?;
    Ok(())
}

/// An account's addresses, the oldest first. There are never more than the book holds.
pub fn list(view: &View<'_>, account: AccountId) -> Result<Vec<SavedAddress>> {
    view.query(
        "SELECT id, name, line1, line2, city, postcode, country FROM addresses WHERE account_id = ?1
         ORDER BY created_at, id",
        &[(&account).into()],
        |row| {
            let address = PostalAddress {
                name: row.get(1)?,
                line1: row.get(2)?,
                line2: row.get(3)?,
                city: row.get(4)?,
                postcode: row.get(5)?,
                country: row.get(6)?,
            };
            Ok(SavedAddress { id: row.get(0)?, address })
        },
    )
}

pub fn count(view: &View<'_>, account: AccountId) -> Result<u32> {
    let count = view.query_one(
        "SELECT count(*) FROM addresses WHERE account_id = ?1",
        &[(&account).into()],
        |row| row.get(0),
    )?;
    Ok(count.unwrap_or(0))
}

/// Deletes an address of this account. `false` when there is none of this id.
pub fn delete(tx: &Tx<'_>, account: AccountId, id: AddressId) -> Result<bool> {
    let rows = tx.execute(
        "DELETE FROM addresses WHERE account_id = ?1 AND id = ?2",
        &[(&account).into(), (&id).into()],
    )?;
    Ok(rows == 1)
}
