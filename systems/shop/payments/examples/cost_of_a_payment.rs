//! What a payment costs: authorised and captured, through the contract, with the test provider over loopback HTTP and
//! every write synced. Prints time and CPU of the whole process per payment, then of the provider's part alone.
//!
//! `cargo run --release -p shop-payments --example cost_of_a_payment -- 20000`

#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on has failed")]

use std::sync::Arc;

use futures::StreamExt;
use mainstay_core::{Clock, Context, Currency, Id, Money, Shutdown, Stopwatch, Tasks};
use mainstay_events::Outbox;
use mainstay_host::Service;
use mainstay_jobs::Jobs;
use mainstay_rpc::{answer, request};
use mainstay_secrets::{Key, Keys};
use mainstay_sql::Leadership;
use mainstay_telemetry::Registry;
use mainstay_testkit::{FrontDoors, TestDatabase};
use shop_payments::model::PaymentId;
use shop_payments::provider::{Provider, TestProviderAdapter};
use shop_payments::{Config, MIGRATIONS, Needs, Payments, ProviderSecrets};
use shop_payments_contracts as wire;
use shop_test_provider::{Options, TestProvider};
use wire::{PaymentsClient, SERVICE};

const IN_FLIGHT: usize = 64;

#[tokio::main]
async fn main() {
    let count: usize = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(10_000);
    let (clock, tasks, shutdown) = (Clock::system(), Tasks::new(), Shutdown::new());
    let ctx = Context::background("shop.orders");

    let key = Keys::from(&Key::from_bytes([3; 32]));
    let secrets = ProviderSecrets::derived(&key);
    let bank = TestDatabase::in_real_time(&[shop_test_provider::MIGRATIONS]).await;
    let options =
        Options::new(secrets.api_key.in_use().expose().as_str(), secrets.webhook.in_use().expose().as_str());
    let provider = TestProvider::start(bank.db.clone(), options, &tasks, shutdown.clone()).await.unwrap();

    let test =
        TestDatabase::in_real_time(&[mainstay_events::MIGRATIONS, mainstay_jobs::MIGRATIONS, MIGRATIONS])
            .await;
    let leadership = Leadership::start(&test.db, &clock, &tasks, &shutdown);
    let jobs = Jobs::new(test.db.clone(), leadership, tasks.clone());
    let needs = Needs {
        db: test.db.clone(),
        outbox: Outbox::new(test.db.clone(), SERVICE),
        jobs,
        key,
        registry: Registry::new(),
    };
    let config = Config { provider_url: provider.url(), ..Config::default() };
    let (_, contracts) = Payments::start(needs, config, clock.clone()).unwrap().into_parts();
    let doors = FrontDoors::new(&clock);
    doors.mount(SERVICE, contracts).await;
    let peer = doors.peer("shop.orders", SERVICE, PaymentsClient::new);

    let amount = Money::new(1_000, Currency::GBP);
    let ids: Vec<PaymentId> = (0..count).map(|_| Id::generate(&clock)).collect();
    measure("a payment", &ids, async |id| {
        let message = wire::AuthoriseRequest {
            payment_id: id.to_vec(),
            checkout_id: id.to_vec(),
            amount: Some(amount.into()),
            token: "tok_ok".into(),
        };
        answer(peer.client().authorise(request(&ctx, message)).await).unwrap();
        let message = wire::CaptureRequest { payment_id: id.to_vec() };
        answer(peer.client().capture(request(&ctx, message)).await).unwrap();
    })
    .await;

    let adapter: Arc<dyn Provider> =
        Arc::new(TestProviderAdapter::new(&provider.url(), secrets.api_key.clone()).unwrap());
    let ids: Vec<PaymentId> = (0..count).map(|_| Id::generate(&clock)).collect();
    measure("the provider's part", &ids, async |id| {
        adapter.authorise(&ctx, id, amount, "tok_ok").await.unwrap();
        adapter.capture(&ctx, id).await.unwrap();
    })
    .await;
    shutdown.request();
}

async fn measure(what: &str, ids: &[PaymentId], pay: impl AsyncFn(PaymentId)) {
    let (watch, before) = (Stopwatch::start(), cpu_seconds());
    futures::stream::iter(ids).for_each_concurrent(IN_FLIGHT, |id| pay(*id)).await;
    let (took, used) = (watch.elapsed().as_secs_f64(), cpu_seconds() - before);
    let count = ids.len() as f64;
    println!("{what}: {:.0} a second, {:.0} µs of CPU each", count / took, used / count * 1e6);
}

// User and system time of the process, from Linux, in hundredths of a second.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}
