//! Every query that the catalogue makes, on the database that it alone owns.

mod attributes;
mod categories;
mod named;
mod pictures;
mod products;
mod search;
mod slugs;
mod variants;

pub use attributes::{attribute, attributes, kinds, put_attribute};
pub use categories::{
    categories, category, delete_category, has_children, has_products, known_categories, put_category, tree,
};
pub use named::goods_named;
pub use pictures::{
    begin_picture, count_picture, end_picture, forget_pictures, picture_format, show_picture, shown_pictures,
    unused_pictures,
};
pub use products::{In, page, product, product_by_slug, products_with, put_categories, put_products};
pub use search::{
    Changes, Filed, PRODUCT_TEXT, Shown, changes, document_of_sku, has_price_between, lower_prices, news,
    put_documents, put_lowest_prices, put_variant_prices, register_of, seen_of, shown, unindexed,
};
pub use slugs::{keep_old_slug, owner_of_old_slug, release_old_slugs};
pub use variants::{
    owners_of_variants, put_variants, remove_variants, variant_page, variants_in_list, variants_of_product,
    variants_of_products, variants_with,
};
