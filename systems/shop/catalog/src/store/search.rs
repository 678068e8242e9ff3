//! What search keeps of products, beside the index of texts.

mod prices;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::ControlFlow;

use mainstay_core::{Currency, Error, Result, codes};
use mainstay_search::{Hit, TextField, TextIndex};
use mainstay_sql::{Param, Row, Tx, View};

use super::attributes::attributes;
use super::categories::categories;
use super::products::parsed;
use crate::model::{Attribute, CATEGORY_FACET, Category, Entry, FacetValue, ProductId, Register, ValueId};

pub use prices::{has_price_between, lower_prices, put_lowest_prices, put_variant_prices};

/// The index of texts. A word in the name counts most; labels are what variants and attributes say.
pub const PRODUCT_TEXT: TextIndex = TextIndex {
    name: "product_text",
    fields: &[
        TextField { name: "name", weight: 10.0 },
        TextField { name: "labels", weight: 4.0 },
        TextField { name: "description", weight: 1.0 },
    ],
};

/// What a product is filtered by.
pub struct Filed {
    pub product: ProductId,
    /// Whether buyers see it.
    pub visible: bool,
    pub values: BTreeSet<FacetValue>,
}

impl Filed {
    fn row<'a>(&'a self, doc: i64, facets: &'a Vec<u8>, changed: i64) -> [Param<'a>; 5] {
        [doc.into(), (&self.product).into(), self.visible.into(), facets.into(), changed.into()]
    }
}

/// The numbers of documents in the index.
#[derive(Debug, Default)]
pub struct Documents {
    pub numbers: HashMap<ProductId, i64>,
    /// Those of products that the index did not know before.
    pub new: HashSet<ProductId>,
}

/// Says what products are filtered by. What stays as it was is not written, so that nobody reads it anew.
pub fn put_documents(tx: &Tx<'_>, filed: &[Filed]) -> Result<Documents> {
    let ids = value_ids(tx, filed.iter().flat_map(|one| &one.values).collect())?;
    let known = documents_of(tx, filed)?;
    let mut documents = Documents::default();
    let mut written: Vec<(&Filed, Vec<u8>)> = Vec::new();
    for one in filed {
        let mut own: Vec<ValueId> = one.values.iter().filter_map(|value| ids.get(value).copied()).collect();
        own.sort_unstable();
        let facets: Vec<u8> = own.into_iter().flat_map(ValueId::to_le_bytes).collect();
        match known.get(&one.product) {
            Some(known) => {
                documents.numbers.insert(one.product, known.doc);
                if known.visible == one.visible && known.facets == facets {
                    continue;
                }
            }
            None => {
                documents.new.insert(one.product);
            }
        }
        written.push((one, facets));
    }
    if written.is_empty() {
        return Ok(documents);
    }
    let changed = count_change(tx, documents.new.len())?;
    let mut last = if documents.new.is_empty() { 0 } else { last_document(tx)? };
    let mut new: Vec<[Param<'_>; 5]> = Vec::with_capacity(documents.new.len());
    for (one, facets) in &written {
        match documents.numbers.get(&one.product) {
            Some(number) => {
                let sql = "UPDATE search_docs SET visible = ?3, facets = ?4, changed = ?5 \
                           WHERE doc = ?1 AND product_id = ?2";
                tx.execute(sql, &one.row(*number, facets, changed))?;
            }
            None => {
                last += 1;
                documents.numbers.insert(one.product, last);
                new.push(one.row(last, facets, changed));
            }
        }
    }
    let sql = "INSERT INTO search_docs (doc, product_id, visible, facets, changed) VALUES :rows";
    tx.execute_rows(sql, &new)?;
    Ok(documents)
}

/// Counts that documents or their prices change in this transaction, some of which are new; the count that each is marked
/// with.
fn count_change(tx: &Tx<'_>, new: usize) -> Result<i64> {
    let new = i64::try_from(new).unwrap_or(i64::MAX);
    tx.execute(
        "UPDATE search_changes SET goods = goods + 1, texts = texts + ?1 WHERE only_row = 1",
        &[new.into()],
    )?;
    let count = tx.query_one("SELECT goods FROM search_changes WHERE only_row = 1", &[], |row| row.get(0))?;
    count.ok_or_else(not_counted)
}

fn not_counted() -> Error {
    codes::DATA_LOSS.error("the changes of what search knows are not counted")
}

fn last_document(view: &View<'_>) -> Result<i64> {
    let last = view.query_one("SELECT coalesce(max(doc), 0) FROM search_docs", &[], |row| row.get(0))?;
    Ok(last.unwrap_or_default())
}

struct Stored {
    doc: i64,
    visible: bool,
    facets: Vec<u8>,
}

fn documents_of(view: &View<'_>, filed: &[Filed]) -> Result<HashMap<ProductId, Stored>> {
    let list: Vec<_> = filed.iter().map(|one| (&one.product).into()).collect();
    let sql = "SELECT product_id, doc, visible, facets FROM search_docs WHERE product_id IN (:list)";
    let read = |row: &Row<'_>| {
        let stored = Stored { doc: row.get(1)?, visible: row.get(2)?, facets: row.get(3)? };
        Ok((row.get(0)?, stored))
    };
    Ok(view.query_list(sql, &[], &list, read)?.into_iter().collect())
}

