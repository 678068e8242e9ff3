//! Search: `GET /v1/search?q=blue+mug&currency=GBP&price=0-1000&category=cat_…&filter=attribute:material=steel`.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use mainstay_core::{Currency, Money, Result, codes as core_codes};
use mainstay_http::{Ctx, Problem, Query, Routes, operation};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::{self, Catalog, Counts, Facet, Hit, OFFSET_MAX, RESULTS_MAX, Results, Wish};
use crate::model::{CategoryId, PAGE_DEFAULT, PRICE_BANDS, ProductId};

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SearchResults")]
pub struct ResultsView {
    /// How many were found in all.
    total: usize,
    /// What was looked for instead of what was typed: nothing has that.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"mug")]
    corrected: Option<String>,
    products: Vec<ResultView>,
    facets: Vec<FacetView>,
    /// Pass it as `offset`; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u32>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SearchResult")]
struct ResultView {
    id: ProductId,
    #[schemars(example = &"mug")]
    slug: String,
    #[schemars(example = &"Mug")]
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"/v1/pictures/9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08/thumb")]
    picture: Option<String>,
    variant_count: u32,
    /// The lowest net price of its variants on the wanted list.
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<Money>,
    /// HTML in which only `mark` elements are elements.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"<mark>Mug</mark>")]
    name_html: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"Holds 300 ml.")]
    description_html: Option<String>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Facet")]
struct FacetView {
    /// `category`, `price`, `option:<name>` or `attribute:<code>`.
    #[schemars(example = &"option:colour")]
    facet: String,
    values: Vec<ValueView>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "FacetValue")]
