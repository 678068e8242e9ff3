//! Payments with its doors open and its jobs running, on a clock that the test moves.

use std::sync::Arc;
use std::time::Duration;

use http::{Method, StatusCode};
use mainstay_core::{Clock, Context, Currency, Error, Id, Money, Principal, Result, Shutdown, Tasks};
use mainstay_events::Outbox;
use mainstay_jobs::Jobs;
use mainstay_rpc::{Channel, Peer, answer, request};
use mainstay_secrets::{Key, Keys, Secret};
use mainstay_sql::{Leadership, MigrationSet, View};
use mainstay_telemetry::Registry;
use mainstay_testkit::{FrontDoors, TestDatabase};
use prost::Message;
use serde_json::Value;
use shop_payments::model::{PaymentId, RefundId};
use shop_payments::provider::Provider;
use shop_payments::{MIGRATIONS, Needs, Payments};
use shop_payments_contracts as wire;
use wire::v1::Payment;
use wire::{PaymentChanged, PaymentState, PaymentsClient, SERVICE};

use crate::provider::FakeProvider;

pub const TABLES: &[MigrationSet] = &[mainstay_events::MIGRATIONS, mainstay_jobs::MIGRATIONS, MIGRATIONS];
pub const SECRET: &str = "whsec_test";
pub const AMOUNT: i64 = 1_000;

pub struct TestApp {
    pub test: TestDatabase,
    pub doors: FrontDoors,
    pub provider: FakeProvider,
    /// As orders, the service that checks out.
    pub ctx: Context,
    pub shutdown: Shutdown,
    payments: Peer<PaymentsClient<Channel>>,
}

impl TestApp {
    pub async fn start() -> Self {
        let provider = FakeProvider::default();
        Self::around(provider.clone(), Arc::new(provider), TestDatabase::open(TABLES).await).await
    }

    pub async fn around(fake: FakeProvider, provider: Arc<dyn Provider>, test: TestDatabase) -> Self {
        let (tasks, shutdown) = (Tasks::new(), Shutdown::new());
        // By the machine's clock: a test that moves time by hours does not mean to lose the lease.
        let leadership = Leadership::start(&test.db, &Clock::system(), &tasks, &Shutdown::new());
        let jobs = Jobs::new(test.db.clone(), leadership, tasks.clone());
        let needs = Needs {
            db: test.db.clone(),
            outbox: Outbox::new(test.db.clone(), SERVICE),
            jobs: jobs.clone(),
            key: Keys::from(&Key::from_bytes([3; 32])),
            registry: Registry::new(),
        };
        let secret = Secret::new(SECRET.to_owned());
        let mounted = Payments::around(provider, secret, needs, test.clock.clone()).unwrap();
        let (routes, contracts) = mounted.into_parts();
        let mut doors = FrontDoors::new(&test.clock);
        doors.mount(SERVICE, contracts).await;
        doors.serve(routes);
        let running = shutdown.clone();
        tasks.spawn("jobs", async move { jobs.run(running).await });
        let payments = doors.peer("shop.orders", SERVICE, PaymentsClient::new);
        let ctx = Context::background("shop.orders");
        Self { test, doors, provider: fake, ctx, shutdown, payments }
    }

    pub fn client(&self) -> PaymentsClient<Channel> {
        self.payments.client()
    }

    pub async fn authorise(&self, id: PaymentId, token: &str) -> Result<Payment> {
        self.authorise_amount(id, token, pounds(AMOUNT)).await
    }

    pub async fn authorise_amount(&self, id: PaymentId, token: &str, amount: Money) -> Result<Payment> {
        let message = wire::AuthoriseRequest {
            payment_id: id.to_vec(),
            checkout_id: id.to_vec(),
            amount: Some(amount.into()),
            token: token.to_owned(),
        };
        Ok(answer(self.client().authorise(request(&self.ctx, message)).await)?.payment.unwrap())
    }

    pub async fn capture(&self, id: PaymentId) -> Result<Payment> {
        let message = wire::CaptureRequest { payment_id: id.to_vec() };
        Ok(answer(self.client().capture(request(&self.ctx, message)).await)?.payment.unwrap())
    }

    pub async fn void(&self, id: PaymentId) -> Result<Payment> {
        let message = wire::VoidRequest { payment_id: id.to_vec() };
        Ok(answer(self.client().void(request(&self.ctx, message)).await)?.payment.unwrap())
    }

    pub async fn refund(&self, id: PaymentId, refund: RefundId, minor: i64) -> Result<Payment> {
        let message = wire::RefundRequest {
            payment_id: id.to_vec(),
            refund_id: refund.to_vec(),
            amount: Some(pounds(minor).into()),
        };
        Ok(answer(self.client().refund(request(&self.ctx, message)).await)?.payment.unwrap())
    }

    pub async fn get(&self, id: PaymentId) -> Result<Payment> {
        let message = wire::GetPaymentRequest { payment_id: id.to_vec() };
        Ok(answer(self.client().get_payment(request(&self.ctx, message)).await)?.payment.unwrap())
    }

