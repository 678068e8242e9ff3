//! What a mail costs: from an event in the orders' log to a synced file in the mailbox. Prints time and CPU of the whole
//! process per mail.
//!
//! `cargo run --release -p shop-notifications --example cost_of_a_mail -- 5000`

#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on has failed")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use mainstay_core::{Clock, Context, Currency, Id, Money, Result, Shutdown, Stopwatch, Tasks};
use mainstay_events::{Consumers, Outbox};
use mainstay_host::Service;
use mainstay_jobs::Jobs;
use mainstay_notify::{Message, Notifier};
use mainstay_sql::Leadership;
use mainstay_testkit::TestDatabase;
use shop_notifications::{Config, Needs, Notifications};
use shop_orders_contracts::order_event::Fact;
use shop_orders_contracts::{Address, Order, OrderEvent, OrderLine, OrderPaid, OrderPlaced, SERVICE, TOPIC};

/// Takes everything and keeps nothing: what is measured is this side of the port.
#[derive(Default)]
struct Counting(AtomicUsize);

#[async_trait]
impl Notifier for Counting {
    async fn send(&self, _: &Context, _: &Message) -> Result<()> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

#[tokio::main]
async fn main() {
    let count: usize = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(5_000);
    let tables = &[mainstay_events::MIGRATIONS, mainstay_jobs::MIGRATIONS];
    let (clock, tasks, shutdown) = (Clock::system(), Tasks::new(), Shutdown::new());
    let (orders, test) = (TestDatabase::in_real_time(tables).await, TestDatabase::in_real_time(tables).await);
    let outbox = Outbox::new(orders.db.clone(), SERVICE);
    let leadership = Leadership::start(&test.db, &clock, &tasks, &shutdown);
    let jobs = Jobs::new(test.db.clone(), Arc::clone(&leadership), tasks.clone());
    let consumers = Consumers::new(test.db.clone(), leadership, tasks.clone());
    let mailbox = Arc::new(Counting::default());
    let needs = Needs {
        consumers: consumers.clone(),
        jobs: jobs.clone(),
        orders: Arc::new(outbox.clone()),
        notifier: Arc::clone(&mailbox) as Arc<dyn Notifier>,
    };
    Notifications::start(needs, Config::default(), clock.clone()).unwrap();

    let ctx = Context::background(SERVICE);
    let writer = outbox.clone();
    let inner = ctx.clone();
    orders
        .db
        .write(&ctx, move |tx| {
            for number in 0..count {
                let id = Id::<Order>::generate(&Clock::system());
                writer.append(tx, &inner, &TOPIC, &id.to_string(), &event(number, id))?;
            }
            Ok(())
        })
        .await
        .unwrap();

    let (watch, before) = (Stopwatch::start(), cpu_seconds());
    let (running, also) = (shutdown.clone(), shutdown.clone());
    tasks.spawn("jobs", async move { jobs.run(running).await });
    tasks.spawn("consumers", async move { consumers.run(also).await });
    while mailbox.0.load(Ordering::Relaxed) < count {
        clock.sleep(Duration::from_millis(5)).await;
    }
    let (took, used) = (watch.elapsed().as_secs_f64(), cpu_seconds() - before);
    let count = count as f64;
    println!("a mail: {:.0} a second, {:.0} µs of CPU each", count / took, used / count * 1e6);
    shutdown.request();
}

fn event(number: usize, id: Id<Order>) -> OrderEvent {
    let money = |minor| Some(Money::new(minor, Currency::GBP).into());
    let line = OrderLine {
        variant_id: vec![1; 16],
        sku: "L-1".into(),
        name: "Lamp".into(),
        quantity: 2,
        unit_net: money(1_000),
        net: money(2_000),
        tax: money(400),
        tax_basis_points: 2_000,
    };
    let address = Address {
        name: "Ada Lovelace".into(),
        line1: "1 Main Street".into(),
        city: "London".into(),
        postcode: "N1 1AA".into(),
        country: "GB".into(),
        ..Address::default()
    };
    let order = OrderPlaced {
        address: Some(address),
        lines: vec![line],
        shipping_method: "standard".into(),
        shipping_net: money(300),
        shipping_tax: money(60),
        net: money(2_300),
        tax: money(460),
        total: money(2_760),
        ..OrderPlaced::default()
    };
    let paid = Fact::Paid(OrderPaid { amount: money(2_760), order: Some(order) });
    let number = format!("S-{number}");
    OrderEvent { order_id: id.to_vec(), number, email: "ada@example.com".into(), fact: Some(paid) }
}

// User and system time of the process, from Linux, in hundredths of a second.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}
