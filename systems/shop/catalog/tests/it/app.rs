//! The catalogue with its doors open.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, Method};
use mainstay_blobs::Store;
use mainstay_cache::{Cache, Metrics, Policy};
use mainstay_core::{
    BlockingPool, Clock, Context, CpuPool, Currency, Id, Money, Principal, Result, Shutdown, Tasks,
};
use mainstay_engine_local::{FileBlobs, MemoryCache};
use mainstay_events::{Consumers, Outbox};
use mainstay_host::{Loops, NoConfig, Service};
use mainstay_http::Options;
use mainstay_rpc::{Channel, Peer, answer, request};
use mainstay_sql::{Database, Leadership};
use mainstay_telemetry::Registry;
use mainstay_testkit::{Answer, FrontDoors, TestDatabase};
use serde_json::Value;
use shop_catalog::{Catalog, MIGRATIONS, Needs};
use shop_catalog_contracts as wire;
use tempfile::TempDir;
use wire::v1::{Product, Variant};
use wire::{CatalogClient, SERVICE};

pub type ProductId = Id<wire::Product>;
pub type VariantId = Id<wire::Variant>;
pub type CategoryId = Id<wire::Category>;

struct Background {
    leadership: Arc<Leadership>,
    tasks: Tasks,
    consumers: Consumers,
    loops: Loops,
    shutdown: Shutdown,
}

async fn open(
    test: &TestDatabase,
    db: Database,
    pricing: &Outbox,
    folder: &Path,
) -> (FrontDoors, Background, Metrics) {
    let (tasks, leadership) = (Tasks::new(), Leadership::idle());
    let background = Background {
        consumers: Consumers::new(db.clone(), Arc::clone(&leadership), tasks.clone()),
        loops: Loops::new(Arc::clone(&leadership), tasks.clone()),
        leadership,
        tasks: tasks.clone(),
        shutdown: Shutdown::new(),
    };
    let (metrics, clock) = (Metrics::unregistered(), test.clock.clone());
    let store = Arc::new(MemoryCache::with_bytes(16 * 1024 * 1024, clock.clone()));
    let blocking = BlockingPool::new(4, 1_024).unwrap();
    let files = FileBlobs::with_reserve(folder, clock.clone(), blocking, 0).unwrap();
    let needs = Needs {
        blobs: Store::new(Arc::new(files), SERVICE, mainstay_blobs::Metrics::unregistered()).unwrap(),
        cpu: CpuPool::new(1, 8).unwrap(),
        db: db.clone(),
        outbox: Outbox::new(db, SERVICE),
        consumers: background.consumers.clone(),
        pricing: Arc::new(pricing.clone()),
        loops: background.loops.clone(),
        text: test.text_engine(),
        cache: Cache::new("products", store, Policy::default(), clock.clone(), tasks, metrics.clone()),
        registry: Registry::new(),
        audit: mainstay_audit::Audit::new(&mainstay_secrets::Key::from_bytes([5; 32])),
    };
    let (routes, contracts) = Catalog::start(needs, NoConfig {}, clock).unwrap().into_parts();
    let mut doors = FrontDoors::new(&test.clock);
    doors.mount(SERVICE, contracts).await;
    // What the routes of pictures take by their own rules.
    doors.serve_with(routes, Options { body_limit_bytes: 10_000_000, ..Options::default() });
    (doors, background, metrics)
}

/// The service under test.
pub struct TestApp {
    pub doors: FrontDoors,
    pub ctx: Context,
    test: TestDatabase,
    /// Where pictures lie.
    pub folder: TempDir,
    // What pricing tells.
    pricing_test: TestDatabase,
    pricing: Outbox,
    background: Background,
    metrics: Metrics,
    catalog: Peer<CatalogClient<Channel>>,
}

impl TestApp {
    pub async fn start() -> Self {
        let sets = [
            mainstay_events::MIGRATIONS,
            mainstay_audit::MIGRATIONS,
            mainstay_search::MIGRATIONS,
            mainstay_uploads::MIGRATIONS,
            MIGRATIONS,
        ];
        let test = TestDatabase::open(&sets).await;
        let pricing_test = TestDatabase::open(&[mainstay_events::MIGRATIONS]).await;
        let pricing = Outbox::new(pricing_test.db.clone(), shop_pricing_contracts::SERVICE);
        let folder = TempDir::new().unwrap();
        let (doors, background, metrics) = open(&test, test.db.clone(), &pricing, folder.path()).await;
        let catalog = doors.peer("shop.cart", SERVICE, CatalogClient::new);
        let ctx = Context::background("shop.cart");
        TestApp { doors, ctx, test, folder, pricing_test, pricing, background, metrics, catalog }
    }

