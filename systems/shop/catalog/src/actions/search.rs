//! Find products by words and filters, with counts of what more could be chosen.

use std::collections::{BTreeMap, HashMap};

use mainstay_core::{Context, Currency, Result, Stopwatch, codes};
use mainstay_search::{Found, Query, Search};
use mainstay_sql::View;

use super::Catalog;
use crate::model::{
    AttributeKind, CATEGORY_FACET, Category, CategoryId, Counted, Filter, Filters, PRICE_BANDS, Product,
    Tree, ValueId, count,
};
use crate::store;

/// Most products on one page of results.
pub const RESULTS_MAX: u32 = 50;

/// How far results can be paged: who has not found it among so many types another word.
pub const OFFSET_MAX: u32 = 1_000;

/// Most hits that are ranked and counted; with more, counts are a lower bound.
const HITS_MAX: u32 = 10_000;

/// Most values told of one facet, the most frequent ones.
const VALUES_MAX: usize = 20;

/// Words of a description around a match.
const SNIPPET_WORDS: u32 = 24;

/// Words of a name: all of it, as far as the engine shows any.
const NAME_WORDS: u32 = 64;

/// What is looked for.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// What somebody typed; nothing: everything.
    pub text: String,
    /// Only in this category and below.
    pub category: Option<CategoryId>,
    /// Only with any of these values, by facet.
    pub values: BTreeMap<String, Vec<String>>,
    /// Whose prices.
    pub currency: Option<Currency>,
    /// Only with a price between these, in minor units, both included.
    pub price: Option<(i64, i64)>,
    pub offset: u32,
    pub limit: u32,
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Results {
    /// How many in all.
    pub total: usize,
    /// What was looked for instead of what was typed, when only that is there.
    pub corrected: Option<String>,
    /// One page, best first.
    pub products: Vec<Hit>,
    pub facets: Vec<Facet>,
    /// How many products each price band has, when a currency was given.
    pub bands: Option<[u32; PRICE_BANDS.len()]>,
    /// Where the next page begins.
    pub next: Option<u32>,
}

/// A product on a page of results.
#[derive(Clone, Debug)]
pub struct Hit {
    /// Without its variants.
    pub product: Product,
    pub variant_count: u32,
    /// The lowest price on the wanted list.
    pub price: Option<i64>,
    /// Its name as HTML with the matches marked; nothing without words to match.
    pub name_html: Option<String>,
    /// The part of its description that matches, in the same way.
    pub description_html: Option<String>,
}

/// A facet with its most frequent values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facet {
    /// `category`, `option:<name>` or `attribute:<code>`.
    pub facet: String,
    pub values: Vec<Counts>,
}

/// How many products choosing a value would leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counts {
    pub value: String,
    /// Its name for people, where it has another one.
    pub name: Option<String>,
    pub count: u32,
}

/// Finds products that are for sale.
///
/// # Errors
/// `core.invalid` for a page that is too large or too far.
pub async fn search(catalog: &Catalog, ctx: &Context, wish: Wish) -> Result<Results> {
    if wish.limit == 0 || wish.limit > RESULTS_MAX || wish.offset > OFFSET_MAX {
        return Err(codes::INVALID
            .error("a page of results has between 1 and 50 products and begins at most at 1000")
            .with_field("limit", "must be between 1 and 50, and offset at most 1000"));
    }
    let search = catalog.search.clone();
    let by_words = !wish.text.trim().is_empty();
    let watch = Stopwatch::start();
    let results = catalog.db.read(ctx, move |view| find(view, &search, &wish)).await?;
    if by_words {
        catalog.metrics.searched(watch.elapsed(), results.total, results.corrected.is_some());
    }
    Ok(results)
}

