//! Every query the provider makes.

use mainstay_core::{Currency, Money, Result, Timestamp, codes as core_codes};
use mainstay_sql::{Param, Row, Tx, View};

use crate::codes;
use crate::model::{Charge, Refund, Status, Token};

const COLUMNS: &str = "number, reference, token, minor, currency, status, decline_reason, challenge, \
                       refunded_minor, created_at, changed_at";

/// A charge that is yet to be made.
pub struct NewCharge<'a> {
    pub reference: &'a str,
    pub token: &'a str,
    pub amount: Money,
    pub status: Status,
    pub decline_reason: &'a str,
    pub challenge: &'a str,
    pub decide_at: Option<Timestamp>,
    pub now: Timestamp,
}

/// Which operation a key stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    Authorise,
    Capture,
    Void,
    Refund,
}

impl Operation {
    pub fn name(self) -> &'static str {
        match self {
            Self::Authorise => "authorise",
            Self::Capture => "capture",
            Self::Void => "void",
            Self::Refund => "refund",
        }
    }
}

/// An operation that was accepted.
pub struct Accepted {
    pub kind: String,
    pub charge: i64,
    pub minor: i64,
}

/// Stores a new charge; `None` when its reference has one already.
pub fn insert(tx: &Tx<'_>, new: &NewCharge<'_>) -> Result<Option<Charge>> {
    let sql = format!(
        "INSERT INTO charges (reference, token, minor, currency, status, decline_reason, challenge, decide_at,
                              created_at, changed_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9)
         ON CONFLICT (reference) DO NOTHING RETURNING {COLUMNS}"
    );
    let inserted = tx.query_one(
        &sql,
        &[
            new.reference.into(),
            new.token.into(),
            new.amount.minor.into(),
            new.amount.currency.as_str().into(),
            new.status.name().into(),
            new.decline_reason.into(),
            new.challenge.into(),
            new.decide_at.into(),
            new.now.into(),
        ],
        charge,
    )?;
    Ok(inserted.map(|(charge, _)| charge))
}

pub fn by_reference(view: &View<'_>, reference: &str) -> Result<Option<Charge>> {
    let sql = format!("SELECT {COLUMNS} FROM charges WHERE reference = ?1");
    with_refunds(view, view.query_one(&sql, &[reference.into()], charge)?)
}

pub fn by_number(view: &View<'_>, number: i64) -> Result<Charge> {
    let sql = format!("SELECT {COLUMNS} FROM charges WHERE number = ?1");
    found(with_refunds(view, view.query_one(&sql, &[number.into()], charge)?)?)
}

pub fn by_challenge(view: &View<'_>, challenge: &str) -> Result<Option<Charge>> {
    let sql = format!("SELECT {COLUMNS} FROM charges WHERE challenge = ?1 AND challenge <> ''");
    with_refunds(view, view.query_one(&sql, &[challenge.into()], charge)?)
}

/// A page of the list, in the order of making.
pub fn list(view: &View<'_>, after: i64, since: Timestamp, limit: u32) -> Result<Vec<Charge>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM charges WHERE number > ?1 AND created_at >= ?2 ORDER BY number LIMIT ?3"
    );
    let rows = view.query(&sql, &[after.into(), since.into(), limit.into()], charge)?;
    let refunded: Vec<Param<'_>> =
        rows.iter().filter(|(_, refunded)| *refunded).map(|(charge, _)| charge.number.into()).collect();
    let refunds = view.query_list(
        "SELECT charge, key, minor FROM operations WHERE charge IN (:list) AND kind = 'refund' ORDER BY key",
        &[],
        &refunded,
        |row| Ok((row.get::<i64>(0)?, Refund { key: row.get(1)?, minor: row.get(2)? })),
    )?;
    let mut charges: Vec<Charge> = rows.into_iter().map(|(charge, _)| charge).collect();
    for (number, refund) in refunds {
        if let Ok(place) = charges.binary_search_by_key(&number, |charge| charge.number) {
            charges[place].refunds.push(refund);
        }
    }
    Ok(charges)
}

/// Charges whose late decision is due.
pub fn to_decide(view: &View<'_>, now: Timestamp, horizon: Timestamp, limit: u32) -> Result<Vec<i64>> {
    view.query(
        "SELECT number FROM charges WHERE (decide_at <= ?1 OR decide_at > ?2) ORDER BY decide_at LIMIT ?3",
        &[now.into(), horizon.into(), limit.into()],
        |row| row.get(0),
    )
}

/// When the next late decision falls.
pub fn next_decision(view: &View<'_>) -> Result<Option<Timestamp>> {
    let next =
        view.query_one("SELECT min(decide_at) FROM charges WHERE decide_at IS NOT NULL", &[], |row| {
            row.get::<Option<Timestamp>>(0)
        })?;
    Ok(next.flatten())
}

/// Stores a change of status or refunds. A decision that was awaited is not any more.
pub fn save(tx: &Tx<'_>, charge: &Charge, now: Timestamp) -> Result<()> {
    tx.execute(
        "UPDATE charges SET status = ?2, decline_reason = ?3, refunded_minor = ?4, changed_at = ?5,
                            decide_at = NULL
         WHERE number = ?1",
        &[
            charge.number.into(),
            charge.status.name().into(),
            charge.decline_reason.as_str().into(),
            charge.refunded_minor().into(),
            now.into(),
        ],
    )?;
    Ok(())
}

