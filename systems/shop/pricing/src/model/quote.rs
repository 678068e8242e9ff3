//! What a basket costs. The one place where prices, tax and shipping meet.
//!
//! Lines that name the same variant count as one line, so that splitting a line changes nothing. Tax is rounded once
//! per line, half to even. Shipping is part of the same sale, so it is taxed as the goods are: it is shared among the
//! tax classes by their net value, with no penny lost, and each share is rounded once. A basket worth nothing pays
//! the standard rate on its shipping. All sums are checked; what does not fit into 64 bits is refused.

use std::collections::HashMap;

use mainstay_core::{Money, Result, codes};

use super::{LINES_MAX, Price, QUANTITY_MAX, Rates, TaxClass, VariantId};
use crate::codes::PRICE_MISSING;

/// What a buyer asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// Of what.
    pub variant: VariantId,
    /// How many pieces.
    pub quantity: u32,
}

/// What it costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PricedLine {
    /// Of what.
    pub variant: VariantId,
    /// How many pieces, of all lines that named the variant.
    pub quantity: u32,
    /// One piece, net.
    pub unit_net: Money,
    /// All pieces, net.
    pub net: Money,
    /// Tax on `net`, rounded once.
    pub tax: Money,
    /// The rate that was applied.
    pub tax_basis_points: u32,
}

/// The whole answer. `net` and `tax` include shipping, and `total` is their sum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    /// One for each variant, in the order in which they were first named.
    pub lines: Vec<PricedLine>,
    /// Shipping, net.
    pub shipping_net: Money,
    /// Tax on shipping.
    pub shipping_tax: Money,
    /// Everything, net.
    pub net: Money,
    /// Everything's tax.
    pub tax: Money,
    /// What is paid.
    pub total: Money,
}

/// Prices lines, tax and shipping. `delivery` is what shipping costs, net: zero for none, and the currency of the
/// whole quote. `prices` come from that currency's list.
///
/// # Errors
/// `core.invalid` for no lines, too many, a quantity of none, or sums beyond what an amount can hold;
/// `pricing.price_missing` naming each line without a price.
pub fn quote(
    lines: &[Line],
    prices: &HashMap<VariantId, Price>,
    rates: Rates,
    delivery: Money,
) -> Result<Quote> {
    let nothing = Money::zero(delivery.currency);
    let mut by_class = [nothing; TaxClass::ALL.len()];
    let (mut net, mut tax) = (nothing, nothing);
    let merged = merge(lines)?;
    require_prices(lines, prices)?;
    let mut priced = Vec::with_capacity(merged.len());
    for Line { variant, quantity } in merged {
        let Some(price) = prices.get(&variant) else { continue };
        let rate = rates.of(price.class);
        let line_net = price.amount.checked_mul(i64::from(quantity))?;
        let line_tax = line_net.portion(rate)?;
        let class = &mut by_class[price.class as usize];
        *class = class.checked_add(line_net)?;
        net = net.checked_add(line_net)?;
        tax = tax.checked_add(line_tax)?;
        priced.push(PricedLine {
            variant,
            quantity,
            unit_net: price.amount,
            net: line_net,
            tax: line_tax,
            tax_basis_points: rate.0,
        });
    }
    let shipping_tax = shipping_tax(delivery, &by_class, rates)?;
    let net = net.checked_add(delivery)?;
    let tax = tax.checked_add(shipping_tax)?;
    let total = net.checked_add(tax)?;
    Ok(Quote { lines: priced, shipping_net: delivery, shipping_tax, net, tax, total })
}

/// One line for each variant, in the order in which they were first named.
fn merge(lines: &[Line]) -> Result<Vec<Line>> {
    if lines.is_empty() || lines.len() > LINES_MAX {
        return Err(codes::INVALID
            .error("a quote takes between 1 and 500 lines")
            .with_field("lines", format!("there are {}", lines.len())));
    }
    let mut merged: Vec<Line> = Vec::with_capacity(lines.len());
    let mut places: HashMap<VariantId, usize> = HashMap::with_capacity(lines.len());
    for (index, line) in lines.iter().enumerate() {
        let place = *places.entry(line.variant).or_insert(merged.len());
        if place == merged.len() {
            merged.push(Line { quantity: 0, ..*line });
        }
        // At most 500 lines of 32 bits: the sum fits into 64, and the check brings it back into range.
        let quantity = u64::from(merged[place].quantity) + u64::from(line.quantity);
        match u32::try_from(quantity) {
            Ok(quantity) if line.quantity > 0 && quantity <= QUANTITY_MAX => {
                merged[place].quantity = quantity
            }
            _ => {
                return Err(codes::INVALID
                    .error("a quantity is out of range")
                    .with_field(format!("lines[{index}].quantity"), "must be between 1 and 1000000 in all"));
            }
        }
    }
    Ok(merged)
}

fn require_prices(lines: &[Line], prices: &HashMap<VariantId, Price>) -> Result<()> {
    let missing = lines.iter().enumerate().filter(|(_, line)| !prices.contains_key(&line.variant));
    let mut error = None;
    for (index, _) in missing {
        let refused = error
            .take()
            .unwrap_or_else(|| PRICE_MISSING.error("some of these are not for sale in this currency"));
        error =
            Some(refused.with_field(format!("lines[{index}].variant_id"), "has no price in this currency"));
    }
    error.map_or(Ok(()), Err)
}

/// The tax on shipping: shared among the classes by what each is worth, each share rounded once.
fn shipping_tax(delivery: Money, by_class: &[Money; TaxClass::ALL.len()], rates: Rates) -> Result<Money> {
    let mut weights = by_class.map(|net| net.minor.unsigned_abs());
    if weights.iter().all(|weight| *weight == 0) {
        weights[TaxClass::Standard as usize] = 1;
    }
    let shares = delivery.allocate(&weights)?;
    let mut tax = Money::zero(delivery.currency);
    for (class, share) in TaxClass::ALL.into_iter().zip(shares) {
        tax = tax.checked_add(share.portion(rates.of(class))?)?;
    }
    Ok(tax)
}

#[cfg(test)]
mod tests;