/// The ids of these values; unknown ones get one.
fn value_ids(tx: &Tx<'_>, values: BTreeSet<&FacetValue>) -> Result<HashMap<FacetValue, ValueId>> {
    let mut known = known_ids(tx, &values)?;
    if known.len() < values.len() {
        for (facet, value) in values.iter().filter(|value| !known.contains_key(**value)) {
            let sql = "INSERT INTO facet_values (facet, value) VALUES (?1, ?2)";
            tx.execute(sql, &[facet.into(), value.into()])?;
        }
        known = known_ids(tx, &values)?;
    }
    Ok(known)
}

fn known_ids(view: &View<'_>, values: &BTreeSet<&FacetValue>) -> Result<HashMap<FacetValue, ValueId>> {
    // Values are hardly ever those of two facets, so a look-up by value alone brings few that are not wanted.
    let list: BTreeSet<&String> = values.iter().map(|(_, value)| value).collect();
    let list: Vec<_> = list.into_iter().map(Into::into).collect();
    let sql = "SELECT facet, value, id FROM facet_values WHERE value IN (:list)";
    let found =
        view.query_list(sql, &[], &list, |row| Ok(((row.get(0)?, row.get(1)?), row.get::<ValueId>(2)?)))?;
    Ok(found.into_iter().filter(|(value, _)| values.contains(value)).collect())
}

/// Some products that search does not know yet.
pub fn unindexed(view: &View<'_>, limit: u32) -> Result<Vec<ProductId>> {
    view.query(
        "SELECT p.id FROM products p LEFT JOIN search_docs d ON d.product_id = p.id WHERE d.doc IS NULL LIMIT ?1",
        &[limit.into()],
        |row| row.get(0),
    )
}

/// How often what is filtered and counted by has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Changes {
    /// Documents and prices.
    pub goods: i64,
    /// Documents that were taken out.
    pub removals: i64,
    /// Categories and attributes.
    pub shelves: i64,
}

impl Changes {
    /// Whether these were counted at an earlier instant. No count ever falls.
    pub fn is_before(&self, other: &Self) -> bool {
        (self.goods, self.removals, self.shelves) != (other.goods, other.removals, other.shelves)
            && self.goods <= other.goods
            && self.removals <= other.removals
            && self.shelves <= other.shelves
    }
}

/// How often it has changed so far, and how often what is found by words has.
pub fn changes(view: &View<'_>) -> Result<(Changes, i64)> {
    let read = |row: &Row<'_>| {
        let changes = Changes { goods: row.get(0)?, removals: row.get(1)?, shelves: row.get(2)? };
        Ok((changes, row.get(3)?))
    };
    let found = view.query_one(
        "SELECT goods, removals, shelves, texts FROM search_changes WHERE only_row = 1",
        &[],
        read,
    )?;
    found.ok_or_else(not_counted)
}

