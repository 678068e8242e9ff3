//! The whole file as deeds in the order of processing, and what has to be there before them.

use std::fmt;
use std::path::Path;

use mainstay_core::{Result, Timestamp};
use mainstay_records::{Input, Lines, Syntax};

use crate::article::{Article, Variant};
use crate::cancel::Purchases;
use crate::read::{self, Drafts, Until};
use crate::refusal::Refusal;
use crate::sell;

/// What people call an invoice: `536365`, or `C536379` for a cancellation. Ordered as they are processed when their
/// times are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InvoiceNumber {
    pub digits: u32,
    pub cancels: bool,
}

impl InvoiceNumber {
    /// Six digits, or `C` and six digits.
    pub fn parse(text: &str) -> Option<Self> {
        let (cancels, digits) = text.strip_prefix('C').map_or((false, text), |rest| (true, rest));
        let is_number = digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_digit());
        if is_number { digits.parse().ok().map(|digits| Self { digits, cancels }) } else { None }
    }
}

impl fmt::Display for InvoiceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{:06}", if self.cancels { "C" } else { "" }, self.digits)
    }
}

/// Who buys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Buyer {
    /// The same one each time.
    Customer(u32),
    /// Somebody new, of this invoice alone.
    Guest(InvoiceNumber),
}

/// One invoice as the shop meets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invoice {
    pub number: InvoiceNumber,
    pub time: Timestamp,
    pub buyer: Buyer,
    /// ISO 3166-1 alpha-2.
    pub country: &'static str,
    pub deed: Deed,
}

/// What an invoice does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Orders, at least one.
    Sale(Vec<Order>),
    /// Refunds, at least one.
    Cancellation(Vec<Refund>),
}

/// What goes through one cart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Order {
    /// Variants, by their place, each once, with pieces.
    pub lines: Vec<(usize, u32)>,
    /// Charged for carriage, in pence.
    pub carriage: i64,
    /// What is charged in all, in pence.
    pub total: i64,
}

/// Names an order: the sale, and which of its orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OrderName {
    pub sale: InvoiceNumber,
    /// From 0.
    pub part: usize,
}

impl fmt::Display for OrderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.sale, self.part + 1)
    }
}

/// What goes back of one order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    pub order: OrderName,
    /// Variants, by their place, with pieces; empty for a sum without goods.
    pub lines: Vec<(usize, u32)>,
    /// In pence.
    pub total: i64,
    /// Where the order went.
    pub country: &'static str,
}

/// What the mapping makes of a file.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Lines of the file.
    pub lines: u64,
    /// Those that became part of an order or a refund.
    pub accepted: u64,
    /// Those that did not, by [`Refusal`].
    pub refused: [u64; Refusal::ALL.len()],
    pub articles: Vec<Article>,
    pub variants: Vec<Variant>,
    /// In the order of processing; invoices without an accepted line are not among them.
    pub invoices: Vec<Invoice>,
}

impl Plan {
    /// Of a file, plain or gzip.
    ///
    /// # Errors
    /// `records.*` for a file that cannot be read as a whole.
    pub fn open(path: &Path, until: Option<Until>) -> Result<Self> {
        Self::read(Lines::new(Input::open(path)?, Syntax::Csv), until)
    }

    /// Of lines, from wherever they come.
    ///
    /// # Errors
    /// The same.
    pub fn read(lines: Lines, until: Option<Until>) -> Result<Self> {
        let Drafts { range, descriptions, mut invoices, lines, refused } = read::read(lines, until)?;
        invoices.sort_unstable_by_key(|invoice| (invoice.time, invoice.number));
        let mut plan = Self {
            lines,
            accepted: 0,
            refused,
            articles: range.articles,
            variants: range.variants,
            invoices: Vec::with_capacity(invoices.len()),
        };
        let mut purchases = Purchases::default();
        for draft in invoices.iter().filter(|draft| !draft.items.is_empty()) {
            let buyer = draft.customer.map_or(Buyer::Guest(draft.number), Buyer::Customer);
            let deed = if draft.number.cancels {
                purchases.cancel(draft, &mut plan)
            } else {
                sell::sell(draft, &descriptions, &mut plan)
            };
            let Some(deed) = deed else { continue };
            if let (Deed::Sale(orders), Some(customer)) = (&deed, draft.customer) {
                purchases.remember(customer, draft, orders);
            }
            let (number, time, country) = (draft.number, draft.time, draft.country);
            plan.invoices.push(Invoice { number, time, buyer, country, deed });
        }
        for article in &mut plan.articles {
            article.variants.retain(|place| plan.variants[*place].demand > 0);
        }
        Ok(plan)
    }

    /// The stock keeping unit of a variant, such as `85123A@255`.
    pub fn sku(&self, variant: usize) -> String {
        let Variant { article, pence, .. } = self.variants[variant];
        format!("{}@{pence}", self.articles[article].code)
    }

    pub(crate) fn refuse(&mut self, refusal: Refusal, lines: u64) {
        self.refused[refusal as usize] += lines;
    }
}
