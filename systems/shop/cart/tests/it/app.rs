//! The cart with its doors open, and the logs of the services that it follows.

use std::sync::Arc;
use std::time::Duration;

use http::{Method, StatusCode};
use mainstay_core::{Clock, Context, Id, Principal, Result, Shutdown, Tasks};
use mainstay_events::{Consumers, Event, Outbox, Topic};
use mainstay_host::Service;
use mainstay_jobs::Jobs;
use mainstay_rpc::{Channel, Peer, RpcService, answer, request};
use mainstay_sql::Leadership;
use mainstay_telemetry::Registry;
use mainstay_testkit::{Answer, FrontDoors, TestDatabase};
use serde_json::{Value, json};
use shop_cart::{Cart, Config, MIGRATIONS, Needs};
use shop_cart_contracts as wire;
use shop_catalog_contracts::{CatalogClient, CatalogServer};
use shop_pricing_contracts::{PricingClient, PricingServer};
use wire::{CartClient, LockRequest, LockResponse, SERVICE, UnlockRequest};

use crate::peers::{FakeCatalog, FakePricing};

pub type CartId = Id<wire::Cart>;
pub type CheckoutId = Id<shop_orders_contracts::Checkout>;
pub type VariantId = Id<shop_catalog_contracts::Variant>;

/// The service under test.
pub struct TestApp {
    pub test: TestDatabase,
    pub doors: FrontDoors,
    pub catalog: FakeCatalog,
    /// As orders, the service that checks out.
    pub ctx: Context,
    cart: Peer<CartClient<Channel>>,
    background: Background,
    // What auth and orders tell.
    peers: TestDatabase,
    logins: Outbox,
    orders: Outbox,
}

struct Background {
    leadership: Arc<Leadership>,
    tasks: Tasks,
    consumers: Consumers,
    jobs: Jobs,
    shutdown: Shutdown,
}

impl TestApp {
    pub async fn start() -> Self {
        let keys = mainstay_http::idempotency::MIGRATIONS;
        let sets = [mainstay_events::MIGRATIONS, mainstay_jobs::MIGRATIONS, keys, MIGRATIONS];
        let test = TestDatabase::open(&sets).await;
        let peers = TestDatabase::open(&[mainstay_events::MIGRATIONS]).await;
        let (tasks, leadership) = (Tasks::new(), Leadership::idle());
        let logins = Outbox::new(peers.db.clone(), shop_auth_contracts::SERVICE);
        let orders = Outbox::new(peers.db.clone(), shop_orders_contracts::SERVICE);
        let background = Background {
            consumers: Consumers::new(test.db.clone(), Arc::clone(&leadership), tasks.clone()),
            jobs: Jobs::new(test.db.clone(), Arc::clone(&leadership), tasks.clone()),
            leadership,
            tasks,
            shutdown: Shutdown::new(),
        };
        let mut doors = FrontDoors::new(&test.clock);
        let catalog = FakeCatalog::default();
        let contracts = shop_catalog_contracts::FILE_DESCRIPTOR_SET;
        let fake = RpcService::new(CatalogServer::new(catalog.clone()), contracts);
        doors.mount(shop_catalog_contracts::SERVICE, vec![fake]).await;
        let contracts = shop_pricing_contracts::FILE_DESCRIPTOR_SET;
        let fake = RpcService::new(PricingServer::new(FakePricing), contracts);
        doors.mount(shop_pricing_contracts::SERVICE, vec![fake]).await;
        let needs = Needs {
            db: test.db.clone(),
            jobs: background.jobs.clone(),
            consumers: background.consumers.clone(),
            auth: Arc::new(logins.clone()),
            orders: Arc::new(orders.clone()),
            catalog: doors.peer(SERVICE, shop_catalog_contracts::SERVICE, CatalogClient::new),
            pricing: doors.peer(SERVICE, shop_pricing_contracts::SERVICE, PricingClient::new),
            registry: Registry::new(),
        };
        let mounted = Cart::start(needs, Config::default(), test.clock.clone()).unwrap();
        let (routes, contracts) = mounted.into_parts();
        doors.mount(SERVICE, contracts).await;
        doors.serve(routes);
        let cart = doors.peer("shop.orders", SERVICE, CartClient::new);
        let ctx = Context::background("shop.orders");
        TestApp { test, doors, catalog, ctx, cart, background, peers, logins, orders }
    }

    /// Begins to follow the others' events and to run jobs, as the host does once everything has started.
    pub fn begin_background(&self) {
        let Background { leadership, tasks, consumers, jobs, shutdown } = &self.background;
        leadership.begin("background", &self.test.db, &self.test.clock, tasks, shutdown);
        let (consumers, jobs) = (consumers.clone(), jobs.clone());
        let (one, other) = (shutdown.clone(), shutdown.clone());
        tasks.spawn("consumers", async move { consumers.run(one).await });
        tasks.spawn("jobs", async move { jobs.run(other).await });
    }

    pub async fn tell_login(&self, event: shop_auth_contracts::LoggedIn) {
        self.tell(&self.logins, &shop_auth_contracts::TOPIC, event).await;
    }

    pub async fn tell_order(&self, event: shop_orders_contracts::OrderEvent) {
        self.tell(&self.orders, &shop_orders_contracts::TOPIC, event).await;
    }

