//! The real test provider over sockets, with its webhooks coming in: late, twice, out of order, never.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use mainstay_core::{Shutdown, Tasks};
use mainstay_telemetry::Registry;
use mainstay_testkit::{FrontDoors, TestDatabase};
use shop_payments::model::Charge;
use shop_payments::provider::{Guarded, Provider, TestProviderAdapter, default_options};
use shop_payments_contracts::PaymentState;
use shop_test_provider::{Options, TestProvider};

use crate::app::{AMOUNT, SECRET, TestApp, code, nap, payment, refund};
use crate::provider::FakeProvider;

const KEY: &str = "key_test";

struct Shop {
    app: TestApp,
    bank: TestProvider,
    adapter: Arc<dyn Provider>,
    // The files go with the value.
    _bank_files: TestDatabase,
    shutdown: Shutdown,
}

impl Shop {
    async fn open() -> Self {
        Self::open_with(|options| options).await
    }

    async fn open_with(change: impl FnOnce(Options) -> Options) -> Self {
        let test = TestDatabase::in_real_time(crate::app::TABLES).await;
        let bank_files = TestDatabase::in_real_time(&[shop_test_provider::MIGRATIONS]).await;
        let (tasks, shutdown) = (Tasks::new(), Shutdown::new());
        let options = change(Options {
            late: Duration::from_millis(400),
            held_back: Duration::from_millis(100),
            ..Options::new(KEY, SECRET)
        });
        let bank =
            TestProvider::start(bank_files.db.clone(), options, &tasks, shutdown.clone()).await.unwrap();
        let adapter = TestProviderAdapter::new(&bank.url(), KEY).unwrap();
        let registry = Registry::new();
        let metrics = Arc::new(shop_payments::provider::Metrics::register(&registry));
        let adapter: Arc<dyn Provider> =
            Arc::new(Guarded::new(adapter, &impatient(), &test.clock, &registry, metrics));
        let app = TestApp::around(FakeProvider::default(), Arc::clone(&adapter), test).await;
        let address = listen(&app.doors, &tasks, &shutdown).await;
        bank.send_webhooks_to(format!("http://{address}/v1/payments/webhooks/test"));
        Self { app, bank, adapter, _bank_files: bank_files, shutdown }
    }

    async fn at_the_bank(&self, number: u8) -> Charge {
        self.adapter.find(&self.app.ctx, payment(number)).await.unwrap().unwrap().charge
    }

    async fn all_webhooks_taken(&self) {
        while self.bank.webhooks().await.unwrap() != (0, 0) {
            nap().await;
        }
    }

    async fn post(&self, url: String) -> StatusCode {
        let client =
            hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new()).build_http();
        let request = Request::post(url).body(Full::<bytes::Bytes>::default()).unwrap();
        client.request(request).await.unwrap().status()
    }

    async fn close(self) {
        for _ in 0..500 {
            if self.app.reconcile(false).await.differences.is_empty() {
                break;
            }
            nap().await;
        }
        assert_eq!(self.app.reconcile(false).await.differences, []);
        assert_eq!(self.app.report(&crate::app::staff()).await["balanced"], true);
        self.app.shutdown.request();
        self.shutdown.request();
    }
}

// The shop waits a shorter time than `tok_late` takes.
fn impatient() -> mainstay_resilience::Options {
    mainstay_resilience::Options { timeout_ms: 150, ..default_options() }
}

// The shop's doors behind a real port.
async fn listen(doors: &FrontDoors, tasks: &Tasks, shutdown: &Shutdown) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().fallback(forward).with_state(doors.clone());
    let shutdown = shutdown.clone();
    tasks.spawn("shop", async move {
        let serving = axum::serve(listener, router);
        serving.with_graceful_shutdown(async move { shutdown.requested().await }).await.unwrap();
    });
    address
}

async fn forward(State(doors): State<FrontDoors>, request: Request<Body>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let answer = doors.send(Request::from_parts(parts, Body::from(body))).await;
    Response::builder().status(answer.status).body(Body::from(answer.body.to_string())).unwrap()
}

#[tokio::test]
async fn a_payment_from_authorisation_to_refund() {
    let shop = Shop::open().await;
    assert_eq!(code(shop.app.authorise(payment(1), "tok_ok").await), "authorised");
    assert_eq!(code(shop.app.capture(payment(1)).await), "captured");
    shop.app.refund(payment(1), refund(1), 400).await.unwrap();
    assert_eq!(shop.app.booked().await, (AMOUNT, 400));
    assert_eq!(code(shop.app.refund(payment(1), refund(2), AMOUNT).await), "payments.exceeds");
    let declined = shop.app.authorise(payment(2), "tok_decline").await.unwrap();
    assert_eq!(declined.decline_reason, "insufficient_funds");
    assert_eq!(code(shop.app.authorise(payment(3), "tok_of_nobody").await), "declined");
    shop.close().await;
}

