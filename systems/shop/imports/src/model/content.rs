//! One line: a variant with its product, price and stock.

use std::fmt;

use mainstay_core::{Currency, Money, Result};
use mainstay_records::{Fault as Unreadable, Format, Header, Splitter};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::Fault;

/// The columns of a file of goods, in the order in which an export writes them. The first two must be there.
pub const COLUMNS: [&str; 9] =
    ["product", "sku", "name", "description", "variant", "price", "currency", "tax_class", "stock"];

const REQUIRED: usize = 2;

/// Bounds of the catalogue and of inventory, so that a line is refused here and not in the middle of a batch.
const WORD_MAX: usize = 80;
const NAME_MAX: usize = 200;
const DESCRIPTION_MAX: usize = 20_000;
const STOCK_MAX: i64 = 1_000_000_000;

/// What a line says; what it does not say stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// The product's slug.
    pub product: String,
    pub sku: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Money>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_class: Option<String>,
    /// Pieces in the warehouse.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stock: Option<i64>,
}

/// Reads the lines of one file.
pub struct Reader {
    header: Option<Header>,
    splitter: Splitter,
}

impl Reader {
    /// For a format; of CSV with its header.
    ///
    /// # Errors
    /// `records.header`.
    pub fn new(format: Format, header: &str) -> Result<Self> {
        let header = match format {
            Format::Csv => Some(Header::read(header, &COLUMNS[..REQUIRED], &COLUMNS[REQUIRED..])?),
            Format::JsonLines => None,
        };
        Ok(Self { header, splitter: Splitter::default() })
    }

    /// What a line says, or why it cannot be used.
    pub fn read(&mut self, line: u64, text: &str) -> Result<Content, Fault> {
        let cells = match &self.header {
            Some(header) => {
                let row = self.splitter.split(text).and_then(|row| header.fits(&row).map(|()| row));
                let row =
                    row.map_err(|fault: Unreadable| Fault::new(line, fault.name(), fault.to_string()))?;
                std::array::from_fn(|column| header.field(&row, column).to_owned())
            }
            None => cells_of_json(line, text)?,
        };
        content(cells).map_err(|(reason, detail)| Fault::new(line, reason, detail))
    }
}

/// An object whose values are texts, under the names of the columns.
fn cells_of_json(line: u64, text: &str) -> Result<[String; COLUMNS.len()], Fault> {
    let Members(members) = serde_json::from_str(text)
        .map_err(|error| Fault::new(line, "bad_json", format!("is no object of texts: {error}")))?;
    let mut cells = [const { None }; COLUMNS.len()];
    for (name, value) in members {
        let Some(column) = COLUMNS.iter().position(|column| *column == name) else {
            return Err(Fault::new(line, "unknown_field", format!("{name} is no field of goods")));
        };
        if cells[column].replace(value).is_some() {
            return Err(Fault::new(line, "field_repeated", format!("has {name} more than once")));
        }
    }
    Ok(cells.map(Option::unwrap_or_default))
}

/// An object as it is written. In a map the last of two members with one name would win, and the other be lost in silence.
struct Members(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visit;

        impl<'de> Visitor<'de> for Visit {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of texts")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Visit)
    }
}

fn content(cells: [String; COLUMNS.len()]) -> Result<Content, (&'static str, &'static str)> {
    let [product, sku, name, description, variant, price, currency, tax_class, stock] = cells;
    if !is_slug(&product) {
        return Err(("bad_product", "product must be 1 to 80 lower-case letters, digits and single dashes"));
    }
    if sku.is_empty() || sku.len() > WORD_MAX || !sku.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(("bad_sku", "sku must be 1 to 80 ASCII characters without spaces"));
    }
    for (text, reason) in [(&name, "bad_name"), (&variant, "bad_variant")] {
        if text.chars().count() > NAME_MAX || text.chars().any(char::is_control) {
            return Err((reason, "must be at most 200 printable characters"));
        }
    }
    if description.len() > DESCRIPTION_MAX
        || description.chars().any(|letter| letter.is_control() && letter != '\n')
    {
        return Err(("bad_description", "description must be plain text of at most 20000 bytes"));
    }
    let tax_class = given(tax_class);
    if tax_class.as_deref().is_some_and(|class| !matches!(class, "standard" | "reduced" | "zero")) {
        return Err(("bad_tax_class", "tax_class must be standard, reduced or zero"));
    }
    Ok(Content {
        product,
        sku,
        name: given(name).filter(|name| !name.trim().is_empty()),
        description: given(description),
        variant: given(variant),
        price: money(&price, &currency)?,
        tax_class,
        stock: pieces(&stock)?,
    })
}

