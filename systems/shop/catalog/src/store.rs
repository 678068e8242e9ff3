//! Every query that the catalogue makes, on the database that it alone owns.

mod products;
mod variants;

pub use products::{page, product, product_by_slug, put_product};
pub use variants::{owner_of_variant, put_variants, variants_of_page, variants_of_product, variants_with};
