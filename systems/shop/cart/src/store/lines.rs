//! What is in carts.

use std::collections::HashMap;

use mainstay_core::Result;
use mainstay_sql::{Row, Tx, View};

use crate::model::{Cart, CartId, Line, VariantId};

/// The lines of one cart, in the order in which they were put in.
pub fn lines_of(view: &View<'_>, cart: CartId) -> Result<Vec<Line>> {
    let sql =
        "SELECT variant_id, quantity, sku, name, place FROM cart_lines WHERE cart_id = ?1 ORDER BY place";
    view.query(sql, &[(&cart).into()], read)
}

/// Fills the lines of these carts in.
pub fn add_lines(view: &View<'_>, carts: &mut [Cart]) -> Result<()> {
    let ids: Vec<CartId> = carts.iter().map(|cart| cart.id).collect();
    let list: Vec<_> = ids.iter().map(Into::into).collect();
    let sql = "SELECT variant_id, quantity, sku, name, place, cart_id FROM cart_lines \
               WHERE cart_id IN (:list) ORDER BY place";
    let mut by_cart: HashMap<CartId, Vec<Line>> = HashMap::new();
    for (cart, line) in view.query_list(sql, &[], &list, |row| Ok((row.get(5)?, read(row)?)))? {
        by_cart.entry(cart).or_default().push(line);
    }
    for cart in carts {
        cart.lines = by_cart.remove(&cart.id).unwrap_or_default();
    }
    Ok(())
}

/// Writes one line.
pub fn put_line(tx: &Tx<'_>, cart: CartId, line: &Line) -> Result<()> {
    tx.execute(
        "INSERT INTO cart_lines (cart_id, variant_id, place, quantity, sku, name) VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
         ON CONFLICT (cart_id, variant_id) DO UPDATE SET quantity = ?4, sku = ?5, name = ?6",
        &[
            (&cart).into(),
            (&line.variant).into(),
            line.place.into(),
            line.quantity.into(),
            (&line.sku).into(),
            (&line.name).into(),
        ],
    )?;
    Ok(())
}

/// Takes one line out.
pub fn delete_line(tx: &Tx<'_>, cart: CartId, variant: VariantId) -> Result<()> {
    let sql = "DELETE FROM cart_lines WHERE cart_id = ?1 AND variant_id = ?2";
    tx.execute(sql, &[(&cart).into(), (&variant).into()])?;
    Ok(())
}

/// Takes every line out.
pub fn delete_lines(tx: &Tx<'_>, cart: CartId) -> Result<()> {
    tx.execute("DELETE FROM cart_lines WHERE cart_id = ?1", &[(&cart).into()])?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<Line> {
    Ok(Line {
        variant: row.get(0)?,
        quantity: row.get(1)?,
        sku: row.get(2)?,
        name: row.get(3)?,
        place: row.get(4)?,
    })
}
