//! The catalogue with its doors open.

use http::{HeaderName, Method};
use mainstay_core::{Context, Id, Principal, Result};
use mainstay_events::Outbox;
use mainstay_host::{NoConfig, Service};
use mainstay_rpc::{Channel, Peer, answer, request};
use mainstay_testkit::{Answer, FrontDoors, TestDatabase};
use serde_json::Value;
use shop_catalog::{Catalog, MIGRATIONS, Needs};
use shop_catalog_contracts as wire;
use wire::v1::{Product, Variant};
use wire::{CatalogClient, SERVICE};

pub type ProductId = Id<wire::Product>;
pub type VariantId = Id<wire::Variant>;
pub type CategoryId = Id<wire::Category>;

/// The service under test.
pub struct TestApp {
    pub doors: FrontDoors,
    pub ctx: Context,
    test: TestDatabase,
    catalog: Peer<CatalogClient<Channel>>,
}

impl TestApp {
    pub async fn start() -> Self {
        let test = TestDatabase::open(&[mainstay_events::MIGRATIONS, MIGRATIONS]).await;
        let needs = Needs { db: test.db.clone(), outbox: Outbox::new(test.db.clone(), SERVICE) };
        let (routes, contracts) =
            Catalog::start(needs, NoConfig {}, test.clock.clone()).unwrap().into_parts();
        let mut doors = FrontDoors::new(&test.clock);
        doors.mount(SERVICE, contracts).await;
        doors.serve(routes);
        let catalog = doors.peer("shop.cart", SERVICE, CatalogClient::new);
        TestApp { doors, ctx: Context::background("shop.cart"), test, catalog }
    }

    pub async fn put(&self, product: Product) -> Result<()> {
        self.put_as(&self.ctx, product).await
    }

    pub async fn put_as(&self, ctx: &Context, product: Product) -> Result<()> {
        let message = wire::PutProductRequest { product: Some(product) };
        answer(self.catalog.client().put_product(request(ctx, message)).await).map(drop)
    }

    pub async fn variants(&self, ids: Vec<Vec<u8>>) -> Result<Vec<Variant>> {
        let message = wire::GetVariantsRequest { ids };
        answer(self.catalog.client().get_variants(request(&self.ctx, message)).await)
            .map(|found| found.variants)
    }

    /// Every change of a product that was told, in order.
    pub async fn told(&self) -> Vec<Product> {
        let read = |view: &mainstay_sql::View<'_>| {
            view.query("SELECT data FROM outbox ORDER BY position", &[], |row| row.get::<Vec<u8>>(0))
        };
        let stored = self.test.db.read(&self.ctx, read).await.unwrap();
        let decode =
            |bytes: &Vec<u8>| <wire::ProductChanged as prost::Message>::decode(bytes.as_slice()).unwrap();
        stored.iter().map(|bytes| decode(bytes).product.unwrap()).collect()
    }

    /// Puts products as an import does; how many products and variants changed.
    pub async fn upsert(&self, products: Vec<Product>) -> Result<(u32, u32)> {
        let message = wire::UpsertProductsRequest { products };
        answer(self.catalog.client().upsert_products(request(&self.ctx, message)).await)
            .map(|done| (done.products_changed, done.variants_changed))
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.doors.call(&customer(), Method::GET, path, Value::Null).await
    }

    /// What staff do.
    pub async fn staff(
        &self,
        method: Method,
        path: &str,
        headers: &[(HeaderName, &str)],
        body: Value,
    ) -> Answer {
        self.doors.call_with(&staff(), method, path, headers, body).await
    }
}

/// A product for sale with as many variants; ids and names follow from its number.
pub fn product(number: u8, variants: u8) -> Product {
    let id = product_id(number);
    let variant = |place: u8| Variant {
        id: variant_id(number, place).to_vec(),
        product_id: id.to_vec(),
        sku: format!("SKU-{number}-{place}"),
        name: format!("colour {place}"),
        product_name: String::new(),
        sellable: true,
        options: Vec::new(),
    };
    Product {
        id: id.to_vec(),
        slug: format!("product-{number}"),
        name: format!("Product {number}"),
        description: "What it is.".into(),
        pictures: vec!["/pictures/cover.jpg".into()],
        variants: (0..variants).map(variant).collect(),
        sellable: true,
        ..Default::default()
    }
}

pub fn product_id(number: u8) -> ProductId {
    ProductId::from_bytes([number; 16])
}

pub fn variant_id(product: u8, place: u8) -> VariantId {
    let mut bytes = [product; 16];
    bytes[0] = place;
    VariantId::from_bytes(bytes)
}

pub fn customer() -> Principal {
    Principal::Customer(Id::from_bytes([1; 16]))
}

pub fn staff() -> Principal {
    Principal::Staff(Id::from_bytes([2; 16]))
}