struct ValueView {
    /// What a filter wants to hear.
    #[schemars(example = &"blue")]
    value: String,
    /// Its name for people, where it has another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(example = &"Blue")]
    name: Option<String>,
    /// How many products choosing it would leave.
    count: u32,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Suggestions")]
pub struct SuggestionsView {
    #[schemars(example = ["mug", "mugs"])]
    words: Vec<String>,
    products: Vec<SuggestedView>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Suggestion")]
struct SuggestedView {
    id: ProductId,
    #[schemars(example = &"mug")]
    slug: String,
    #[schemars(example = &"Mug")]
    name: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SearchQuery {
    /// What somebody typed. Without it, everything.
    #[serde(default)]
    #[schemars(length(max = 500))]
    q: String,
    /// Only what stands in this category or below it.
    category: Option<CategoryId>,
    /// Only what has this value, such as `option:colour=red` or `attribute:material=steel`: a facet of the answer up to
    /// the first `=`, and a value of it. Several of one facet: any of them; of several facets: of each.
    #[serde(default)]
    #[schemars(length(max = 20), inner(length(max = 300), regex(pattern = FILTER)))]
    filter: Vec<String>,
    /// Whose prices.
    currency: Option<Currency>,
    /// Only with a net price between these, in minor units, both included; the second may be left out. Needs `currency`.
    #[schemars(length(max = 31), regex(pattern = "^[0-9]{1,15}-[0-9]{0,15}$"))]
    price: Option<String>,
    /// The `next` of the page before.
    #[serde(default)]
    #[schemars(range(max = OFFSET_MAX))]
    offset: u32,
    /// Products a page.
    #[schemars(range(min = 1, max = RESULTS_MAX))]
    limit: Option<u32>,
}

/// A facet and a value of it, without control characters.
const FILTER: &str = r"^(option|attribute):[^=\u0000-\u001f\u007f-\u009f]+=[^\u0000-\u001f\u007f-\u009f]*$";

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BeginningQuery {
    /// What somebody has typed so far.
    #[schemars(length(max = 500))]
    q: String,
}

pub fn routes() -> Routes<Arc<Catalog>> {
    Routes::new("Search", "What the shop sells, by what people type and choose.")
        .get(
            "/v1/search",
            search,
            operation("searchProducts", "Find products")
                .text(
                    "The best first, with counts of what each further choice would leave. A word that nothing has is \
                     taken for the nearest one that something has, and `corrected` says so. Texts are found at once \
                     after a change; prices follow within moments.",
                )
                .returns::<ResultsView>(200, "a page of what was found")
                .problem(&core_codes::INVALID),
        )
        .get(
            "/v1/search/suggestions",
            suggest,
            operation("suggestSearches", "Suggest how to go on typing")
                .returns::<SuggestionsView>(200, "words and products that begin so"),
        )
}

async fn search(
    State(catalog): State<Arc<Catalog>>,
    Ctx(ctx): Ctx,
    Query(query): Query<SearchQuery>,
) -> Result<Json<ResultsView>, Problem> {
    let wish = wish(query)?;
    let currency = wish.currency;
    Ok(Json(view(actions::search(&catalog, &ctx, wish).await?, currency)))
}

async fn suggest(
    State(catalog): State<Arc<Catalog>>,
    Ctx(ctx): Ctx,
    Query(query): Query<BeginningQuery>,
) -> Result<Json<SuggestionsView>, Problem> {
    let found = actions::suggest(&catalog, &ctx, query.q).await?;
    let products = found.products.into_iter().map(|product| SuggestedView {
        id: product.id,
        slug: product.slug,
        name: product.name,
    });
    Ok(Json(SuggestionsView { words: found.words, products: products.collect() }))
}

fn wish(query: SearchQuery) -> Result<Wish> {
    let SearchQuery { q, category, filter, currency, price, offset, limit } = query;
    let mut values: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (facet, value) in filter.iter().filter_map(|filter| filter.split_once('=')) {
        values.entry(facet.to_owned()).or_default().push(value.to_owned());
    }
    if price.is_some() && currency.is_none() {
        return Err(core_codes::INVALID
            .error("a price is looked for in a currency")
            .with_field("currency", "is missing"));
    }
    let price = price.as_deref().and_then(range);
    if price.is_some_and(|(low, high)| low > high) {
        return Err(core_codes::INVALID
            .error("no price is in this range")
            .with_field("price", "ends before it begins"));
    }
    Ok(Wish { text: q, category, values, currency, price, offset, limit: limit.unwrap_or(PAGE_DEFAULT) })
}

/// What its pattern let in is two numbers, or one.
fn range(text: &str) -> Option<(i64, i64)> {
    let (low, high) = text.split_once('-')?;
    let high = if high.is_empty() { i64::MAX } else { high.parse().ok()? };
    Some((low.parse().ok()?, high))
}

fn view(results: Results, currency: Option<Currency>) -> ResultsView {
    let mut facets: Vec<FacetView> = results.facets.into_iter().map(facet).collect();
    if let Some(counts) = results.bands {
        let values = counts.iter().enumerate().filter(|(_, count)| **count > 0).map(|(band, count)| {
            let end = PRICE_BANDS.get(band + 1).map(|next| (next - 1).to_string()).unwrap_or_default();
            ValueView { value: format!("{}-{end}", PRICE_BANDS[band]), name: None, count: *count }
        });
        facets.push(FacetView { facet: "price".into(), values: values.collect() });
    }
    let products = results.products.into_iter().map(|hit| result(hit, currency));
    ResultsView {
        total: results.total,
        corrected: results.corrected,
        products: products.collect(),
        facets,
        next: results.next,
    }
}

fn result(hit: Hit, currency: Option<Currency>) -> ResultView {
    let product = hit.product;
    ResultView {
        id: product.id,
        slug: product.slug,
        name: product.name,
        picture: product.picture,
        variant_count: product.variant_count,
        price: hit.price.zip(currency).map(|(minor, currency)| Money::new(minor, currency)),
        name_html: hit.name_html,
        description_html: hit.description_html,
    }
}

fn facet(facet: Facet) -> FacetView {
    let values =
        facet.values.into_iter().map(|Counts { value, name, count }| ValueView { value, name, count });
    FacetView { facet: facet.facet, values: values.collect() }
}
