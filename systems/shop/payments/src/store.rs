//! Every query about payments, refunds and webhooks. The ledger has its own file.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use mainstay_core::{Currency, Error, Id, Money, Result, Timestamp, codes as core_codes};
use mainstay_sql::{Param, Row, Tx, View};

use crate::codes;
use crate::model::{Charge, Next, Payment, PaymentId, Refund, RefundState};

pub mod ledger;
pub mod webhooks;

const COLUMNS: &str =
    "id, checkout_id, minor, currency, charge, detail, released, refunds, look_at, created_at";

// What changes is usually seen to by who changed it; the sweep comes after this for what they left.
const LOOK_AFTER: Duration = Duration::from_secs(30);

/// A payment, if there is one of this id.
pub fn payment(view: &View<'_>, id: PaymentId) -> Result<Option<Payment>> {
    Ok(stored(view, id)?.map(|stored| stored.payment))
}

/// A payment with what is kept beside it.
pub fn stored(view: &View<'_>, id: PaymentId) -> Result<Option<Stored>> {
    const SQL: &str =
        "SELECT id, checkout_id, minor, currency, charge, detail, released, refunds, look_at, created_at
                       FROM payments WHERE id = ?1";
    let Some(mut found) = view.query_one(SQL, &[(&id).into()], read)? else { return Ok(None) };
    load_refunds(view, std::slice::from_mut(&mut found))?;
    Ok(Some(found))
}

/// `payments.unknown_payment` when there is none.
pub fn known(payment: Option<Payment>) -> Result<Payment> {
    payment.ok_or_else(unknown)
}

pub fn unknown() -> Error {
    codes::UNKNOWN_PAYMENT.error("there is no payment of this id")
}

/// A payment; `payments.voided` when there is only a void that came before it.
pub fn known_or_voided(view: &View<'_>, id: PaymentId) -> Result<Payment> {
    match payment(view, id)? {
        Some(payment) => Ok(payment),
        None if voided_early(view, id)? => Err(codes::VOIDED.error("the payment was voided")),
        None => Err(unknown()),
    }
}

/// A payment with what only settling and reconciliation want to know.
pub struct Stored {
    pub payment: Payment,
    pub created_at: Timestamp,
    /// When to look at it, while something about it is open.
    pub look_at: Option<Timestamp>,
    refunds: u32,
}

/// The payments of these ids that exist.
pub fn payments(view: &View<'_>, ids: &[PaymentId]) -> Result<HashMap<PaymentId, Payment>> {
    let sql = format!("SELECT {COLUMNS} FROM payments WHERE id IN (:list)");
    let keys: Vec<Param<'_>> = ids.iter().map(Into::into).collect();
    let mut found = view.query_list(&sql, &[], &keys, read)?;
    load_refunds(view, &mut found)?;
    Ok(found.into_iter().map(|stored| (stored.payment.id, stored.payment)).collect())
}

/// Payments made at or after `since`, in the order of their ids, after `after`.
pub fn page(view: &View<'_>, since: Timestamp, after: PaymentId, limit: u32) -> Result<Vec<Stored>> {
    let sql =
        format!("SELECT {COLUMNS} FROM payments WHERE id > ?1 AND created_at >= ?2 ORDER BY id LIMIT ?3");
    let mut page = view.query(&sql, &[(&after).into(), since.into(), limit.into()], read)?;
    load_refunds(view, &mut page)?;
    Ok(page)
}

/// Payments with something left to do at the provider, whose time to be looked at has come, or lies after `beyond`.
pub fn to_look_at(view: &View<'_>, now: Timestamp, beyond: Timestamp, limit: u32) -> Result<Vec<PaymentId>> {
    view.query(
        "SELECT id FROM payments WHERE look_at <= ?1 OR look_at > ?2 ORDER BY look_at LIMIT ?3",
        &[now.into(), beyond.into(), limit.into()],
        |row| row.get(0),
    )
}

/// Sets when a payment is looked at next; `None` for never, which is for payments that have nothing left to do.
pub fn look_at(tx: &Tx<'_>, id: PaymentId, at: Option<Timestamp>) -> Result<()> {
    tx.execute("UPDATE payments SET look_at = ?2 WHERE id = ?1", &[(&id).into(), at.into()])?;
    Ok(())
}

/// Stores a new payment. `false` when there is one of this id already, or a void that came before it.
pub fn insert(tx: &Tx<'_>, payment: &Payment) -> Result<bool> {
    let now = tx.now();
    let rows = tx.execute(
        "INSERT INTO payments (id, checkout_id, minor, currency, charge, detail, released, refunds, look_at,
                               created_at, changed_at)
         SELECT ?1, ?2, ?3, ?4, 'unknown', '', 0, 0, ?6, ?5, ?5
         WHERE NOT EXISTS (SELECT 1 FROM early_voids WHERE payment_id = ?1)
         ON CONFLICT (id) DO NOTHING",
        &[
            (&payment.id).into(),
            (&payment.checkout_id).into(),
            payment.amount.minor.into(),
            payment.amount.currency.as_str().into(),
            now.into(),
            (now + LOOK_AFTER).into(),
        ],
    )?;
    Ok(rows == 1)
}