fn given(cell: String) -> Option<String> {
    if cell.is_empty() { None } else { Some(cell) }
}

fn money(price: &str, currency: &str) -> Result<Option<Money>, (&'static str, &'static str)> {
    if price.is_empty() {
        return Ok(None);
    }
    let currency: Currency = if currency.is_empty() { Ok(Currency::GBP) } else { currency.parse() }
        .map_err(|_| ("bad_currency", "currency must be three capital letters, such as GBP"))?;
    match Money::parse(price, currency) {
        Ok(money) if money.minor >= 0 => Ok(Some(money)),
        _ => Err(("bad_price", "price must be a number of at least 0 in whole minor units, such as 2.55")),
    }
}

fn pieces(stock: &str) -> Result<Option<i64>, (&'static str, &'static str)> {
    if stock.is_empty() {
        return Ok(None);
    }
    let number = stock.bytes().all(|byte| byte.is_ascii_digit()).then(|| stock.parse().ok()).flatten();
    number
        .filter(|pieces: &i64| *pieces <= STOCK_MAX)
        .map(Some)
        .ok_or(("bad_stock", "stock must be a whole number of pieces from 0 to 1000000000"))
}

fn is_slug(slug: &str) -> bool {
    let word = |word: &str| {
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    slug.len() <= WORD_MAX && slug.split('-').all(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "sku,product,price,currency,stock,name,tax_class,variant,description";

    #[test]
    fn a_line_says_what_it_says_and_no_more() {
        let mut csv = Reader::new(Format::Csv, HEADER).unwrap();
        let full = csv.read(2, "MUG-1,mug,2.55,GBP,7,Mug,zero,'=blue,\"a\nb\"").unwrap();
        assert_eq!((full.price, full.stock), (Some(Money::new(255, Currency::GBP)), Some(7)));
        assert_eq!((full.variant.as_deref(), full.description.as_deref()), (Some("=blue"), Some("a\nb")));
        let bare = csv.read(3, "MUG-1,mug,,,,,,,").unwrap();
        assert_eq!(bare, Content { product: "mug".into(), sku: "MUG-1".into(), ..Content::default() });
        let mut json = Reader::new(Format::JsonLines, "").unwrap();
        let same = json.read(1, r#"{"product":"mug","sku":"MUG-1","price":"2.55","stock":"7"}"#).unwrap();
        assert_eq!((same.price, same.stock), (full.price, full.stock));
    }

    #[test]
    fn each_fault_has_its_reason() {
        let mut csv = Reader::new(Format::Csv, HEADER).unwrap();
        for (line, reason) in [
            ("MUG 1,mug,,,,,,,", "bad_sku"),
            (",mug,,,,,,,", "bad_sku"),
            ("M,Mug,,,,,,,", "bad_product"),
            ("M,,,,,,,,", "bad_product"),
            ("M,mug,2.555,,,,,,", "bad_price"),
            ("M,mug,-1,,,,,,", "bad_price"),
            ("M,mug,1e3,,,,,,", "bad_price"),
            ("M,mug,1,pounds,,,,,", "bad_currency"),
            ("M,mug,,,1.5,,,,", "bad_stock"),
            ("M,mug,,,-1,,,,", "bad_stock"),
            ("M,mug,,,99999999999999999999,,,,", "bad_stock"),
            ("M,mug,,,,a\tb,,,", "bad_name"),
            ("M,mug,,,,,high,,", "bad_tax_class"),
            ("M,mug", "wrong_number_of_fields"),
        ] {
            assert_eq!(csv.read(7, line).unwrap_err().reason, reason, "{line}");
        }
        let mut json = Reader::new(Format::JsonLines, "").unwrap();
        for (line, reason) in [
            ("{", "bad_json"),
            ("[]", "bad_json"),
            (r#"{"product":"mug","sku":1}"#, "bad_json"),
            (r#"{"product":"mug","sku":"M","colour":"blue"}"#, "unknown_field"),
            (r#"{"product":"mug","product":"pot","sku":"M"}"#, "field_repeated"),
            (r#"{"product":"mug","\u0070roduct":"","sku":"M"}"#, "field_repeated"),
            (r#"{"sku":"M"}"#, "bad_product"),
        ] {
            assert_eq!(json.read(7, line).unwrap_err().reason, reason, "{line}");
        }
    }
}
