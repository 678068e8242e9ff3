//! Old orders are archived by the daily job: nobody who looks for one can tell, and one that is archived can still be
//! given back.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, Method, StatusCode};
use mainstay_audit::Audit;
use mainstay_core::{Clock, Context, Id, Principal, Shutdown, Tasks};
use mainstay_events::{Consumers, Outbox};
use mainstay_host::Service;
use mainstay_jobs::Jobs;
use mainstay_secrets::Key;
use mainstay_sql::Leadership;
use mainstay_telemetry::Registry;
use mainstay_testkit::{Answer, FrontDoors, TestDatabase};
use mainstay_workflow::{Options, Sagas};
use serde_json::{Value, json};
use shop_orders::model::{Fact, Owner};
use shop_orders::{Config, MIGRATIONS, Needs, Orders, actions, store};
use shop_orders_contracts::{Order as OrderKind, SERVICE};
use shop_payments_contracts::PaymentState;
use tokio::runtime::Runtime;

use crate::fakes::{Fakes, PaymentMemory, TOTAL, sale};

const DAY: Duration = Duration::from_secs(86_400);

/// Orders with its doors open and its background at work.
struct Shop {
    test: TestDatabase,
    doors: FrontDoors,
    fakes: Fakes,
    ctx: Context,
    shutdown: Shutdown,
}

async fn database() -> TestDatabase {
    let keys = mainstay_http::idempotency::MIGRATIONS;
    let platform = [
        mainstay_events::MIGRATIONS,
        mainstay_jobs::MIGRATIONS,
        mainstay_workflow::MIGRATIONS,
        mainstay_audit::MIGRATIONS,
    ];
    TestDatabase::open(&[&platform[..], &[keys, MIGRATIONS]].concat()).await
}

impl Shop {
    async fn open(config: Config) -> Self {
        let test = database().await;
        let fakes = Fakes::new();
        let (tasks, shutdown) = (Tasks::new(), Shutdown::new());
        let leadership = Leadership::start(&test.db, &test.clock, &tasks, &shutdown);
        let outbox = Outbox::new(test.db.clone(), SERVICE);
        let sagas = Sagas::new(&test.db, &leadership, &tasks, &Registry::new(), Options::default());
        let jobs = Jobs::new(test.db.clone(), Arc::clone(&leadership), tasks.clone());
        let needs = Needs {
            db: test.db.clone(),
            outbox: outbox.clone(),
            sagas: sagas.clone(),
            jobs: jobs.clone(),
            consumers: Consumers::new(test.db.clone(), Arc::clone(&leadership), tasks.clone()),
            payment_news: Arc::new(outbox),
            tasks: tasks.clone(),
            audit: Audit::new(&Key::from_bytes([5; 32])),
            peers: fakes.peers(&test.clock).await,
            replay: None,
        };
        let (routes, _) = Orders::start(needs, config, test.clock.clone()).unwrap().into_parts();
        let mut doors = FrontDoors::new(&test.clock);
        doors.serve(routes);
        let (one, other) = (shutdown.clone(), shutdown.clone());
        tasks.spawn("sagas", async move { drop(sagas.run(one).await) });
        tasks.spawn("jobs", async move { jobs.run(other).await });
        let shop = Self { test, doors, fakes, ctx: Context::background(SERVICE), shutdown };
        // The list is built and the job is scheduled before time moves.
        shop.until(async |shop| shop.count("projections WHERE stage = 1").await == 1).await;
        shop.until(async |shop| shop.count("job_schedules").await == 1).await;
        shop
    }

    /// An order of `buyer` that was paid, as the checkout leaves it.
    async fn sell(&self, number: u8, buyer: &Principal, paid: bool) -> Id<OrderKind> {
        let (ctx, owner) = (self.ctx.clone(), Owner::of(buyer));
        let id = Id::from_bytes([number; 16]);
        let write = move |tx: &mainstay_sql::Tx<'_>| sell(tx, &ctx, id, owner.clone(), paid);
        self.test.db.write(&self.ctx, write).await.unwrap();
        let payment = PaymentMemory { state: PaymentState::Captured, refunds: Default::default() };
        self.fakes.0.payments.lock().insert(id.to_vec(), payment);
        id
    }

    async fn count(&self, of: &'static str) -> i64 {
        let sql = format!("SELECT count(*) FROM {of}");
        let count = self.test.db.read(&self.ctx, move |view| view.query_one(&sql, &[], |row| row.get(0)));
        count.await.unwrap().unwrap_or_default()
    }

    async fn get(&self, who: &Principal, path: &str) -> Value {
        self.doors.call(who, Method::GET, path, Value::Null).await.expect(StatusCode::OK)
    }

    async fn post(&self, who: &Principal, path: &str, body: Value) -> Answer {
        let key = [(HeaderName::from_static("idempotency-key"), "k")];
        self.doors.call_with(who, Method::POST, path, &key, body).await
    }

