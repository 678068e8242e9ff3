//! What the books must say when a plan has been carried out. The proof computes the same figures apart.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::plan::{Deed, Plan};
use crate::refusal::Refusal;

/// The figures, in pence and pieces, as the proof prints them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Figures {
    pub lines: u64,
    pub accepted: u64,
    pub refused: BTreeMap<&'static str, u64>,
    /// Sale invoices with an order, and cancellations with a refund.
    pub sales: u64,
    pub cancellations: u64,
    pub orders: u64,
    pub revenue: i64,
    pub refunded: i64,
    pub months: Vec<Month>,
    /// Pieces by stock keeping unit, those above zero.
    pub opening: BTreeMap<String, u64>,
    pub closing: BTreeMap<String, u64>,
}

/// A month in a country.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Month {
    /// Such as `2010-12`.
    pub month: String,
    pub country: String,
    pub orders: u64,
    pub revenue: i64,
    pub refunded: i64,
}

impl Plan {
    /// Adds everything up.
    pub fn figures(&self) -> Figures {
        let mut months: BTreeMap<(String, &'static str), Month> = BTreeMap::new();
        let mut closing = BTreeMap::new();
        let (mut sales, mut cancellations) = (0, 0);
        for invoice in &self.invoices {
            let time = invoice.time.to_string();
            let month = time.get(..7).unwrap_or_default();
            match &invoice.deed {
                Deed::Sale(orders) => {
                    sales += 1;
                    let figures = months.entry((month.to_owned(), invoice.country)).or_default();
                    figures.orders += orders.len() as u64;
                    figures.revenue += orders.iter().map(|order| order.total).sum::<i64>();
                }
                Deed::Cancellation(refunds) => {
                    cancellations += 1;
                    for refund in refunds {
                        months.entry((month.to_owned(), refund.country)).or_default().refunded +=
                            refund.total;
                        for (variant, pieces) in &refund.lines {
                            *closing.entry(self.sku(*variant)).or_default() += u64::from(*pieces);
                        }
                    }
                }
            }
        }
        let months: Vec<Month> = months
            .into_iter()
            .map(|((month, country), figures)| Month { month, country: country.to_owned(), ..figures })
            .collect();
        let sold = (0..self.variants.len()).filter(|variant| self.variants[*variant].demand > 0);
        let refused =
            Refusal::ALL.into_iter().map(|refusal| (refusal.name(), self.refused[refusal as usize]));
        Figures {
            lines: self.lines,
            accepted: self.accepted,
            refused: refused.filter(|(_, count)| *count > 0).collect(),
            sales,
            cancellations,
            orders: months.iter().map(|month| month.orders).sum(),
            revenue: months.iter().map(|month| month.revenue).sum(),
            refunded: months.iter().map(|month| month.refunded).sum(),
            months,
            opening: sold.map(|variant| (self.sku(variant), self.variants[variant].demand)).collect(),
            closing,
        }
    }
}