#[tokio::test]
async fn twice_and_out_of_order_are_once_and_in_order() {
    let shop = Shop::open().await;
    for (number, token) in [(1, "tok_twice"), (2, "tok_out_of_order")] {
        assert_eq!(code(shop.app.authorise(payment(number), token).await), "authorised");
        assert_eq!(code(shop.app.capture(payment(number)).await), "captured");
    }
    shop.all_webhooks_taken().await;
    for number in [1, 2] {
        let told = shop.app.told(payment(number)).await;
        assert_eq!(told, [(PaymentState::Authorised, 0), (PaymentState::Captured, 0)]);
    }
    assert_eq!(shop.app.booked().await, (2 * AMOUNT, 0));
    shop.close().await;
}

#[tokio::test]
async fn late_is_pending_first_and_told_by_webhook() {
    let shop = Shop::open().await;
    assert_eq!(code(shop.app.authorise(payment(1), "tok_late").await), "pending");
    shop.app.until(payment(1), |payment| payment.state() == PaymentState::Authorised).await;
    assert_eq!(code(shop.app.capture(payment(1)).await), "captured");
    shop.all_webhooks_taken().await;
    shop.close().await;
}

#[tokio::test]
async fn late_after_a_void_is_let_go() {
    let shop = Shop::open_with(|options| Options { late: Duration::from_millis(100), ..options }).await;
    let authorise = shop.app.authorise(payment(1), "tok_late");
    let void = async {
        while shop.adapter.find(&shop.app.ctx, payment(1)).await.unwrap().is_none() {}
        assert_eq!(code(shop.app.void(payment(1)).await), "voided");
    };
    let (authorised, ()) = tokio::join!(authorise, void);
    assert_eq!(code(authorised), "payments.voided");
    while shop.at_the_bank(1).await != Charge::Voided {
        nap().await;
    }
    shop.all_webhooks_taken().await;
    assert_eq!(code(shop.app.get(payment(1)).await), "voided");
    shop.close().await;
}

#[tokio::test]
async fn never_is_pending_until_it_is_let_go() {
    let shop = Shop::open().await;
    assert_eq!(code(shop.app.authorise(payment(1), "tok_never").await), "pending");
    assert_eq!(code(shop.app.capture(payment(1)).await), "payments.provider_outcome_unknown");
    shop.app.void(payment(1)).await.unwrap();
    while shop.at_the_bank(1).await != Charge::Voided {
        nap().await;
    }
    shop.close().await;
}

#[tokio::test]
async fn a_challenge_is_passed_at_the_bank_and_told_by_webhook() {
    let shop = Shop::open().await;
    for (number, verdict, state) in
        [(1, "pass", PaymentState::Authorised), (2, "fail", PaymentState::Declined)]
    {
        let challenged = shop.app.authorise(payment(number), "tok_challenge").await.unwrap();
        assert_eq!(challenged.state(), PaymentState::Challenge);
        assert_eq!(code(shop.app.capture(payment(number)).await), "payments.not_authorised");
        assert_eq!(shop.post(format!("{}/{verdict}", challenged.challenge_url)).await, StatusCode::OK);
        let decided = shop.app.until(payment(number), |payment| payment.state() == state).await;
        assert!(decided.challenge_url.is_empty());
    }
    shop.close().await;
}

#[tokio::test]
async fn a_bank_that_is_not_there_is_unknown_and_then_left_alone() {
    let shop = Shop::open().await;
    let gone = TestProviderAdapter::new("http://127.0.0.1:1", KEY).unwrap();
    let registry = Registry::new();
    let metrics = Arc::new(shop_payments::provider::Metrics::register(&registry));
    let gone = Guarded::new(gone, &impatient(), &shop.app.test.clock, &registry, metrics);
    let mut codes = Vec::new();
    for _ in 0..12 {
        codes.push(gone.find(&shop.app.ctx, payment(1)).await.unwrap_err().code().to_owned());
    }
    assert_eq!(codes[0], "payments.provider_outcome_unknown");
    assert_eq!(codes[11], "resilience.breaker_open");
    let wrong_key = TestProviderAdapter::new(&shop.bank.url(), "another").unwrap();
    assert_eq!(
        wrong_key.find(&shop.app.ctx, payment(1)).await.unwrap_err().code(),
        "payments.provider_broken"
    );
    for address in ["", "127.0.0.1:80", "https://bank.example", "http://", "ftp://bank.example"] {
        assert!(TestProviderAdapter::new(address, KEY).is_err(), "{address}");
    }
    shop.close().await;
}
