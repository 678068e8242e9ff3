//! What is sold: articles, and each of their prices as a variant.

use std::collections::HashMap;

/// A product of the shop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Article {
    /// Its code in capitals, such as `85123A`.
    pub code: String,
    /// What the first line that sold it calls it.
    pub name: String,
    /// Its variants, by their place in the plan.
    pub variants: Vec<usize>,
}

/// An article at a price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    /// Its article, by its place in the plan.
    pub article: usize,
    pub pence: i64,
    /// Pieces on all accepted sale lines: what there must be in stock.
    pub demand: u64,
}

/// Hands out places for articles and variants as they are met.
#[derive(Debug, Default)]
pub struct Range {
    pub articles: Vec<Article>,
    pub variants: Vec<Variant>,
    by_code: HashMap<String, usize>,
    by_price: HashMap<(usize, i64), usize>,
}

impl Range {
    /// The variant's place, a new one if it was not met before.
    pub fn variant(&mut self, code: String, pence: i64) -> usize {
        let article = match self.by_code.get(&code) {
            Some(place) => *place,
            None => {
                let place = self.articles.len();
                self.by_code.insert(code.clone(), place);
                self.articles.push(Article { code, name: String::new(), variants: Vec::new() });
                place
            }
        };
        *self.by_price.entry((article, pence)).or_insert_with(|| {
            let place = self.variants.len();
            self.variants.push(Variant { article, pence, demand: 0 });
            self.articles[article].variants.push(place);
            place
        })
    }
}