    /// The doors of another process with the same service on the same database.
    pub async fn beside(&self) -> FrontDoors {
        open(&self.test, self.test.beside().await, &self.pricing, self.folder.path()).await.0
    }

    /// How often a product was read for a buyer.
    pub fn loads(&self) -> u64 {
        self.metrics.loads()
    }

    /// Begins to follow prices and to index what is old, as the host does once everything has started.
    pub fn begin_background(&self) {
        let Background { leadership, tasks, consumers, loops, shutdown } = &self.background;
        leadership.begin("background", &self.test.db, &self.test.clock, tasks, shutdown);
        let (consumers, loops) = (consumers.clone(), loops.clone());
        let (one, other) = (shutdown.clone(), shutdown.clone());
        tasks.spawn("consumers", async move { consumers.run(one).await });
        tasks.spawn("loops", async move { loops.run(other).await });
    }

    /// Tells prices in pence as pricing does: product, place of the variant, price.
    pub async fn tell_prices(&self, prices: &[(u8, u8, i64)]) {
        let price = |&(number, place, minor): &(u8, u8, i64)| shop_pricing_contracts::Price {
            variant_id: variant_id(number, place).to_vec(),
            amount: Some(Money::new(minor, Currency::GBP).into()),
            tax_class: "standard".into(),
        };
        let prices = prices.iter().map(price).collect();
        let event = shop_pricing_contracts::PricesChanged { currency: "GBP".into(), prices };
        let (outbox, ctx) = (self.pricing.clone(), self.ctx.clone());
        let write = move |tx: &mainstay_sql::Tx<'_>| {
            outbox.append(tx, &ctx, &shop_pricing_contracts::TOPIC, "GBP", &event)
        };
        self.pricing_test.db.write(&self.ctx, write).await.unwrap();
    }

    /// Of how many pieces the index of texts is, each of which a search looks into.
    pub async fn pieces_of_texts(&self) -> i64 {
        let sql = "SELECT count(DISTINCT id >> 37) FROM product_text_data WHERE id > 10";
        let read = |view: &mainstay_sql::View<'_>| view.query_one(sql, &[], |row| row.get(0));
        self.test.db.read(&self.ctx, read).await.unwrap().unwrap_or_default()
    }

    /// Forgets what search knows, as a release did that did not search.
    pub async fn forget_index(&self) {
        let forget = |tx: &mainstay_sql::Tx<'_>| {
            for table in ["search_docs", "product_text", "search_words", "search_slips"] {
                tx.execute(&format!("DELETE FROM {table}"), &[])?;
            }
            Ok(())
        };
        self.test.db.write(&self.ctx, forget).await.unwrap();
    }

    /// Lets time pass.
    pub fn pass(&self, time: Duration) {
        self.test.manual.advance(time);
    }

    /// Moves time until `done` says so; what has not come after a quarter of an hour fails the test, since nothing here is
    /// looked at less often than every ten minutes. The millisecond of real time between two steps is for the threads of
    /// the database.
    pub async fn until(&self, mut done: impl AsyncFnMut() -> bool) {
        for _ in 0..9_000 {
            if done().await {
                return;
            }
            self.test.manual.advance(Duration::from_millis(100));
            self.pricing_test.manual.advance(Duration::from_millis(100));
            Clock::system().sleep(Duration::from_millis(1)).await;
        }
        panic!("it never came");
    }

    /// What a service of ours calls.
    pub fn catalog(&self) -> CatalogClient<Channel> {
        self.catalog.client()
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

    /// What a customer reads at other doors.
    pub async fn get_at(&self, doors: &FrontDoors, path: &str) -> Answer {
        doors.call(&customer(), Method::GET, path, Value::Null).await
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

impl Drop for TestApp {
    fn drop(&mut self) {
        self.background.shutdown.request();
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