    /// Moves time until `done` says so; what never comes fails the test.
    async fn until(&self, mut done: impl AsyncFnMut(&Self) -> bool) {
        for _ in 0..5_000 {
            if done(self).await {
                return;
            }
            self.test.manual.advance(Duration::from_millis(100));
            Clock::system().sleep(Duration::from_millis(1)).await;
        }
        panic!("it never came");
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        self.shutdown.request();
    }
}

fn sell(
    tx: &mainstay_sql::Tx<'_>,
    ctx: &Context,
    id: Id<OrderKind>,
    owner: Owner,
    paid: bool,
) -> mainstay_core::Result<()> {
    let sale = sale(owner);
    let number = store::next_order_number(tx)?;
    let placed = Fact::Placed { number, checkout_id: id.twin(), placed_at: tx.now(), sale: Arc::new(sale) };
    store::append(tx, ctx, id, placed)?;
    if paid {
        store::append(tx, ctx, id, Fact::Paid { payment_id: id.twin(), amount: TOTAL })
    } else {
        Ok(())
    }
}

fn customer(number: u8) -> Principal {
    Principal::Customer(Id::from_bytes([number; 16]))
}

fn staff() -> Principal {
    Principal::Staff(Id::from_bytes([99; 16]))
}

const REPORT: &str = "/v1/reports/sales?from=2030-01-01&to=2035-01-01";

#[tokio::test]
async fn old_orders_are_archived_and_found_as_before() {
    let shop = Shop::open(Config { archive_days: 30, ..Config::default() }).await;
    let (ada, ben) = (customer(1), customer(2));
    for number in 1..=60 {
        shop.sell(number, if number % 2 == 0 { &ada } else { &ben }, true).await;
    }
    let unpaid = shop.sell(61, &ada, false).await;
    shop.test.manual.advance(20 * DAY);
    let young = shop.sell(62, &ada, true).await;
    let path = format!("/v1/orders/{}", Id::<OrderKind>::from_bytes([4; 16]));
    let look = async || {
        let (one, own) = (shop.get(&ada, &path).await, shop.get(&ada, "/v1/orders?limit=100").await);
        (one, own, shop.get(&staff(), "/v1/orders?limit=100").await, shop.get(&staff(), REPORT).await)
    };
    let before = look().await;
    assert_eq!(before.1["orders"].as_array().unwrap().len(), 32);

    shop.test.manual.advance(11 * DAY);
    shop.until(async |shop| shop.count("aggregate_archive").await == 60).await;
    assert_eq!(shop.count("aggregate_events").await, 3, "of the unpaid one and the young one");
    assert_eq!(look().await, before);
    let read = |view: &mainstay_sql::View<'_>| store::aged(view, view.now() - 30 * DAY);
    let (held, archived) = shop.test.db.read(&shop.ctx, read).await.unwrap();
    assert_eq!((held.rows, held.due, archived), (2, 1, 60), "what is old and not paid is due, and stays");
    assert_eq!(shop.doors.call(&ben, Method::GET, &path, Value::Null).await.status, StatusCode::NOT_FOUND);
    for kept in [unpaid, young] {
        shop.get(&ada, &format!("/v1/orders/{kept}")).await;
    }
    // The list and the report are built anew from what is archived and what is not.
    let rebuilt = store::facts().rebuild(&shop.test.db, &shop.ctx, "orders.views").await;
    assert_eq!(rebuilt.unwrap().unwrap().events, 123);
    assert_eq!(look().await, before);
}

#[tokio::test]
async fn an_archived_order_is_given_back() {
    let shop = Shop::open(Config { archive_days: 30, ..Config::default() }).await;
    let ada = customer(1);
    let (first, second) = (shop.sell(1, &ada, true).await, shop.sell(2, &ada, true).await);
    shop.sell(3, &ada, true).await;
    shop.test.manual.advance(32 * DAY);
    shop.until(async |shop| shop.count("aggregate_archive").await == 2).await;

    let body = json!({ "amount": { "amount": "1.00", "currency": "GBP" }, "reason": "late" });
    let asked = shop.post(&staff(), &format!("/v1/orders/{first}/refunds"), body.clone()).await;
    let refund = asked.expect(StatusCode::ACCEPTED);
    let again = shop.post(&staff(), &format!("/v1/orders/{first}/refunds"), body).await;
    assert_eq!(again.expect(StatusCode::ACCEPTED)["id"], refund["id"], "under its key it is one refund");
    let cancelled =
        shop.post(&ada, &format!("/v1/orders/{second}/cancel"), json!({ "reason": "broken" })).await;
    cancelled.expect(StatusCode::ACCEPTED);
    for (order, state) in [(first, "partly_refunded"), (second, "cancelled")] {
        let path = format!("/v1/orders/{order}");
        shop.until(async |shop| shop.get(&ada, &path).await["state"] == state).await;
    }
    let list = shop.get(&ada, "/v1/orders").await;
    let states = list["orders"].as_array().unwrap().iter().map(|order| order["state"].as_str().unwrap());
    assert_eq!(states.collect::<Vec<_>>(), ["paid", "cancelled", "partly_refunded"]);
    let report = shop.get(&staff(), REPORT).await;
    let refunded: Vec<&str> = report["days"]
        .as_array()
        .unwrap()
        .iter()
        .map(|day| day["refunded"]["amount"].as_str().unwrap())
        .collect();
    assert_eq!(refunded, ["0.00", "16.60"]);
    // When the refunds are old as well, all of it is archived, the first part with the second.
    shop.sell(4, &ada, true).await;
    shop.test.manual.advance(32 * DAY);
    shop.until(async |shop| shop.count("aggregate_events").await == 2).await;
    assert_eq!(shop.get(&ada, &format!("/v1/orders/{second}")).await["state"], "cancelled");
}