fn find(view: &View<'_>, search: &Search, wish: &Wish) -> Result<Results> {
    let query = Query::parse(&wish.text);
    if query.is_none() && !wish.text.trim().is_empty() {
        // Only signs were typed: nothing is called that.
        return Ok(nothing());
    }
    let found = query.map(|query| search.find(view, query, HITS_MAX)).transpose()?;
    let mut documents = match &found {
        Some(found) => store::documents(view, &found.hits, wish.currency)?,
        None => store::all_documents(view, wish.currency)?,
    };
    // A stock keeping unit that was typed in full is what is wanted.
    if let Some(doc) = store::document_of_sku(view, wish.text.trim())?
        && let Some(place) = documents.iter().position(|document| document.doc == doc)
    {
        documents[..=place].rotate_right(1);
    }
    let shelves = Shelves::read(view)?;
    let filters = filters(view, wish, &shelves)?;
    let facets: HashMap<ValueId, u32> = (0..)
        .zip(&filters.values)
        .flat_map(|(place, filter)| filter.of_facet.iter().map(move |value| (*value, place + 1)))
        .collect();
    let plain = Filters {
        values: filters.values.iter().map(|known| known.filter.clone()).collect(),
        price: wish.price,
    };
    let counted = count(
        documents,
        &plain,
        |value| facets.get(&value).copied().unwrap_or(0),
        |value| shelves.above(value),
    );
    let told = told_facets(view, &counted, &shelves)?;
    let end = (wish.offset + wish.limit) as usize;
    let page: Vec<_> =
        counted.passed.iter().skip(wish.offset as usize).take(wish.limit as usize).cloned().collect();
    Ok(Results {
        total: counted.passed.len(),
        corrected: found.as_ref().filter(|found| found.corrected).map(|found| found.query.text()),
        products: products(view, search, found.as_ref(), &page)?,
        facets: told,
        bands: wish.currency.map(|_| counted.bands),
        next: (counted.passed.len() > end).then_some(wish.offset + wish.limit).filter(|at| *at <= OFFSET_MAX),
    })
}

fn nothing() -> Results {
    Results { total: 0, corrected: None, products: vec![], facets: vec![], bands: None, next: None }
}

/// The tree of categories in the words of the index.
struct Shelves {
    categories: HashMap<CategoryId, Category>,
    tree: Tree,
    by_value: HashMap<ValueId, CategoryId>,
    by_category: HashMap<CategoryId, ValueId>,
}

impl Shelves {
    fn read(view: &View<'_>) -> Result<Self> {
        let all = store::categories(view)?;
        let tree = Tree::new(all.iter().map(|one| (one.value.id, one.value.parent)));
        let mut by_value = HashMap::new();
        let mut by_category = HashMap::new();
        if !all.is_empty() {
            for (value, text) in store::values_of_facet(view, CATEGORY_FACET)? {
                if let Ok(id) = text.parse::<CategoryId>() {
                    by_value.insert(value, id);
                    by_category.insert(id, value);
                }
            }
        }
        let categories = all.into_iter().map(|one| (one.value.id, one.value)).collect();
        Ok(Self { categories, tree, by_value, by_category })
    }

    fn above(&self, value: ValueId) -> Vec<ValueId> {
        let Some(category) = self.by_value.get(&value) else { return Vec::new() };
        let above = self.tree.upwards(*category).into_iter().skip(1);
        above.filter_map(|id| self.by_category.get(&id).copied()).collect()
    }
}

struct KnownFilters {
    values: Vec<KnownFilter>,
}

struct KnownFilter {
    filter: Filter,
    of_facet: Vec<ValueId>,
}

/// The wanted values by their ids; a value that nothing has fits nothing.
fn filters(view: &View<'_>, wish: &Wish, shelves: &Shelves) -> Result<KnownFilters> {
    let mut known = Vec::new();
    if let Some(category) = wish.category {
        let below = shelves.tree.downwards(category);
        let any_of = below.iter().filter_map(|id| shelves.by_category.get(id).copied()).collect();
        known.push((any_of, shelves.by_value.keys().copied().collect()));
    }
    for (facet, wanted) in &wish.values {
        let all = store::values_of_facet(view, facet)?;
        let any_of = all.iter().filter(|(_, value)| wanted.contains(value)).map(|(id, _)| *id).collect();
        known.push((any_of, all.into_iter().map(|(id, _)| id).collect()));
    }
    let values = (1..)
        .zip(known)
        .map(|(facet, (any_of, of_facet))| KnownFilter { filter: Filter { any_of, facet }, of_facet });
    Ok(KnownFilters { values: values.collect() })
}

