//! Find products by words and filters, with counts of what more could be chosen.

use std::collections::{BTreeMap, HashMap, HashSet};

use mainstay_core::{Context, Currency, Result, Stopwatch, codes};
use mainstay_search::{Query, Search, Shorten};
use mainstay_sql::View;

use super::Catalog;
use super::at_hand::AtHand;
use super::lately::Answered;
use crate::model::{
    CATEGORY_FACET, Candidate, CategoryId, Counted, Filter, Filters, PRICE_BANDS, Register, ValueId, count,
};
use crate::store::{self, Shown};

/// Most products on one page of results.
pub const RESULTS_MAX: u32 = 50;

/// How far results can be paged: who has not found it among so many types another word.
pub const OFFSET_MAX: u32 = 1_000;

/// Most hits that are ranked and counted; with more, counts are a lower bound.
const HITS_MAX: u32 = 10_000;

/// Most values told of one facet, the most frequent ones.
const VALUES_MAX: usize = 20;

/// What is shown marked: all of a name, as far as the engine shows any, and some words of a description around a match.
pub(super) const MARKED: [Shorten; 2] = [Shorten { field: 0, words: 64 }, Shorten { field: 2, words: 24 }];

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
    pub product: Shown,
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
    let (search, at_hand) = (catalog.search.clone(), catalog.at_hand.clone());
    let by_words = !wish.text.trim().is_empty();
    let watch = Stopwatch::start();
    let results = catalog.db.read(ctx, move |view| find(view, &search, &at_hand, &wish)).await?;
    if by_words {
        catalog.metrics.searched(watch.elapsed(), results.total, results.corrected.is_some());
    }
    Ok(results)
}

fn find(view: &View<'_>, search: &Search, at_hand: &AtHand, wish: &Wish) -> Result<Results> {
    let query = Query::parse(&wish.text);
    if query.is_none() && !wish.text.trim().is_empty() {
        // Only signs were typed: nothing is called that.
        return Ok(nothing());
    }
    let (now, texts) = store::changes(view)?;
    let found = query.map(|query| at_hand.lately.find(view, search, query, HITS_MAX, texts)).transpose()?;
    let found = found.as_deref();
    let hits = found.map(Answered::hits);
    // A stock keeping unit that was typed in full is what is wanted.
    let wanted = if found.is_some() { store::document_of_sku(view, wish.text.trim())? } else { None };
    let (counted, facets) = at_hand.with(view, now, hits, wish.currency, |register| {
        let mut candidates: Vec<Candidate<'_>> = match hits {
            Some(hits) => {
                let seen = hits.iter().filter_map(|hit| Some((hit.row, register.seen(hit.row)?)));
                seen.map(|(doc, entry)| entry.candidate(doc, wish.currency)).collect()
            }
            None => register.all_seen().map(|(doc, entry)| entry.candidate(doc, wish.currency)).collect(),
        };
        if let Some(place) = candidates.iter().position(|candidate| Some(candidate.doc) == wanted) {
            candidates[..=place].rotate_right(1);
        }
        let shelves = register.shelves();
        let filters = filters(register, wish);
        let counted =
            count(candidates, &filters, |value| register.facet_of(value), |value| shelves.above(value));
        let facets = told_facets(register, &counted);
        Ok((counted, facets))
    })?;
    let Counted { passed, bands, .. } = counted;
    let end = (wish.offset + wish.limit) as usize;
    let page = passed.get(wish.offset as usize..passed.len().min(end)).unwrap_or_default();
    Ok(Results {
        total: passed.len(),
        corrected: found.filter(|it| it.found.corrected).map(|it| it.found.query.text()),
        products: products(view, search, found, page)?,
        facets,
        bands: wish.currency.map(|_| bands),
        next: (passed.len() > end).then_some(wish.offset + wish.limit).filter(|at| *at <= OFFSET_MAX),
    })
}