    pub async fn reconcile(&self, mend: bool) -> wire::ReconcileResponse {
        let message = wire::ReconcileRequest { mend, since_micros: 0 };
        answer(self.client().reconcile(request(&self.ctx, message)).await).unwrap()
    }

    /// The payment, once it satisfies the test.
    pub async fn until(&self, id: PaymentId, ready: impl Fn(&Payment) -> bool) -> Payment {
        for _ in 0..1_000 {
            if let Ok(payment) = self.get(id).await
                && ready(&payment)
            {
                return payment;
            }
            nap().await;
        }
        panic!("it never came: {:?}", self.get(id).await);
    }

    /// Moves time, some hours at most, until the test is satisfied. What is due is let come to its end before time goes
    /// on, so that a slow machine makes no job late.
    pub async fn pass_until(&self, ready: impl AsyncFn() -> bool) {
        for _ in 0..2_000 {
            if ready().await {
                return;
            }
            self.test.manual.advance(Duration::from_secs(5));
            self.come_to_rest().await;
        }
        panic!("it never came: {:?} {:?}", self.booked().await, self.reconcile(false).await);
    }

    // Nothing runs, and what is due has had a moment to be begun. A runner that was about to sleep when time moved
    // begins it only when time moves again, so this does not wait for it.
    async fn come_to_rest(&self) {
        let (mut naps, patience) = (0, 20);
        // Nothing below waits for anything, so nobody else would have a turn.
        nap().await;
        loop {
            let (running, due) = self.test.db.read(&self.ctx, jobs).await.unwrap();
            if running == 0 && (due == 0 || naps >= patience) {
                return;
            }
            naps += 1;
            assert!(naps < 5_000, "{running} jobs do not end");
            nap().await;
        }
    }

    /// The states that were told of a payment, in order.
    pub async fn told(&self, id: PaymentId) -> Vec<(PaymentState, i64)> {
        let key = id.to_string();
        let read = move |view: &View<'_>| {
            view.query("SELECT data FROM outbox WHERE key = ?1 ORDER BY position", &[(&key).into()], |row| {
                row.get::<Vec<u8>>(0)
            })
        };
        let stored = self.test.db.read(&self.ctx, read).await.unwrap();
        stored
            .iter()
            .map(|bytes| PaymentChanged::decode(bytes.as_slice()).unwrap().payment.unwrap())
            .map(|payment| (payment.state(), payment.refunded.unwrap_or_default().minor))
            .collect()
    }

    pub async fn report(&self, who: &Principal) -> Value {
        self.doors.call(who, Method::GET, "/v1/reports/ledger", Value::Null).await.expect(StatusCode::OK)
    }

    /// What the books say in pounds: taken and given back. Fails the test unless they balance.
    pub async fn booked(&self) -> (i64, i64) {
        let report = self.report(&staff()).await;
        assert_eq!(report["balanced"], true, "{report}");
        let balances = report["balances"].as_array().unwrap();
        let Some(clearing) = balances.iter().find(|balance| balance["account"] == "provider_clearing") else {
            return (0, 0);
        };
        let minor = |side: &str| {
            Money::parse(clearing[side]["amount"].as_str().unwrap(), Currency::GBP).unwrap().minor
        };
        (minor("debits"), minor("credits"))
    }

    /// Fails the test unless payments, books and provider agree in everything, once the jobs have come to rest.
    pub async fn assert_sound(&self) {
        let mut found = self.reconcile(false).await;
        for _ in 0..500 {
            if found.differences.is_empty() {
                break;
            }
            nap().await;
            found = self.reconcile(false).await;
        }
        assert_eq!(found.differences, [], "they differ");
        let (_, captured, refunded) = self.provider.sums();
        assert_eq!(self.booked().await, (captured, refunded));
    }
}

// How many jobs run, and how many jobs and schedules are due.
fn jobs(view: &View<'_>) -> Result<(u64, u64)> {
    let counts = view.query_one(
        "SELECT (SELECT count(*) FROM jobs WHERE state = 1),
                (SELECT count(*) FROM jobs WHERE state = 0 AND due_at <= ?1)
                    + (SELECT count(*) FROM job_schedules WHERE next_at <= ?1)",
        &[view.now().into()],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    Ok(counts.unwrap_or_default())
}

pub async fn nap() {
    Clock::system().sleep(Duration::from_millis(1)).await;
}

pub fn pounds(minor: i64) -> Money {
    Money::new(minor, Currency::GBP)
}

pub fn payment(number: u8) -> PaymentId {
    Id::from_bytes([number; 16])
}

pub fn refund(number: u8) -> RefundId {
    Id::from_bytes([number; 16])
}

pub fn staff() -> Principal {
    Principal::Staff(Id::from_bytes([2; 16]))
}

/// The code of a refusal, or the state of what came back.
pub fn code(outcome: Result<Payment, Error>) -> String {
    outcome.map_or_else(
        |error| error.code().to_owned(),
        |payment| payment.state().as_str_name().trim_start_matches("PAYMENT_STATE_").to_lowercase(),
    )
}
