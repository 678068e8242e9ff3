//! A provider on port 0, and a merchant who calls it.

use std::time::Duration;

use axum::http::{Method, Request, StatusCode};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use mainstay_core::{Shutdown, Tasks};
use mainstay_testkit::TestDatabase;
use serde_json::{Value, json};
use shop_test_provider::{MIGRATIONS, Options, TestProvider};

pub const KEY: &str = "key_test";
pub const SECRET: &str = "whsec_test";

pub struct Running {
    pub provider: TestProvider,
    pub database: TestDatabase,
    pub tasks: Tasks,
    pub shutdown: Shutdown,
    client: Client<HttpConnector, Full<Bytes>>,
}

impl Running {
    pub async fn start() -> Self {
        let database = TestDatabase::open(&[MIGRATIONS]).await;
        let (tasks, shutdown) = (Tasks::new(), Shutdown::new());
        let options = Options::new(KEY, SECRET);
        let provider =
            TestProvider::start(database.db.clone(), options, &tasks, shutdown.clone()).await.unwrap();
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self { provider, database, tasks, shutdown, client }
    }

    pub async fn stop(self) {
        self.shutdown.request();
        drop(self.client);
        let left = self.tasks.drain(&mainstay_core::Clock::system(), Duration::from_secs(5)).await;
        assert!(left.is_empty(), "still running: {left:?}");
    }

    pub async fn send(
        &self,
        method: Method,
        path: &str,
        key: Option<&str>,
        body: Value,
    ) -> (StatusCode, Value) {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.provider.url()))
            .header("authorization", format!("Bearer {KEY}"));
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.raw(request.body(Full::from(body)).unwrap()).await
    }

    pub async fn raw(&self, request: Request<Full<Bytes>>) -> (StatusCode, Value) {
        let response = self.client.request(request).await.unwrap();
        let status = response.status();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::String(text)))
    }

    pub async fn post(&self, path: &str, key: &str, body: Value) -> (StatusCode, Value) {
        self.send(Method::POST, path, Some(key), body).await
    }

    pub async fn get(&self, path: &str) -> (StatusCode, Value) {
        self.send(Method::GET, path, None, Value::Null).await
    }

    pub async fn authorise(&self, reference: &str, token: &str) -> (StatusCode, Value) {
        let body = json!({"reference": reference, "amount_minor": 1200, "currency": "GBP", "token": token});
        self.post("/v1/authorisations", reference, body).await
    }

    pub async fn capture(&self, reference: &str) -> (StatusCode, Value) {
        self.post("/v1/captures", &format!("{reference}:capture"), json!({"reference": reference})).await
    }

    pub async fn refund(&self, reference: &str, key: &str, minor: i64) -> (StatusCode, Value) {
        self.post("/v1/refunds", key, json!({"reference": reference, "amount_minor": minor})).await
    }
}
