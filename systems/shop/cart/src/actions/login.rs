//! A visitor turned out to be a customer: the visitor's carts become the customer's.

use mainstay_core::{Account, Id, Principal, Result, Session};
use mainstay_sql::Tx;

use crate::model::{Cart, State, merge};
use crate::store;

/// Most carts of one visitor that a login takes over. A visitor has one or two; a program that makes more keeps the
/// rest under its session, where they are as before.
const CARTS_MAX: u32 = 100;

/// Gives each cart of the session to the account: an open one joins the customer's open cart of the same currency,
/// quantities adding; where there is none, or the two together would be too large, it changes hands as it is. One that
/// a checkout is buying changes hands and stays locked. Afterwards the session has no cart, so a repeat does nothing.
pub fn logged_in(tx: &Tx<'_>, account: Id<Account>, session: Id<Session>) -> Result<()> {
    let visitor = Principal::Anonymous(session).to_string();
    let customer = Principal::Customer(account).to_string();
    let arriving = store::carts_of(tx, &visitor, CARTS_MAX)?;
    if arriving.is_empty() {
        return Ok(());
    }
    let mut present = store::carts_of(tx, &customer, CARTS_MAX)?;
    for mut cart in arriving {
        let same = |other: &&mut Cart| other.state == State::Open && other.currency == cart.currency;
        let target = if cart.state == State::Open { present.iter_mut().rev().find(same) } else { None };
        if let Some(target) = target
            && merge(&mut cart, target)
        {
            store::delete_lines(tx, cart.id)?;
            target.lines.iter().try_for_each(|line| store::put_line(tx, target.id, line))?;
            store::save(tx, target)?;
        } else {
            cart.owner.clone_from(&customer);
            cart.version += 1;
        }
        store::save(tx, &cart)?;
        present.push(cart);
    }
    Ok(())
}