/// What a register does not know yet.
pub struct News {
    entries: BTreeMap<i64, Entry>,
    values: Vec<(ValueId, FacetValue)>,
    shelves: Option<(Vec<Category>, Vec<Attribute>)>,
}

impl News {
    /// Tells them.
    pub fn into_register(self, register: &mut Register) {
        for (doc, entry) in self.entries {
            register.put(doc, entry);
        }
        for (id, value) in self.values {
            register.learn(id, value);
        }
        if let Some((categories, attributes)) = self.shelves {
            register.arrange(categories, attributes);
        }
        register.settle();
    }
}

/// What has changed since a register was at `base` with its newest value, or everything; `None` when that is more than so
/// many bytes.
pub fn news(
    view: &View<'_>,
    base: Option<(Changes, ValueId)>,
    now: Changes,
    bytes_max: usize,
) -> Result<Option<News>> {
    let (since, last_value) = base.map_or((None, None), |(at, value)| (Some(at), Some(i64::from(value))));
    let after = since.map_or(-1, |at| at.goods);
    let mut entries = BTreeMap::new();
    let mut bytes = 0;
    let within = |more: usize, bytes: &mut usize| {
        *bytes += more;
        if *bytes > bytes_max { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let mut values = Vec::new();
    if after < now.goods {
        let sql = "SELECT doc, visible, facets FROM search_docs WHERE changed > ?1";
        view.each(sql, &[after.into()], &mut |row| {
            let entry = Entry { visible: row.get(1)?, values: value_ids_of(row.blob(2)?), prices: [].into() };
            let more = size_of::<(i64, Entry)>() + size_of_val(&*entry.values);
            entries.insert(row.get(0)?, entry);
            Ok(within(more, &mut bytes))
        })?;
        let mut prices: Vec<(i64, Currency, i64)> = Vec::new();
        let sql = "SELECT p.doc, p.currency, p.minor FROM search_docs d \
                   JOIN search_prices p ON p.doc = d.doc WHERE d.changed > ?1";
        view.each(sql, &[after.into()], &mut |row| {
            prices.push((row.get(0)?, row.text(1)?.parse()?, row.get(2)?));
            Ok(within(size_of::<(Currency, i64)>(), &mut bytes))
        })?;
        prices.sort_unstable_by_key(|(doc, currency, _)| (*doc, *currency));
        for of_doc in prices.chunk_by(|one, other| one.0 == other.0) {
            if let Some(entry) = entries.get_mut(&of_doc[0].0) {
                entry.prices = of_doc.iter().map(|(_, currency, minor)| (*currency, *minor)).collect();
            }
        }
        let sql = "SELECT id, facet, value FROM facet_values WHERE id > ?1";
        view.each(sql, &[last_value.unwrap_or(-1).into()], &mut |row| {
            let value: FacetValue = (row.get(1)?, row.get(2)?);
            let more = size_of::<(ValueId, FacetValue)>() + value.1.len();
            values.push((row.get(0)?, value));
            Ok(within(more, &mut bytes))
        })?;
    }
    if bytes > bytes_max {
        return Ok(None);
    }
    let is_rearranged = since.is_none_or(|at| at.shelves < now.shelves);
    let shelves = is_rearranged.then(|| shelves(view)).transpose()?;
    Ok(Some(News { entries, values, shelves }))
}

fn shelves(view: &View<'_>) -> Result<(Vec<Category>, Vec<Attribute>)> {
    let categories = categories(view)?.into_iter().map(|one| one.value).collect();
    Ok((categories, attributes(view)?.into_iter().map(|one| one.value).collect()))
}

/// From so many hits on, all documents are read in one go: cheaper than to look each one up.
const SCAN_FROM: usize = 1_200;

/// A register of these hits alone, of everything without, with the prices of one list.
pub fn register_of(view: &View<'_>, hits: Option<&[Hit]>, currency: Option<Currency>) -> Result<Register> {
    let params = [currency.as_ref().map(Currency::as_str).into()];
    let list: Option<Vec<_>> = hits
        .filter(|hits| hits.len() < SCAN_FROM)
        .map(|hits| hits.iter().map(|hit| hit.row.into()).collect());
    let read = |row: &Row<'_>| {
        let prices = currency.zip(row.get(2)?).into_iter().collect();
        let entry = Entry { visible: true, values: value_ids_of(row.blob(1)?), prices };
        Ok((row.get::<i64>(0)?, entry))
    };
    let found = match list {
        Some(list) => view.query_list(&format!("{DOCUMENTS} AND d.doc IN (:list)"), &params, &list, read)?,
        None => view.query(DOCUMENTS, &params, read)?,
    };
    let values: BTreeSet<ValueId> =
        found.iter().flat_map(|(_, entry)| entry.values.iter().copied()).collect();
    let shelves = shelves(view)?;
    let mut news = News {
        entries: found.into_iter().collect(),
        values: facet_values(view, &values.into_iter().collect::<Vec<_>>())?,
        shelves: None,
    };
    // Categories that nothing found stands in itself may stand above those.
    if !shelves.0.is_empty() {
        news.values.extend(values_of_facet(view, CATEGORY_FACET)?);
    }
    news.shelves = Some(shelves);
    let mut register = Register::default();
    news.into_register(&mut register);
    Ok(register)
}

const DOCUMENTS: &str = "SELECT d.doc, d.facets, p.minor FROM search_docs d \
     LEFT JOIN search_prices p ON p.currency = ?1 AND p.doc = d.doc WHERE d.visible = 1";

fn value_ids_of(facets: &[u8]) -> Box<[ValueId]> {
    let ids = facets.chunks_exact(4);
    ids.map(|bytes| ValueId::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])).collect()
}

