//! A shop that takes webhooks, or refuses them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use parking_lot::Mutex;
use serde_json::Value;
use tokio::sync::Notify;

pub struct Shop {
    pub url: String,
    state: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    taken: Mutex<Vec<(String, Bytes)>>,
    refuse: AtomicU32,
    refused: AtomicU32,
    arrived: Notify,
}

impl Shop {
    /// Refuses the first `refuse` webhooks.
    pub async fn open(tasks: &mainstay_core::Tasks, shutdown: &mainstay_core::Shutdown, refuse: u32) -> Self {
        let state = Arc::new(Inner { refuse: AtomicU32::new(refuse), ..Inner::default() });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let router = Router::new().route("/hook", post(take)).with_state(Arc::clone(&state));
        let shutdown = shutdown.clone();
        tasks.spawn("shop", async move {
            axum::serve(listener, router)
                .with_graceful_shutdown(async move { shutdown.requested().await })
                .await
                .unwrap();
        });
        Self { url, state }
    }

    /// What was taken, once there are that many.
    pub async fn taken(&self, count: usize) -> Vec<Value> {
        self.until(|state| state.taken.lock().len() >= count).await;
        self.state.taken.lock().iter().map(|(_, body)| serde_json::from_slice(body).unwrap()).collect()
    }

    pub async fn refused(&self, count: u32) {
        self.until(|state| state.refused.load(Ordering::SeqCst) >= count).await;
    }

    pub fn signed(&self) -> Vec<(String, Bytes)> {
        self.state.taken.lock().clone()
    }

    async fn until(&self, ready: impl Fn(&Inner) -> bool) {
        let wait = async {
            while !ready(&self.state) {
                self.state.arrived.notified().await;
            }
        };
        mainstay_core::Clock::system().timeout(std::time::Duration::from_secs(5), wait).await.unwrap();
    }
}

async fn take(State(state): State<Arc<Inner>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let refuse = state.refuse.load(Ordering::SeqCst);
    let status = if refuse > 0 {
        state.refuse.store(refuse - 1, Ordering::SeqCst);
        state.refused.fetch_add(1, Ordering::SeqCst);
        StatusCode::SERVICE_UNAVAILABLE
    } else {
        let signature = headers["provider-signature"].to_str().unwrap().to_owned();
        state.taken.lock().push((signature, body));
        StatusCode::NO_CONTENT
    };
    state.arrived.notify_one();
    status
}
