//! Notifications behind a log of orders' events, with a mailbox that can be made to fail.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use mainstay_core::{Clock, Context, Currency, Id, Money, Result, Shutdown, Tasks};
use mainstay_events::{Consumers, Outbox};
use mainstay_host::Service;
use mainstay_jobs::Jobs;
use mainstay_notify::{Message, MessageKind, Notifier};
use mainstay_sql::{Leadership, MigrationSet, View};
use mainstay_testkit::TestDatabase;
use parking_lot::Mutex;
use shop_notifications::{Config, Needs, Notifications};
use shop_orders_contracts::order_event::Fact;
use shop_orders_contracts::{
    Address, CheckoutReversed, Order, OrderCancelled, OrderEvent, OrderLine, OrderPaid, OrderPlaced,
    OrderRefunded, SERVICE, TOPIC,
};

const TABLES: &[MigrationSet] = &[mainstay_events::MIGRATIONS, mainstay_jobs::MIGRATIONS];

/// Takes each id once, as the port asks, and fails as often as it is told to.
#[derive(Clone, Default)]
pub struct Mailbox(Arc<Mutex<Letters>>);

#[derive(Default)]
struct Letters {
    delivered: BTreeMap<Id<MessageKind>, Message>,
    sent: u32,
    fail: u32,
    lose_answers: u32,
}

impl Mailbox {
    /// The next sendings do not arrive.
    pub fn fail(&self, times: u32) {
        self.0.lock().fail = times;
    }

    /// The next sendings arrive, and their sender does not learn of it.
    pub fn lose_answers(&self, times: u32) {
        self.0.lock().lose_answers = times;
    }

    pub fn delivered(&self) -> Vec<Message> {
        self.0.lock().delivered.values().cloned().collect()
    }

    pub fn sent(&self) -> u32 {
        self.0.lock().sent
    }
}

#[async_trait]
impl Notifier for Mailbox {
    async fn send(&self, _: &Context, message: &Message) -> Result<()> {
        let mut letters = self.0.lock();
        letters.sent += 1;
        let lost = || mainstay_notify::codes::UNDELIVERED.error("the test lost it");
        if letters.fail > 0 {
            letters.fail -= 1;
            return Err(lost());
        }
        letters.delivered.entry(message.id()).or_insert_with(|| message.clone());
        if letters.lose_answers > 0 {
            letters.lose_answers -= 1;
            return Err(lost());
        }
        Ok(())
    }
}

pub struct TestApp {
    pub orders: TestDatabase,
    pub test: TestDatabase,
    pub mailbox: Mailbox,
    outbox: Outbox,
    process: Process,
}

// What dies with a process.
struct Process {
    shutdown: Shutdown,
    lead: Shutdown,
    tasks: Tasks,
}

impl TestApp {
    pub async fn start() -> Self {
        let orders = TestDatabase::open(TABLES).await;
        let test = TestDatabase::open(TABLES).await;
        let outbox = Outbox::new(orders.db.clone(), SERVICE);
        let mailbox = Mailbox::default();
        let process = begin(&test, &outbox, &mailbox);
        Self { orders, test, mailbox, outbox, process }
    }

    /// The process ends and another begins on the same files.
    pub async fn restart(&mut self) {
        self.process.shutdown.request();
        self.process.lead.request();
        self.process.tasks.drain(&Clock::system(), Duration::from_secs(5)).await;
        self.test.reopen().await;
        self.process = begin(&self.test, &self.outbox, &self.mailbox);
    }

    pub async fn tell(&self, event: OrderEvent) {
        let (outbox, ctx) = (self.outbox.clone(), Context::background(SERVICE));
        let key = Id::<Order>::try_from_slice(&event.order_id).unwrap().to_string();
        let inner = ctx.clone();
        let write =
            self.orders.db.write(&ctx, move |tx| outbox.append(tx, &inner, &TOPIC, &key, &event)).await;
        write.unwrap();
    }

    /// The mails, once there are that many and nothing is left to do.
    pub async fn mails(&self, count: usize) -> Vec<Message> {
        for _ in 0..2_000 {
            if self.mailbox.delivered().len() >= count && self.waiting().await == 0 && self.caught_up().await
            {
                let mails = self.mailbox.delivered();
                assert_eq!(mails.len(), count, "{mails:?}");
                return mails;
            }
            self.test.manual.advance(Duration::from_secs(1));
            Clock::system().sleep(Duration::from_millis(2)).await;
        }
        panic!("{} of {count} mails came", self.mailbox.delivered().len());
    }