/// Stores what has changed of a payment, its refunds included.
pub fn save(tx: &Tx<'_>, payment: &Payment) -> Result<()> {
    let now = tx.now();
    let detail = match &payment.charge {
        Charge::Challenge { url } => url,
        Charge::Declined { reason } => reason,
        Charge::Unknown | Charge::Authorised | Charge::Voided | Charge::Captured => "",
    };
    tx.execute(
        "UPDATE payments SET charge = ?2, detail = ?3, released = ?4, refunds = ?5, look_at = ?6, changed_at = ?7
         WHERE id = ?1",
        &[
            (&payment.id).into(),
            payment.charge.name().into(),
            detail.into(),
            payment.released.into(),
            u32::try_from(payment.refunds.len()).unwrap_or(u32::MAX).into(),
            (payment.next() != Next::Nothing).then(|| now + LOOK_AFTER).into(),
            now.into(),
        ],
    )?;
    for (place, refund) in payment.refunds.iter().enumerate() {
        tx.execute(
            "INSERT INTO refunds (payment_id, id, place, minor, state, changed_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (payment_id, id) DO UPDATE SET state = excluded.state, changed_at = excluded.changed_at
             WHERE state <> excluded.state",
            &[
                (&payment.id).into(),
                (&refund.id).into(),
                u32::try_from(place).unwrap_or(u32::MAX).into(),
                refund.amount.minor.into(),
                refund_name(refund.state).into(),
                now.into(),
            ],
        )?;
    }
    Ok(())
}

/// What all payments together have captured and given back, in minor units by currency.
pub fn moved(view: &View<'_>) -> Result<BTreeMap<Currency, (i64, i64)>> {
    let sums = view.query(
        "SELECT currency, sum(captured), sum(refunded) FROM (
             SELECT currency, minor AS captured, 0 AS refunded FROM payments WHERE charge = 'captured'
             UNION ALL
             SELECT payments.currency, 0, refunds.minor FROM refunds JOIN payments ON payments.id = payment_id
             WHERE state = 'given'
         ) GROUP BY currency",
        &[],
        |row| Ok((row.text(0)?.parse()?, (row.get(1)?, row.get(2)?))),
    )?;
    Ok(sums.into_iter().collect())
}

/// Whether the payment was voided before it was authorised.
pub fn voided_early(view: &View<'_>, id: PaymentId) -> Result<bool> {
    let row =
        view.query_one("SELECT 1 FROM early_voids WHERE payment_id = ?1", &[(&id).into()], |_| Ok(()))?;
    Ok(row.is_some())
}

/// Records a void that overtook its authorisation. A repeat changes nothing.
pub fn void_early(tx: &Tx<'_>, id: PaymentId) -> Result<()> {
    tx.execute(
        "INSERT INTO early_voids (payment_id, at) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
        &[(&id).into(), tx.now().into()],
    )?;
    Ok(())
}

// Most payments have no refunds, and then nothing more is asked.
fn load_refunds(view: &View<'_>, payments: &mut [Stored]) -> Result<()> {
    let refunded: Vec<PaymentId> =
        payments.iter().filter(|stored| stored.refunds > 0).map(|stored| stored.payment.id).collect();
    if refunded.is_empty() {
        return Ok(());
    }
    let keys: Vec<Param<'_>> = refunded.iter().map(Into::into).collect();
    let rows = view.query_list(
        "SELECT payment_id, id, minor, state FROM refunds WHERE payment_id IN (:list) ORDER BY payment_id, place",
        &[],
        &keys,
        |row| Ok((row.get::<PaymentId>(0)?, row.get(1)?, row.get(2)?, refund_state(row.text(3)?)?)),
    )?;
    let mut places: HashMap<PaymentId, &mut Payment> =
        payments.iter_mut().map(|stored| (stored.payment.id, &mut stored.payment)).collect();
    for (payment, id, minor, state) in rows {
        if let Some(payment) = places.get_mut(&payment) {
            let amount = Money::new(minor, payment.amount.currency);
            payment.refunds.push(Refund { id, amount, state });
        }
    }
    Ok(())
}

fn read(row: &Row<'_>) -> Result<Stored> {
    let currency: Currency = row.text(3)?.parse()?;
    let detail = || row.get::<String>(5);
    let charge = match row.text(4)? {
        "unknown" => Charge::Unknown,
        "challenge" => Charge::Challenge { url: detail()? },
        "declined" => Charge::Declined { reason: detail()? },
        "authorised" => Charge::Authorised,
        "voided" => Charge::Voided,
        "captured" => Charge::Captured,
        other => return Err(core_codes::DATA_LOSS.error(format!("a payment cannot be {other:?}"))),
    };
    let payment = Payment {
        id: row.get(0)?,
        checkout_id: row.get(1)?,
        amount: Money::new(row.get(2)?, currency),
        charge,
        released: row.get(6)?,
        refunds: Vec::new(),
    };
    Ok(Stored { payment, refunds: row.get(7)?, look_at: row.get(8)?, created_at: row.get(9)? })
}

const REFUND_NAMES: [(&str, RefundState); 3] =
    [("asked", RefundState::Asked), ("refused", RefundState::Refused), ("given", RefundState::Given)];

fn refund_state(name: &str) -> Result<RefundState> {
    let found = REFUND_NAMES.iter().find(|(text, _)| *text == name).map(|(_, state)| *state);
    found.ok_or_else(|| core_codes::DATA_LOSS.error(format!("a refund cannot be {name:?}")))
}

fn refund_name(state: RefundState) -> &'static str {
    match state {
        RefundState::Asked => "asked",
        RefundState::Refused => "refused",
        RefundState::Given => "given",
    }
}

/// The id before all ids: pages begin after it.
pub fn first_id() -> PaymentId {
    Id::from_bytes([0; 16])
}
