//! The use cases, one a file.

mod add_picture;
mod apply;
mod at_hand;
mod attributes;
mod categories;
mod get_picture;
mod get_product;
mod get_variants;
mod index;
mod lately;
mod list_products;
mod list_variants;
mod page_products;
mod picture_uploads;
mod put_by_name;
mod put_product;
mod search;
mod sweep_pictures;
mod tidy_texts;
mod upsert_products;

use std::sync::Arc;

use mainstay_access::{Access, Relation};
use mainstay_audit::Audit;
use mainstay_blobs::Store;
use mainstay_cache::{Cache, Tag};
use mainstay_core::{Context, CpuPool, Result};
use mainstay_events::Outbox;
use mainstay_search::Search;
use mainstay_sql::Database;
use mainstay_uploads::Uploads;
use shop_access_contracts::{CATALOG_READ_HIDDEN, CATALOG_WRITE};
use tokio::sync::Semaphore;

use crate::metrics::Metrics;
use crate::model::ProductId;

pub use add_picture::{Added, PICTURE_BYTES_MAX, add_picture};
pub use at_hand::AtHand;
pub use attributes::{list_attributes, put_attribute};
pub use categories::{delete_category, get_category, list_categories, put_category};
pub use get_picture::picture_file;
pub use get_product::{Found, Wanted, get_product};
pub use get_variants::get_variants;
pub use index::{index_old, prices};
pub use list_products::list_products;
pub use list_variants::list_variants;
pub use page_products::page_products;
pub use picture_uploads::{
    append_picture_upload, begin_picture_upload, end_picture_upload, get_picture_upload, uploads,
};
pub use put_by_name::{ByName, check_by_name, put_by_name};
pub use put_product::put_product;
pub use search::{Counts, Facet, Hit, OFFSET_MAX, RESULTS_MAX, Results, Wish, search, suggest};
pub use sweep_pictures::sweep_pictures;
pub use tidy_texts::tidy_texts;
pub use upsert_products::upsert_products;

/// What every use case works on.
#[derive(Clone)]
pub struct Catalog {
    /// The catalogue's own database.
    pub db: Database,
    /// Where changes are told.
    pub outbox: Outbox,
    /// Where products are found by words.
    pub search: Search,
    /// What they are filtered by.
    pub at_hand: Arc<AtHand>,
    /// What buyers were shown.
    pub cache: Cache,
    /// Where pictures lie.
    pub blobs: Store,
    /// Pictures that come in several goes.
    pub uploads: Uploads,
    /// Threads that make their sizes.
    pub cpu: CpuPool,
    /// Who makes some: one at a time in a process, since one takes a quarter of a gigabyte for a moment.
    pub rendering: Arc<Semaphore>,
    /// What is counted.
    pub metrics: Metrics,
    /// Who may do what.
    pub access: Access,
    /// Who did what.
    pub audit: Audit,
}

impl Catalog {
    /// After a change of these products, whatever came of it: nobody is shown what was read before.
    async fn forget_shown(&self, products: impl IntoIterator<Item = (ProductId, &String)>) {
        let tags = products.into_iter().flat_map(|(id, slug)| [product_tag(id), slug_tag(slug)]);
        // A store that cannot be asked is counted there; the events of the change come, too.
        let _ = self.cache.invalidate(&tags.collect::<Vec<_>>()).await;
    }
}

/// Everything that shows this product.
pub fn product_tag(id: ProductId) -> Tag {
    Tag::new(format!("product:{id}"))
}

/// Whatever is found at this address, or that nothing is.
pub fn slug_tag(slug: &str) -> Tag {
    Tag::new(format!("slug:{slug}"))
}

/// Decides by the version that something has now, if there is such a thing, whether a change may go on. It is asked
/// in the transaction of the change.
pub trait Guard: Fn(Option<u64>) -> Result<()> + Send + 'static {}
impl<F: Fn(Option<u64>) -> Result<()> + Send + 'static> Guard for F {}

/// For services of ours, which say what holds whatever was there.
pub fn unguarded(_version: Option<u64>) -> Result<()> {
    Ok(())
}

/// Whether the caller may change the catalogue: for what is looked at before an action is asked.
///
/// # Errors
/// `core.forbidden`.
pub fn require_write(catalog: &Catalog, ctx: &Context) -> Result<()> {
    catalog.access.require(ctx, CATALOG_WRITE, Relation::Other)
}

/// Whether the caller sees what is not for sale.
pub fn sees_hidden(catalog: &Catalog, ctx: &Context) -> bool {
    catalog.access.allows(ctx, CATALOG_READ_HIDDEN, Relation::Other)
}

#[cfg(test)]
mod tests;
