//! A sale as orders: as many as the bounds of a cart make of it.

use std::collections::HashMap;

use crate::plan::{Deed, Order, Plan};
use crate::read::{Draft, What};
use crate::refusal::Refusal;

/// Lines of a cart.
const CART_LINES_MAX: usize = 500;

/// Pieces of a line of a cart.
const CART_PIECES_MAX: u64 = 10_000;

/// Makes orders of a sale and counts what they need; nothing if it has no article.
pub fn sell(draft: &Draft, descriptions: &[String], plan: &mut Plan) -> Option<Deed> {
    let mut pieces: Vec<(usize, u64)> = Vec::new();
    let mut places: HashMap<usize, usize> = HashMap::new();
    let mut carriage = 0;
    for item in &draft.items {
        let What::Variant(variant) = item.what else {
            carriage += i64::from(item.pieces) * item.pence;
            continue;
        };
        let place = *places.entry(variant).or_insert_with(|| {
            pieces.push((variant, 0));
            pieces.len() - 1
        });
        pieces[place].1 += u64::from(item.pieces);
        let article = &mut plan.articles[plan.variants[variant].article];
        if article.name.is_empty() {
            article.name.clone_from(&descriptions[item.description as usize]);
        }
    }
    let lines = draft.items.len() as u64;
    if pieces.is_empty() {
        plan.refuse(Refusal::CarriageAlone, lines);
        return None;
    }
    plan.accepted += lines;
    let mut orders = vec![Order { carriage, total: carriage, ..Order::default() }];
    for (variant, mut left) in pieces {
        plan.variants[variant].demand += left;
        while left > 0 {
            let portion = left.min(CART_PIECES_MAX);
            left -= portion;
            put(&mut orders, variant, portion, plan.variants[variant].pence);
        }
    }
    Some(Deed::Sale(orders))
}

fn put(orders: &mut Vec<Order>, variant: usize, portion: u64, pence: i64) {
    // A variant's portions come one after the other, so it is the last line if the cart has it.
    let full = orders.last().is_none_or(|order| {
        order.lines.len() == CART_LINES_MAX || order.lines.last().is_some_and(|(known, _)| *known == variant)
    });
    if full {
        orders.push(Order::default());
    }
    if let Some(order) = orders.last_mut() {
        // A portion is at most 10,000 pieces.
        let pieces = u32::try_from(portion).unwrap_or(u32::MAX);
        order.lines.push((variant, pieces));
        order.total += i64::from(pieces) * pence;
    }
}