fn told_facets(view: &View<'_>, counted: &Counted, shelves: &Shelves) -> Result<Vec<Facet>> {
    let attributes = store::attributes(view)?;
    let offered = |facet: &str| match facet.strip_prefix("attribute:") {
        None => true,
        Some(code) => attributes.iter().any(|one| one.value.code == code && one.value.filterable),
    };
    let numeric = |facet: &str| {
        let code = facet.strip_prefix("attribute:");
        attributes.iter().any(|one| Some(&*one.value.code) == code && one.value.kind == AttributeKind::Number)
    };
    // The frequent ones of all are among the frequent ones of each facet; a few thousand in all at most.
    let mut ids: Vec<(ValueId, u32)> = counted.values.iter().map(|(id, count)| (*id, *count)).collect();
    ids.sort_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(&other.0)));
    ids.truncate(VALUES_READ_MAX);
    let wanted: Vec<ValueId> = ids.iter().map(|(id, _)| *id).collect();
    let known: HashMap<ValueId, _> = store::facet_values(view, &wanted)?.into_iter().collect();
    let mut facets: BTreeMap<String, Vec<Counts>> = BTreeMap::new();
    for (id, count) in ids {
        let Some((facet, value)) = known.get(&id) else { continue };
        if !offered(facet) {
            continue;
        }
        let values = facets.entry(facet.clone()).or_default();
        if values.len() < VALUES_MAX {
            let category = shelves.by_value.get(&id).and_then(|id| shelves.categories.get(id));
            let name = category.map(|category| category.name.clone());
            values.push(Counts { value: value.clone(), name, count });
        }
    }
    for (facet, values) in &mut facets {
        if numeric(facet) {
            let number = |counts: &Counts| counts.value.parse::<f64>().unwrap_or(f64::MAX);
            values.sort_by(|one, other| number(one).total_cmp(&number(other)));
        }
    }
    Ok(facets.into_iter().map(|(facet, values)| Facet { facet, values }).collect())
}

/// Most values whose names are read for one answer.
const VALUES_READ_MAX: usize = 400;

fn products(
    view: &View<'_>,
    search: &Search,
    found: Option<&Found>,
    page: &[crate::model::Document],
) -> Result<Vec<Hit>> {
    let docs: Vec<i64> = page.iter().map(|document| document.doc).collect();
    let ids: HashMap<i64, _> = store::products_of_documents(view, &docs)?.into_iter().collect();
    let wanted: Vec<_> = ids.values().copied().collect();
    let mut heads: HashMap<_, _> =
        store::products_with(view, &wanted)?.into_iter().map(|head| (head.product.value.id, head)).collect();
    let (mut names, mut descriptions) = match found {
        Some(found) => (
            search.highlights(view, &found.query, &docs, 0, NAME_WORDS)?,
            search.highlights(view, &found.query, &docs, 2, SNIPPET_WORDS)?,
        ),
        None => (HashMap::new(), HashMap::new()),
    };
    let shown = page.iter().filter_map(|document| {
        let head = heads.remove(ids.get(&document.doc)?)?;
        Some(Hit {
            product: head.product.value,
            variant_count: head.variant_count,
            price: document.price,
            name_html: names.remove(&document.doc),
            description_html: descriptions.remove(&document.doc),
        })
    });
    Ok(shown.collect())
}

/// Words, and products by name, that what was typed so far may become.
#[derive(Clone, Debug)]
pub struct Suggestions {
    pub words: Vec<String>,
    pub products: Vec<Product>,
}

/// Most words and most products suggested: what fits under a field.
const SUGGESTED_MAX: u32 = 8;

/// Suggests how to go on.
///
/// # Errors
/// Only the database's.
pub async fn suggest(catalog: &Catalog, ctx: &Context, text: String) -> Result<Suggestions> {
    let search = catalog.search.clone();
    let read = move |view: &View<'_>| {
        let words = search.suggest(view, &text, SUGGESTED_MAX as usize)?;
        let wish = Wish { text: text.clone(), limit: SUGGESTED_MAX, ..Wish::default() };
        let products = if Query::parse(&text).is_some() { best(view, &search, &wish)? } else { vec![] };
        Ok(Suggestions { words, products })
    };
    catalog.db.read(ctx, read).await
}

// The same as a search, without counting what nobody is shown.
fn best(view: &View<'_>, search: &Search, wish: &Wish) -> Result<Vec<Product>> {
    let Some(query) = Query::parse(&wish.text) else { return Ok(Vec::new()) };
    let mut found = search.find(view, query, HITS_MAX)?;
    // A few more than are shown, since some may not be for sale.
    found.hits.truncate(wish.limit as usize * 4);
    let documents = store::documents(view, &found.hits, None)?;
    let docs: Vec<i64> = documents.iter().take(wish.limit as usize).map(|document| document.doc).collect();
    let ids: HashMap<i64, _> = store::products_of_documents(view, &docs)?.into_iter().collect();
    let wanted: Vec<_> = ids.values().copied().collect();
    let mut heads: HashMap<_, _> =
        store::products_with(view, &wanted)?.into_iter().map(|head| (head.product.value.id, head)).collect();
    let shown = docs.iter().filter_map(|doc| heads.remove(ids.get(doc)?));
    Ok(shown.map(|head| head.product.value).collect())
}
