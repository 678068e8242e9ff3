//! The ledger's tables: entries are added and never touched again, and the books balance in every transaction.

use std::collections::HashMap;

use mainstay_core::{Currency, Money, Result, Timestamp};
use mainstay_sql::{Param, Row, Tx, View};

use crate::codes;
use crate::model::ledger::{Balance, Entry};

/// Books an entry, once for each cause. `false` when the cause was booked before.
///
/// Errors: `payments.ledger_unbalanced` when a cause comes again with another amount, or when the books would not add
/// up: then the whole write is refused, since going on would store a wrong fact.
pub fn post(tx: &Tx<'_>, entry: &Entry) -> Result<bool> {
    let Entry { cause, payment_id, debit, credit, amount } = entry;
    let rows = tx.execute(
        "INSERT INTO ledger_entries (cause, payment_id, debit, credit, minor, currency, posted_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (cause) DO NOTHING",
        &[
            cause.into(),
            payment_id.into(),
            debit.name().into(),
            credit.name().into(),
            amount.minor.into(),
            amount.currency.as_str().into(),
            tx.now().into(),
        ],
    )?;
    if rows == 0 {
        return same_as_before(tx, entry).map(|()| false);
    }
    tx.execute(
        "INSERT INTO ledger_balances (currency, account, debits, credits) VALUES (?1, ?2, ?4, 0), (?1, ?3, 0, ?4)
         ON CONFLICT DO UPDATE SET debits = debits + excluded.debits, credits = credits + excluded.credits",
        &[
            amount.currency.as_str().into(),
            debit.name().into(),
            credit.name().into(),
            amount.minor.into(),
        ],
    )?;
    let difference = tx.query_one(
        "SELECT sum(debits) - sum(credits) FROM ledger_balances WHERE currency = ?1",
        &[amount.currency.as_str().into()],
        |row| row.get::<i64>(0),
    )?;
    if difference != Some(0) {
        return Err(
            codes::UNBALANCED.error(format!("the books in {} are off by {difference:?}", amount.currency))
        );
    }
    Ok(true)
}

fn same_as_before(tx: &Tx<'_>, entry: &Entry) -> Result<()> {
    let before = tx.query_one(
        "SELECT minor, currency FROM ledger_entries WHERE cause = ?1",
        &[(&entry.cause).into()],
        |row| Ok((row.get::<i64>(0)?, row.get::<String>(1)?)),
    )?;
    match before {
        Some((minor, currency))
            if minor == entry.amount.minor && currency == entry.amount.currency.as_str() =>
        {
            Ok(())
        }
        other => Err(codes::UNBALANCED
            .error(format!("{} was booked as {other:?} and is {} now", entry.cause, entry.amount))),
    }
}

/// What each account has seen, by currency.
pub fn balances(view: &View<'_>) -> Result<Vec<Balance>> {
    view.query(
        "SELECT account, currency, debits, credits FROM ledger_balances ORDER BY currency, account",
        &[],
        balance,
    )
}

/// The same, added up from the entries: equal to [`balances`] unless somebody meddled with the tables.
pub fn balances_from_entries(view: &View<'_>) -> Result<Vec<Balance>> {
    view.query(
        "SELECT account, currency, sum(debit), sum(credit) FROM (
             SELECT debit AS account, currency, minor AS debit, 0 AS credit FROM ledger_entries
             UNION ALL
             SELECT credit, currency, 0, minor FROM ledger_entries
         ) GROUP BY currency, account ORDER BY currency, account",
        &[],
        balance,
    )
}

fn balance(row: &Row<'_>) -> Result<Balance> {
    let currency: Currency = row.text(1)?.parse()?;
    Ok(Balance {
        account: row.get(0)?,
        debits: Money::new(row.get(2)?, currency),
        credits: Money::new(row.get(3)?, currency),
    })
}

/// A line of the books, as the report shows it.
#[derive(Debug, serde::Serialize, schemars::JsonSchema)]
#[schemars(rename = "LedgerEntry")]
pub struct PostedEntry {
    pub number: i64,
    #[schemars(example = &"capture:S-17")]
    pub cause: String,
    #[schemars(example = &"provider_clearing")]
    pub debit: String,
    #[schemars(example = &"sales")]
    pub credit: String,
    pub amount: Money,
    pub posted_at: Timestamp,
}

/// The newest entries before number `before`.
pub fn entries(view: &View<'_>, before: i64, limit: u32) -> Result<Vec<PostedEntry>> {
    view.query(
        "SELECT id, cause, debit, credit, minor, currency, posted_at FROM ledger_entries
         WHERE id < ?1 ORDER BY id DESC LIMIT ?2",
        &[before.into(), limit.into()],
        |row| {
            Ok(PostedEntry {
                number: row.get(0)?,
                cause: row.get(1)?,
                debit: row.get(2)?,
                credit: row.get(3)?,
                amount: Money::new(row.get(4)?, row.text(5)?.parse()?),
                posted_at: row.get(6)?,
            })
        },
    )
}

/// What is booked under each of these causes, in minor units; absent is what is not booked.
pub fn booked(view: &View<'_>, causes: &[String]) -> Result<HashMap<String, i64>> {
    let keys: Vec<Param<'_>> = causes.iter().map(Into::into).collect();
    let sql = "SELECT cause, minor FROM ledger_entries WHERE cause IN (:list)";
    let rows = view.query_list(sql, &[], &keys, |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.into_iter().collect())
}