fn nothing() -> Results {
    Results { total: 0, corrected: None, products: vec![], facets: vec![], bands: None, next: None }
}

/// The wanted values by their ids; a value that nothing has fits nothing.
fn filters(register: &Register, wish: &Wish) -> Filters {
    let of_category = wish.category.map(|category| Filter {
        any_of: register.shelves().below(category),
        facet: register.facet(CATEGORY_FACET),
    });
    let of_values = wish.values.iter().map(|(name, wanted)| {
        let facet = register.facet(name);
        Filter { any_of: facet.map(|facet| register.ids(facet, wanted)).unwrap_or_default(), facet }
    });
    Filters { values: of_category.into_iter().chain(of_values).collect(), price: wish.price }
}

fn told_facets(register: &Register, counted: &Counted) -> Vec<Facet> {
    // The frequent ones of all are among the frequent ones of each facet; a few thousand in all at most.
    let mut ids: Vec<(ValueId, u32)> = counted.values.iter().map(|(id, count)| (*id, *count)).collect();
    ids.sort_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(&other.0)));
    ids.truncate(VALUES_TOLD_MAX);
    let mut facets: BTreeMap<&str, Vec<Counts>> = BTreeMap::new();
    for (id, count) in ids {
        let Some((facet, value)) = register.name_of(id).filter(|(facet, _)| register.is_offered(facet))
        else {
            continue;
        };
        let values = facets.entry(facet).or_default();
        if values.len() < VALUES_MAX {
            let name = register.shelves().name(id).map(str::to_owned);
            values.push(Counts { value: value.to_owned(), name, count });
        }
    }
    for (facet, values) in &mut facets {
        if register.is_numeric(facet) {
            let number = |counts: &Counts| counts.value.parse::<f64>().unwrap_or(f64::MAX);
            values.sort_by(|one, other| number(one).total_cmp(&number(other)));
        }
    }
    facets.into_iter().map(|(facet, values)| Facet { facet: facet.to_owned(), values }).collect()
}

/// Most values that are looked at for one answer.
const VALUES_TOLD_MAX: usize = 400;

fn products(
    view: &View<'_>,
    search: &Search,
    found: Option<&Answered>,
    page: &[(i64, Option<i64>)],
) -> Result<Vec<Hit>> {
    let docs: Vec<i64> = page.iter().map(|(doc, _)| *doc).collect();
    let mut shown = store::shown(view, &docs)?;
    let mut marked = match found {
        Some(found) => found.marked(view, search, &docs)?,
        None => HashMap::new(),
    };
    let hits = page.iter().filter_map(|(doc, price)| {
        let [name_html, description_html] = match marked.remove(doc) {
            Some([name, description]) => [Some(name), Some(description)],
            None => [None, None],
        };
        Some(Hit { product: shown.remove(doc)?, price: *price, name_html, description_html })
    });
    Ok(hits.collect())
}

/// Words, and products by name, that what was typed so far may become.
#[derive(Clone, Debug)]
pub struct Suggestions {
    pub words: Vec<String>,
    pub products: Vec<Shown>,
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
fn best(view: &View<'_>, search: &Search, wish: &Wish) -> Result<Vec<Shown>> {
    let Some(query) = Query::parse(&wish.text) else { return Ok(Vec::new()) };
    let found = search.find(view, query, HITS_MAX)?;
    // A few more than are shown, since some may not be for sale.
    let docs: Vec<i64> = found.hits.iter().map(|hit| hit.row).take(wish.limit as usize * 4).collect();
    let seen: HashSet<i64> = store::seen_of(view, &docs)?.into_iter().collect();
    let docs: Vec<i64> =
        docs.into_iter().filter(|doc| seen.contains(doc)).take(wish.limit as usize).collect();
    let mut shown = store::shown(view, &docs)?;
    Ok(docs.iter().filter_map(|doc| shown.remove(doc)).collect())
}