#[tokio::test]
async fn without_a_policy_nothing_is_archived() {
    let test = database().await;
    let (tasks, leadership) = (Tasks::new(), Leadership::idle());
    let outbox = Outbox::new(test.db.clone(), SERVICE);
    let needs = Needs {
        db: test.db.clone(),
        outbox: outbox.clone(),
        sagas: Sagas::new(&test.db, &leadership, &tasks, &Registry::new(), Options::default()),
        jobs: Jobs::new(test.db.clone(), Arc::clone(&leadership), tasks.clone()),
        consumers: Consumers::new(test.db.clone(), Arc::clone(&leadership), tasks.clone()),
        payment_news: Arc::new(outbox),
        tasks,
        audit: Audit::new(&Key::from_bytes([5; 32])),
        peers: Fakes::new().peers(&test.clock).await,
        replay: None,
    };
    let jobs = needs.jobs.clone();
    Orders::start(needs, Config { archive_days: 0, ..Config::default() }, test.clock.clone()).unwrap();
    // The kind is free: nobody registered it.
    assert!(jobs.register(Taken).is_ok());
}

struct Taken;

#[async_trait::async_trait]
impl mainstay_jobs::Job for Taken {
    const KIND: &'static str = "shop.orders.archive";
    type Payload = ();

    async fn run(&self, _: &mainstay_jobs::JobContext, (): ()) -> mainstay_core::Result<()> {
        Ok(())
    }
}

/// Orders and refused checkouts, all old.
async fn old(test: &TestDatabase, orders: u8) {
    let ctx = Context::background(SERVICE);
    let who = ctx.clone();
    let write = move |tx: &mainstay_sql::Tx<'_>| {
        for number in 1..=orders {
            sell(tx, &who, Id::from_bytes([number; 16]), Owner::of(&customer(1)), true)?;
            let id = Id::from_bytes([number; 16]);
            store::insert_checkout(tx, id, &Owner::of(&customer(1)))?;
        }
        let failure = r#"{"code":"core.conflict","message":"sold out"}"#;
        tx.execute("UPDATE checkouts SET failure = ?1 WHERE id > x'80'", &[failure.into()]).map(drop)
    };
    test.db.write(&ctx, write).await.unwrap();
    test.manual.advance(800 * DAY);
}

async fn facts_of_all(test: &TestDatabase, orders: u8) -> Vec<String> {
    let read = move |view: &mainstay_sql::View<'_>| {
        (1..=orders)
            .map(|number| Ok(format!("{:?}", store::order(view, Id::from_bytes([number; 16]))?)))
            .collect::<mainstay_core::Result<Vec<_>>>()
    };
    test.db.read(&Context::background(SERVICE), read).await.unwrap()
}

#[test]
fn a_process_that_dies_in_the_middle_loses_no_order() {
    let outside = runtime();
    let mut test = outside.block_on(database());
    outside.block_on(old(&test, 250));
    let whole = outside.block_on(facts_of_all(&test, 250));
    let mut deaths = 0;
    // Each process dies a little later than the one before it, until one comes to the end.
    for patience in 0.. {
        let process = runtime();
        let (db, clock) = (test.db.clone(), test.clock.clone());
        let work = process.spawn(async move {
            let (tasks, shutdown) = (Tasks::new(), Shutdown::new());
            let leadership = Leadership::start(&db, &clock, &tasks, &shutdown);
            let lease = leadership.wait().await;
            let ctx = Context::background(SERVICE);
            actions::archive_orders(&db, &ctx, &lease, 730 * DAY).await.map(drop)
        });
        outside.block_on(Clock::system().sleep(Duration::from_millis(patience * 3)));
        let finished = work.is_finished();
        process.shutdown_background();
        outside.block_on(test.reopen());
        assert_eq!(outside.block_on(facts_of_all(&test, 250)), whole);
        if finished {
            break;
        }
        deaths += 1;
        // The dead process's lease runs out.
        test.manual.advance(Duration::from_secs(60));
    }
    assert!(deaths > 0, "none died on the way");
    let count = |sql: &'static str| {
        let read = move |view: &mainstay_sql::View<'_>| view.query_one(sql, &[], |row| row.get::<i64>(0));
        outside.block_on(test.db.read(&Context::background(SERVICE), read)).unwrap().unwrap()
    };
    assert_eq!(count("SELECT count(*) FROM aggregate_archive"), 249);
    assert_eq!(count("SELECT count(*) FROM aggregate_events"), 2);
    assert_eq!(count("SELECT count(*) FROM checkouts"), 127, "those that came to nothing are gone");
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}
