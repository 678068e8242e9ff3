//! A cancellation as refunds: which earlier orders of the customer it takes from.

use std::collections::{BTreeMap, HashMap};

use crate::plan::{Deed, Order, OrderName, Plan, Refund};
use crate::read::{Draft, What};
use crate::refusal::Refusal;

/// What customers bought and have not given back, oldest first.
#[derive(Debug, Default)]
pub struct Purchases {
    pieces: HashMap<(u32, usize), Vec<Lot<u32>>>,
    carriage: HashMap<u32, Vec<Lot<i64>>>,
}

#[derive(Clone, Copy, Debug)]
struct Lot<N> {
    order: OrderName,
    country: &'static str,
    left: N,
}

/// What a cancellation takes from one order.
#[derive(Debug, Default)]
struct Taken {
    country: &'static str,
    lines: BTreeMap<usize, u32>,
    pieces_total: i64,
    carriage: Vec<i64>,
}

impl Purchases {
    /// Keeps what a customer's sale may have cancelled later.
    pub fn remember(&mut self, customer: u32, draft: &Draft, orders: &[Order]) {
        for (part, order) in orders.iter().enumerate() {
            let (name, country) = (OrderName { sale: draft.number, part }, draft.country);
            for (variant, pieces) in &order.lines {
                let lots = self.pieces.entry((customer, *variant)).or_default();
                lots.push(Lot { order: name, country, left: *pieces });
            }
            if order.carriage > 0 {
                let lots = self.carriage.entry(customer).or_default();
                lots.push(Lot { order: name, country, left: order.carriage });
            }
        }
    }

    /// Makes refunds of a cancellation; nothing if each of its lines is refused.
    pub fn cancel(&mut self, draft: &Draft, plan: &mut Plan) -> Option<Deed> {
        let Some(customer) = draft.customer else {
            plan.refuse(Refusal::RefundOfGuest, draft.items.len() as u64);
            return None;
        };
        let mut taken: BTreeMap<OrderName, Taken> = BTreeMap::new();
        for item in &draft.items {
            let found = match item.what {
                What::Variant(variant) => {
                    self.take_pieces(customer, variant, item.pieces, item.pence, &mut taken)
                }
                What::Carriage => {
                    self.take_carriage(customer, i64::from(item.pieces) * item.pence, &mut taken)
                }
            };
            if found {
                plan.accepted += 1;
            } else {
                plan.refuse(Refusal::RefundUnmatched, 1);
            }
        }
        let refunds: Vec<Refund> =
            taken.into_iter().flat_map(|(order, taken)| taken.refunds(order)).collect();
        if refunds.is_empty() { None } else { Some(Deed::Cancellation(refunds)) }
    }

    fn take_pieces(
        &mut self,
        customer: u32,
        variant: usize,
        pieces: u32,
        pence: i64,
        taken: &mut BTreeMap<OrderName, Taken>,
    ) -> bool {
        let Some(lots) = self.pieces.get_mut(&(customer, variant)) else { return false };
        let there: u64 = lots.iter().map(|lot| u64::from(lot.left)).sum();
        if there < u64::from(pieces) {
            return false;
        }
        let mut wanted = pieces;
        for lot in lots.iter_mut().rev().filter(|lot| lot.left > 0) {
            let part = wanted.min(lot.left);
            if part == 0 {
                break;
            }
            lot.left -= part;
            wanted -= part;
            let taken = taken.entry(lot.order).or_default();
            taken.country = lot.country;
            *taken.lines.entry(variant).or_default() += part;
            taken.pieces_total += i64::from(part) * pence;
        }
        true
    }

    fn take_carriage(&mut self, customer: u32, sum: i64, taken: &mut BTreeMap<OrderName, Taken>) -> bool {
        let lots = self.carriage.get_mut(&customer).map(Vec::as_mut_slice).unwrap_or_default();
        let Some(lot) = lots.iter_mut().rev().find(|lot| lot.left >= sum) else { return false };
        lot.left -= sum;
        let taken = taken.entry(lot.order).or_default();
        taken.country = lot.country;
        taken.carriage.push(sum);
        true
    }
}

impl Taken {
    /// One refund of all pieces, and one of each sum.
    fn refunds(self, order: OrderName) -> Vec<Refund> {
        let country = self.country;
        let sums = self.carriage.into_iter().map(|total| Refund { order, lines: Vec::new(), total, country });
        let mut refunds: Vec<Refund> = sums.collect();
        if !self.lines.is_empty() {
            let lines = self.lines.into_iter().collect();
            refunds.push(Refund { order, lines, total: self.pieces_total, country });
        }
        refunds
    }
}