pub fn accepted(view: &View<'_>, key: &str) -> Result<Option<Accepted>> {
    view.query_one("SELECT kind, charge, minor FROM operations WHERE key = ?1", &[key.into()], |row| {
        Ok(Accepted { kind: row.get(0)?, charge: row.get(1)?, minor: row.get(2)? })
    })
}

/// Notes an operation under its key. `false` when the key stands for one already.
pub fn accept(tx: &Tx<'_>, key: &str, kind: Operation, charge: i64, minor: i64) -> Result<bool> {
    let rows = tx.execute(
        "INSERT INTO operations (key, kind, charge, minor) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
        &[key.into(), kind.name().into(), charge.into(), minor.into()],
    )?;
    Ok(rows == 1)
}

/// A webhook that waits to be sent.
pub struct Waiting {
    pub id: i64,
    pub body: String,
    pub attempts: u32,
}

pub fn queue_webhook(tx: &Tx<'_>, event_id: &str, body: &str, due_at: Timestamp) -> Result<()> {
    tx.execute(
        "INSERT INTO webhooks (event_id, body, due_at) VALUES (?1, ?2, ?3)",
        &[event_id.into(), body.into(), due_at.into()],
    )?;
    Ok(())
}

/// Those that are due, and those that lie further ahead than `horizon`: the clock was set back since they were queued.
pub fn due_webhooks(view: &View<'_>, now: Timestamp, horizon: Timestamp, limit: u32) -> Result<Vec<Waiting>> {
    view.query(
        "SELECT id, body, attempts FROM webhooks WHERE given_up = 0 AND (due_at <= ?1 OR due_at > ?2)
         ORDER BY due_at, id LIMIT ?3",
        &[now.into(), horizon.into(), limit.into()],
        |row| Ok(Waiting { id: row.get(0)?, body: row.get(1)?, attempts: row.get(2)? }),
    )
}

pub fn next_webhook(view: &View<'_>) -> Result<Option<Timestamp>> {
    let next = view.query_one("SELECT min(due_at) FROM webhooks WHERE given_up = 0", &[], |row| {
        row.get::<Option<Timestamp>>(0)
    })?;
    Ok(next.flatten())
}

/// How many webhooks nobody has taken yet, and how many were given up.
pub fn webhook_counts(view: &View<'_>) -> Result<(u64, u64)> {
    let counts = view.query_one(
        "SELECT count(*) FILTER (WHERE given_up = 0), count(*) FILTER (WHERE given_up = 1) FROM webhooks",
        &[],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    Ok(counts.unwrap_or_default())
}

pub fn webhook_taken(tx: &Tx<'_>, id: i64) -> Result<()> {
    tx.execute("DELETE FROM webhooks WHERE id = ?1", &[id.into()])?;
    Ok(())
}

/// Puts a webhook off; `None` gives it up.
pub fn webhook_failed(tx: &Tx<'_>, id: i64, again_at: Option<Timestamp>) -> Result<()> {
    match again_at {
        Some(at) => tx.execute(
            "UPDATE webhooks SET attempts = attempts + 1, due_at = ?2 WHERE id = ?1",
            &[id.into(), at.into()],
        )?,
        None => tx.execute(
            "UPDATE webhooks SET attempts = attempts + 1, given_up = 1 WHERE id = ?1",
            &[id.into()],
        )?,
    };
    Ok(())
}

// The second value is whether there are refunds to load: most charges have none, and then one query is enough.
fn charge(row: &Row<'_>) -> Result<(Charge, bool)> {
    let currency: Currency = row.get::<String>(4)?.parse()?;
    let refunded: i64 = row.get(8)?;
    let charge = Charge {
        number: row.get(0)?,
        reference: row.get(1)?,
        // A card that nobody issued behaves like one that is declined.
        token: Token::parse(&row.get::<String>(2)?).unwrap_or(Token::Decline),
        amount: Money::new(row.get(3)?, currency),
        status: found(Status::parse(&row.get::<String>(5)?))?,
        decline_reason: row.get(6)?,
        challenge: row.get(7)?,
        refunds: Vec::new(),
        created_at: row.get(9)?,
        changed_at: row.get(10)?,
    };
    Ok((charge, refunded > 0))
}

fn with_refunds(view: &View<'_>, row: Option<(Charge, bool)>) -> Result<Option<Charge>> {
    let Some((mut charge, refunded)) = row else { return Ok(None) };
    if refunded {
        charge.refunds = view.query(
            "SELECT key, minor FROM operations WHERE charge = ?1 AND kind = 'refund' ORDER BY key",
            &[charge.number.into()],
            |row| Ok(Refund { key: row.get(0)?, minor: row.get(1)? }),
        )?;
    }
    Ok(Some(charge))
}

fn found<T>(row: Option<T>) -> Result<T> {
    row.ok_or_else(|| core_codes::DATA_LOSS.error("a row that was written cannot be read"))
}

/// `test_provider.unknown` for a reference that names no charge.
pub fn known(charge: Option<Charge>) -> Result<Charge> {
    charge.ok_or_else(|| codes::UNKNOWN.error("there is no charge of this reference"))
}
