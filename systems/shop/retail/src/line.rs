//! One line of the file, judged by itself: rules 1 to 9 of the mapping.

use mainstay_core::Timestamp;
use mainstay_records::{Header, Row};

use crate::countries;
use crate::numbers::{self, Price};
use crate::plan::InvoiceNumber;
use crate::refusal::Refusal;

/// The columns of the file; a [`Header`] keeps their places in this order.
pub const COLUMNS: [&str; 8] = [
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
];

/// What a line is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Code {
    /// Its capitals.
    Article(String),
    Carriage,
}

/// A line whose invoice and time are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    pub invoice: InvoiceNumber,
    pub time: Timestamp,
    /// What it says, if it says something that can be used.
    pub content: Result<Content<'a>, Refusal>,
}

/// A line that rules 1 to 9 accept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content<'a> {
    pub code: Code,
    pub description: &'a str,
    /// Pieces bought or given back, never zero.
    pub pieces: u32,
    /// Of one piece.
    pub pence: i64,
    /// Nobody knows a guest.
    pub customer: Option<u32>,
    pub country: &'static str,
}

/// Judges a line.
///
/// # Errors
/// The refusal of a line that belongs to no invoice or has no time.
pub fn judge<'a>(header: &Header, row: &Row<'a>) -> Result<Line<'a>, Refusal> {
    // No cell of this file was escaped: what begins with an apostrophe is meant so.
    let cell = |column| header.raw(row, column);
    let invoice = InvoiceNumber::parse(cell(0)).ok_or(Refusal::NotAnInvoice)?;
    let time = numbers::time(cell(4)).ok_or(Refusal::BadDate)?;
    Ok(Line { invoice, time, content: content(invoice, cell) })
}

fn content<'a>(invoice: InvoiceNumber, cell: impl Fn(usize) -> &'a str) -> Result<Content<'a>, Refusal> {
    let quantity = numbers::whole(cell(3)).ok_or(Refusal::BadNumber)?;
    let price = numbers::price(cell(5)).ok_or(Refusal::BadNumber)?;
    let customer = match cell(6) {
        "" => None,
        text => Some(numbers::natural(text).ok_or(Refusal::BadNumber)?),
    };
    let country = countries::code(cell(7)).ok_or(Refusal::UnknownCountry)?;
    let code = code(cell(1)).ok_or(Refusal::NotAProduct)?;
    let pieces = if invoice.cancels { -quantity } else { quantity };
    let pieces = u32::try_from(pieces).ok().filter(|pieces| *pieces > 0).ok_or(Refusal::WrongQuantity)?;
    let pence = match price {
        Price::NotPositive => return Err(Refusal::PriceNotPositive),
        Price::TooFine => return Err(Refusal::FinerThanAPenny),
        Price::Pence(pence) => pence,
    };
    Ok(Content { code, description: cell(2).trim(), pieces, pence, customer, country })
}

fn code(text: &str) -> Option<Code> {
    let capitals = text.to_ascii_uppercase();
    if capitals == "POST" || capitals == "DOT" {
        return Some(Code::Carriage);
    }
    let (digits, letters) = capitals.split_at_checked(5)?;
    let is_article = digits.bytes().all(|byte| byte.is_ascii_digit())
        && letters.len() <= 2
        && letters.bytes().all(|byte| byte.is_ascii_uppercase());
    is_article.then_some(Code::Article(capitals))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes() {
        let article = |text: &str| Some(Code::Article(text.to_owned()));
        for (text, meant) in [
            ("85123a", article("85123A")),
            ("22041", article("22041")),
            ("79323LP", article("79323LP")),
            ("post", Some(Code::Carriage)),
            ("DOT", Some(Code::Carriage)),
            ("C2", None),
            ("M", None),
            ("gift_0001_40", None),
            ("DCGS0076", None),
            ("1234", None),
            ("123456", None),
            ("12345ABC", None),
            ("12345é", None),
            ("1234é", None),
            ("", None),
        ] {
            assert_eq!(code(text), meant, "{text}");
        }
    }
}
