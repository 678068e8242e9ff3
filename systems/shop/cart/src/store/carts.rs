//! Carts. One is read whole, changed by the model, and its row written back, all in one transaction.

use mainstay_core::{Error, Result, codes};
use mainstay_sql::{Param, Row, Tx, View};

use super::lines::{add_lines, lines_of};
use crate::model::{Cart, CartId, CheckoutId, PaymentToken, State};

/// The cart with its lines. One that was merged is answered by the cart that it was merged into, so that every
/// address of it stays good; that one is a customer's, and those are never merged, so one step leads to the end.
pub fn cart(view: &View<'_>, id: CartId) -> Result<Option<Cart>> {
    let mut found = row(view, id)?;
    if let Some(Cart { state: State::Merged(target), .. }) = found {
        found = row(view, target)?;
    }
    let Some(mut cart) = found else { return Ok(None) };
    cart.lines = lines_of(view, cart.id)?;
    Ok(Some(cart))
}

fn row(view: &View<'_>, id: CartId) -> Result<Option<Cart>> {
    let sql = "SELECT id, owner, currency, state, holder, version, address, shipping_method, payment_token \
               FROM carts WHERE id = ?1";
    view.query_one(sql, &[(&id).into()], read)
}

/// The carts that a buyer still sees, open or being bought, oldest first, with their lines.
pub fn carts_of(view: &View<'_>, owner: &str, limit: u32) -> Result<Vec<Cart>> {
    let sql = "SELECT id, owner, currency, state, holder, version, address, shipping_method, payment_token \
               FROM carts WHERE owner = ?1 AND state IN (1, 2) ORDER BY id LIMIT ?2";
    let mut carts = view.query(sql, &[owner.into(), limit.into()], read)?;
    add_lines(view, &mut carts)?;
    Ok(carts)
}

/// Writes a new cart without lines.
pub fn insert(tx: &Tx<'_>, cart: &Cart) -> Result<()> {
    write(
        tx,
        cart,
        "INSERT INTO carts (id, owner, currency, state, holder, version, address, shipping_method, payment_token, \
         changed_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )
}

/// Writes a cart's row; its lines are written one by one where they change.
pub fn save(tx: &Tx<'_>, cart: &Cart) -> Result<()> {
    write(
        tx,
        cart,
        "UPDATE carts SET owner = ?2, currency = ?3, state = ?4, holder = ?5, version = ?6, address = ?7, \
         shipping_method = ?8, payment_token = ?9, changed_at = ?10 WHERE id = ?1",
    )
}

/// Notes that a checkout has sold the cart, or the one that it was merged into, and lets go of the means of payment.
/// Of a cart that is not there any more it does nothing.
pub fn set_ordered(tx: &Tx<'_>, id: CartId, checkout: CheckoutId) -> Result<()> {
    tx.execute(
        "UPDATE carts SET state = 3, holder = ?2, payment_token = NULL, changed_at = ?3 \
         WHERE id = coalesce((SELECT holder FROM carts WHERE id = ?1 AND state = 4), ?1)",
        &[(&id).into(), (&checkout).into(), tx.now().into()],
    )?;
    Ok(())
}

fn write(tx: &Tx<'_>, cart: &Cart, sql: &str) -> Result<()> {
    let (state, holder): (i64, Option<&[u8; 16]>) = match &cart.state {
        State::Open => (1, None),
        State::Locked(checkout) => (2, Some(checkout.as_bytes())),
        State::Ordered(checkout) => (3, Some(checkout.as_bytes())),
        State::Merged(target) => (4, Some(target.as_bytes())),
    };
    let address = cart
        .address
        .as_ref()
        .map(serde_json::to_string)
        .transpose()
        .map_err(|error| codes::INTERNAL.because("the address could not be written", error))?;
    let params: [Param<'_>; 10] = [
        (&cart.id).into(),
        (&cart.owner).into(),
        cart.currency.as_str().into(),
        state.into(),
        holder.into(),
        cart.version.into(),
        address.as_deref().into(),
        cart.shipping_method.as_deref().into(),
        cart.payment.as_ref().map(PaymentToken::expose).into(),
        tx.now().into(),
    ];
    tx.execute(sql, &params)?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<Cart> {
    let address: Option<String> = row.get(6)?;
    let token: Option<String> = row.get(8)?;
    Ok(Cart {
        id: row.get(0)?,
        owner: row.get(1)?,
        currency: row.text(2)?.parse()?,
        state: read_state(row)?,
        version: row.get(5)?,
        address: address
            .as_deref()
            .map(serde_json::from_str)
            .transpose()
            .map_err(|error| codes::DATA_LOSS.because("the address of a cart cannot be read", error))?,
        shipping_method: row.get(7)?,
        payment: token.map(PaymentToken::from_stored),
        lines: Vec::new(),
    })
}

fn read_state(row: &Row<'_>) -> Result<State> {
    let unreadable = || -> Error { codes::DATA_LOSS.error("a cart is in a state that does not exist") };
    Ok(match row.get::<i64>(3)? {
        1 => State::Open,
        2 => State::Locked(row.get::<Option<CheckoutId>>(4)?.ok_or_else(unreadable)?),
        3 => State::Ordered(row.get::<Option<CheckoutId>>(4)?.ok_or_else(unreadable)?),
        4 => State::Merged(row.get::<Option<CartId>>(4)?.ok_or_else(unreadable)?),
        _ => return Err(unreadable()),
    })
}