    pub async fn dead(&self) -> Vec<String> {
        let read = |view: &View<'_>| {
            view.query("SELECT code FROM jobs WHERE state = 3", &[], |row| row.get::<String>(0))
        };
        self.test.db.read(&Context::background("test"), read).await.unwrap()
    }

    async fn waiting(&self) -> i64 {
        let read = |view: &View<'_>| {
            view.query_one("SELECT count(*) FROM jobs WHERE state < 2", &[], |row| row.get(0))
        };
        self.test.db.read(&Context::background("test"), read).await.unwrap().unwrap_or_default()
    }

    async fn caught_up(&self) -> bool {
        let newest = self.outbox.newest().await.unwrap();
        let read = |view: &View<'_>| {
            view.query_one("SELECT max(position) FROM event_consumers", &[], |row| row.get::<Option<i64>>(0))
        };
        let position = self.test.db.read(&Context::background("test"), read).await.unwrap().flatten();
        position.unwrap_or_default() >= newest.0
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.process.shutdown.request();
        self.process.lead.request();
    }
}

fn begin(test: &TestDatabase, outbox: &Outbox, mailbox: &Mailbox) -> Process {
    let (tasks, shutdown, lead) = (Tasks::new(), Shutdown::new(), Shutdown::new());
    let leadership = Leadership::start(&test.db, &Clock::system(), &tasks, &lead);
    let jobs = Jobs::new(test.db.clone(), Arc::clone(&leadership), tasks.clone());
    let consumers = Consumers::new(test.db.clone(), leadership, tasks.clone());
    let needs = Needs {
        consumers: consumers.clone(),
        jobs: jobs.clone(),
        orders: Arc::new(outbox.clone()),
        notifier: Arc::new(mailbox.clone()),
    };
    Notifications::start(needs, Config::default(), test.clock.clone()).unwrap();
    let (running, also) = (shutdown.clone(), shutdown.clone());
    tasks.spawn("jobs", async move { jobs.run(running).await });
    tasks.spawn("consumers", async move { consumers.run(also).await });
    Process { shutdown, lead, tasks }
}

pub fn event(order: u8, fact: Fact) -> OrderEvent {
    OrderEvent {
        order_id: vec![order; 16],
        number: format!("S-{order}"),
        email: "ada@example.com".into(),
        fact: Some(fact),
    }
}

pub fn placed(lines: usize) -> OrderPlaced {
    let line = |number| OrderLine {
        variant_id: vec![1; 16],
        sku: format!("SKU-{number}"),
        name: "Lamp <b>& more</b>".into(),
        quantity: 2,
        unit_net: pounds(1_000),
        net: pounds(2_000),
        tax: pounds(400),
        tax_basis_points: 2_000,
    };
    OrderPlaced {
        checkout_id: vec![1; 16],
        address: Some(Address {
            name: "Ada Lovelace".into(),
            line1: "1 Main Street".into(),
            city: "London".into(),
            postcode: "N1 1AA".into(),
            country: "GB".into(),
            ..Address::default()
        }),
        lines: (0..lines).map(line).collect(),
        shipping_method: "standard".into(),
        shipping_net: pounds(300),
        shipping_tax: pounds(60),
        net: pounds(2_300),
        tax: pounds(460),
        total: pounds(2_760),
        ..OrderPlaced::default()
    }
}

pub fn paid(lines: usize) -> Fact {
    Fact::Paid(OrderPaid { amount: pounds(2_760), order: Some(placed(lines)) })
}

pub fn cancelled() -> Fact {
    Fact::Cancelled(OrderCancelled { reason: "changed my mind".into() })
}

pub fn refunded() -> Fact {
    let amount = pounds(500);
    Fact::Refunded(OrderRefunded { amount, reason: "one was broken".into(), ..OrderRefunded::default() })
}

pub fn reversed() -> Fact {
    let amount = pounds(2_760);
    Fact::Reversed(CheckoutReversed { amount, reason: "sold out".into(), ..CheckoutReversed::default() })
}

fn pounds(minor: i64) -> Option<mainstay_rpc::v1::Money> {
    Some(Money::new(minor, Currency::GBP).into())
}