/// Those of these documents that buyers see, in no order.
pub fn seen_of(view: &View<'_>, docs: &[i64]) -> Result<Vec<i64>> {
    let list: Vec<_> = docs.iter().map(|doc| (*doc).into()).collect();
    view.query_list("SELECT doc FROM search_docs WHERE visible = 1 AND doc IN (:list)", &[], &list, |row| {
        row.get(0)
    })
}

/// What a list of results shows of a product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Its name for machines.
    pub id: ProductId,
    /// Its name in addresses.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// The address of its cover.
    pub picture: Option<String>,
    /// How many variants it has.
    pub variant_count: u32,
}

/// What is shown of these documents' products.
pub fn shown(view: &View<'_>, docs: &[i64]) -> Result<HashMap<i64, Shown>> {
    let list: Vec<_> = docs.iter().map(|doc| (*doc).into()).collect();
    let sql = "SELECT d.doc, p.id, p.slug, p.name, p.pictures, p.variant_count FROM search_docs d \
               JOIN products p ON p.id = d.product_id WHERE d.doc IN (:list)";
    let found = view.query_list(sql, &[], &list, |row| {
        let pictures: Vec<String> = parsed(row.text(4)?)?;
        let shown = Shown {
            id: row.get(1)?,
            slug: row.get(2)?,
            name: row.get(3)?,
            picture: pictures.into_iter().next(),
            variant_count: row.get(5)?,
        };
        Ok((row.get(0)?, shown))
    })?;
    Ok(found.into_iter().collect())
}

/// The document of the product that has this very stock keeping unit.
pub fn document_of_sku(view: &View<'_>, sku: &str) -> Result<Option<i64>> {
    let sql =
        "SELECT d.doc FROM variants v JOIN search_docs d ON d.product_id = v.product_id WHERE v.sku = ?1";
    view.query_one(sql, &[sku.into()], |row| row.get(0))
}

fn values_of_facet(view: &View<'_>, facet: &str) -> Result<Vec<(ValueId, FacetValue)>> {
    view.query("SELECT id, facet, value FROM facet_values WHERE facet = ?1", &[facet.into()], value)
}

fn facet_values(view: &View<'_>, ids: &[ValueId]) -> Result<Vec<(ValueId, FacetValue)>> {
    let list: Vec<_> = ids.iter().map(|id| (*id).into()).collect();
    view.query_list("SELECT id, facet, value FROM facet_values WHERE id IN (:list)", &[], &list, value)
}

fn value(row: &Row<'_>) -> Result<(ValueId, FacetValue)> {
    Ok((row.get(0)?, (row.get(1)?, row.get(2)?)))
}