    async fn tell<E: Event + Clone>(&self, outbox: &Outbox, topic: &'static Topic<E>, event: E) {
        let (outbox, ctx) = (outbox.clone(), self.ctx.clone());
        let write = move |tx: &mainstay_sql::Tx<'_>| outbox.append(tx, &ctx, topic, "key", &event);
        self.peers.db.write(&self.ctx, write).await.unwrap();
    }

    /// A new cart in pounds.
    pub async fn cart(&self, who: &Principal) -> CartId {
        let cart = self.doors.call(who, Method::POST, "/v1/carts", json!({ "currency": "GBP" })).await;
        cart.expect(StatusCode::CREATED)["id"].as_str().unwrap().parse().unwrap()
    }

    /// A cart that can be bought: two pieces of variant 1.
    pub async fn complete_cart(&self, who: &Principal) -> CartId {
        let id = self.cart(who).await;
        self.add(who, id, 1, 2).await.expect(StatusCode::OK);
        self.put(who, id, "address", address()).await.expect(StatusCode::OK);
        self.put(who, id, "shipping", json!({ "method": "standard" })).await.expect(StatusCode::OK);
        self.put(who, id, "payment", json!({ "token": "tok_ok" })).await.expect(StatusCode::OK);
        id
    }

    pub async fn add(&self, who: &Principal, id: CartId, number: u8, quantity: u32) -> Answer {
        let body = json!({ "variant_id": variant(number).to_string(), "quantity": quantity });
        self.doors.call(who, Method::POST, &format!("/v1/carts/{id}/items"), body).await
    }

    /// Puts one piece in under an idempotency key.
    pub async fn add_once(&self, who: &Principal, id: CartId, number: u8, key: &str) -> Answer {
        let body = json!({ "variant_id": variant(number).to_string(), "quantity": 1 });
        let headers = [(http::HeaderName::from_static("idempotency-key"), key)];
        self.doors.call_with(who, Method::POST, &format!("/v1/carts/{id}/items"), &headers, body).await
    }

    pub async fn set_quantity(&self, who: &Principal, id: CartId, number: u8, quantity: u32) -> Answer {
        let path = format!("/v1/carts/{id}/items/{}", variant(number));
        self.doors.call(who, Method::PATCH, &path, json!({ "quantity": quantity })).await
    }

    pub async fn remove(&self, who: &Principal, id: CartId, number: u8) -> Answer {
        let path = format!("/v1/carts/{id}/items/{}", variant(number));
        self.doors.call(who, Method::DELETE, &path, Value::Null).await
    }

    pub async fn put(&self, who: &Principal, id: CartId, what: &str, body: Value) -> Answer {
        self.doors.call(who, Method::PUT, &format!("/v1/carts/{id}/{what}"), body).await
    }

    pub async fn get(&self, who: &Principal, id: CartId) -> Answer {
        self.doors.call(who, Method::GET, &format!("/v1/carts/{id}"), Value::Null).await
    }

    /// (number of the variant, quantity) of each line.
    pub async fn lines(&self, who: &Principal, id: CartId) -> Vec<(u8, u64)> {
        lines(&self.get(who, id).await.expect(StatusCode::OK))
    }

    pub async fn lock(&self, id: CartId, checkout: CheckoutId) -> Result<LockResponse> {
        self.lock_as(&self.ctx, id, checkout).await
    }

    pub async fn lock_as(&self, ctx: &Context, id: CartId, checkout: CheckoutId) -> Result<LockResponse> {
        let message = LockRequest { cart_id: id.to_vec(), checkout_id: checkout.to_vec() };
        answer(self.cart.client().lock(request(ctx, message)).await)
    }

    pub async fn unlock(&self, id: CartId, checkout: CheckoutId) -> Result<()> {
        let message = UnlockRequest { cart_id: id.to_vec(), checkout_id: checkout.to_vec() };
        answer(self.cart.client().unlock(request(&self.ctx, message)).await).map(drop)
    }

    /// Moves time until `done` says so; what never comes fails the test. The millisecond of real time between two steps
    /// is for the threads of the database.
    pub async fn until(&self, mut done: impl AsyncFnMut() -> bool) {
        for _ in 0..5_000 {
            if done().await {
                return;
            }
            self.test.manual.advance(Duration::from_millis(100));
            self.peers.manual.advance(Duration::from_millis(100));
            Clock::system().sleep(Duration::from_millis(1)).await;
        }
        panic!("it never came");
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.background.shutdown.request();
    }
}

/// (number of the variant, quantity) of each line of an answer.
pub fn lines(cart: &Value) -> Vec<(u8, u64)> {
    let line = |item: &Value| {
        let id: VariantId = item["variant_id"].as_str().unwrap().parse().unwrap();
        (id.as_bytes()[0], item["quantity"].as_u64().unwrap())
    };
    cart["items"].as_array().unwrap().iter().map(line).collect()
}

pub fn address() -> Value {
    json!({
        "email": "ada@example.org",
        "name": "Ada King",
        "line1": "12 St James's Square",
        "city": "London",
        "postcode": "SW1Y 4JH",
        "country": "GB",
    })
}

pub fn variant(number: u8) -> VariantId {
    VariantId::from_bytes([number; 16])
}

pub fn checkout(number: u8) -> CheckoutId {
    CheckoutId::from_bytes([number; 16])
}

pub fn visitor(number: u8) -> Principal {
    Principal::Anonymous(Id::from_bytes([number; 16]))
}

pub fn customer(number: u8) -> Principal {
    Principal::Customer(Id::from_bytes([number; 16]))
}

pub fn staff() -> Principal {
    Principal::Staff(Id::from_bytes([250; 16]))
}
