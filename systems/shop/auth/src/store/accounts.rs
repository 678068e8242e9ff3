//! The accounts' table.

use mainstay_core::{Result, codes as core_codes};
use mainstay_sql::{Row, Tx, View};

use crate::model::{Account, AccountId, Email, Role};

/// Stores a new account. `false` when the e-mail address has one already.
pub fn insert(tx: &Tx<'_>, account: &Account, password: &str) -> Result<bool> {
    let rows = tx.execute(
        "INSERT INTO accounts (id, email, name, role, password, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (email) DO NOTHING",
        &[
            (&account.id).into(),
            (&account.email).into(),
            (&account.name).into(),
            account.role.name().into(),
            password.into(),
            account.created_at.into(),
        ],
    )?;
    Ok(rows == 1)
}

pub fn by_id(view: &View<'_>, id: AccountId) -> Result<Option<Account>> {
    view.query_one(
        "SELECT id, email, name, role, created_at FROM accounts WHERE id = ?1",
        &[(&id).into()],
        account,
    )
}

/// The account of an e-mail address, and its password's record.
pub fn by_email(view: &View<'_>, email: &Email) -> Result<Option<(Account, String)>> {
    view.query_one(
        "SELECT id, email, name, role, created_at, password FROM accounts WHERE email = ?1",
        &[email.as_str().into()],
        |row| Ok((account(row)?, row.get(5)?)),
    )
}

/// The e-mail address and the password's record of an account.
pub fn login_of(view: &View<'_>, id: AccountId) -> Result<Option<(String, String)>> {
    view.query_one("SELECT email, password FROM accounts WHERE id = ?1", &[(&id).into()], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })
}

/// Sets the record of a password. `false` when there is no such account.
pub fn set_password(tx: &Tx<'_>, id: AccountId, record: &str) -> Result<bool> {
    let rows =
        tx.execute("UPDATE accounts SET password = ?2 WHERE id = ?1", &[(&id).into(), record.into()])?;
    Ok(rows == 1)
}

/// Replaces the record of a password, unless somebody changed it meanwhile.
pub fn renew_password(tx: &Tx<'_>, id: AccountId, old: &str, new: &str) -> Result<()> {
    tx.execute(
        "UPDATE accounts SET password = ?3 WHERE id = ?1 AND password = ?2",
        &[(&id).into(), old.into(), new.into()],
    )?;
    Ok(())
}

fn account(row: &Row<'_>) -> Result<Account> {
    Ok(Account {
        id: row.get(0)?,
        email: row.get(1)?,
        name: row.get(2)?,
        role: role(row.text(3)?)?,
        created_at: row.get(4)?,
    })
}

pub fn role(text: &str) -> Result<Role> {
    Role::parse(text).ok_or_else(|| core_codes::DATA_LOSS.error(format!("an account cannot be {text:?}")))
}
