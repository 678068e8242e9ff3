//! Webhooks: queued in the transaction of the change that they tell, sent until somebody takes them.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use http::{Method, Request, header};
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use mainstay_core::{Clock, Result, Shutdown, Timestamp, codes};
use mainstay_dial::Dialer;
use mainstay_sql::Tx;
use serde::Serialize;

use crate::api::ChargeView;
use crate::model::Charge;
use crate::server::{Server, Shared};
use crate::signature;
use crate::store::{self, Waiting};

// Sent at the same time; more would only queue at the shop.
const IN_FLIGHT: usize = 8;
const BATCH: u32 = 64;
// A shop that needs longer is asked again.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
// 1 s, 2 s, 4 s, … five minutes: fifteen attempts reach across two thirds of an hour, longer than a restart takes.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(300);
const MAX_ATTEMPTS: u32 = 15;
const PERIOD: Duration = Duration::from_secs(5);

#[derive(Serialize)]
struct Event<'a> {
    id: &'a str,
    r#type: String,
    created_at: Timestamp,
    charge: ChargeView<'a>,
}

/// Queues what a change of the charge has to tell, if its token tells anything.
pub fn announce(server: &Server, tx: &Tx<'_>, charge: &Charge) -> Result<()> {
    let Some(delay) = charge.token.webhook_delay(charge.status, server.options.held_back) else {
        return Ok(());
    };
    let id = format!("evt_{}", data_encoding::HEXLOWER.encode(&rand::random::<[u8; 16]>()));
    let kind = if charge.refunds.is_empty() { charge.status.name() } else { "refunded" };
    let event = Event {
        id: &id,
        r#type: format!("charge.{kind}"),
        created_at: tx.now(),
        charge: server.view(charge),
    };
    let body = serde_json::to_string(&event)
        .map_err(|error| codes::INTERNAL.because("a webhook cannot be written down", error))?;
    for _ in 0..charge.token.copies() {
        store::queue_webhook(tx, &id, &body, tx.now() + delay)?;
    }
    Ok(())
}

/// Sends webhooks over kept connections.
pub struct Sender {
    client: Client<Dialer, Full<Bytes>>,
    clock: Clock,
    secret: Shared,
}

impl Sender {
    pub fn new(clock: Clock, dialer: Dialer, secret: Shared) -> Self {
        let client = Client::builder(TokioExecutor::new()).build(dialer);
        Self { client, clock, secret }
    }

    // Taken is only what was answered with success: all else is sent again.
    async fn send(&self, url: &str, body: &str) -> Result<()> {
        let secret = self.secret.each().into_iter().next().unwrap_or_default();
        let signature = signature::sign(secret.as_bytes(), self.clock.now(), body.as_bytes())?;
        let request = Request::builder()
            .method(Method::POST)
            .uri(url)
            .header(header::CONTENT_TYPE, "application/json")
            .header(signature::HEADER, signature)
            .body(Full::from(body.to_owned()))
            .map_err(|error| codes::INVALID.because("the webhook address is not usable", error))?;
        let response = self
            .clock
            .timeout(ANSWER_WITHIN, self.client.request(request))
            .await?
            .map_err(|error| codes::UNAVAILABLE.because("the shop cannot be reached", error))?;
        if response.status().is_success() {
            return Ok(());
        }
        Err(codes::UNAVAILABLE.error(format!("the shop answered {}", response.status())))
    }
}

/// Sends what is due until the process ends.
pub async fn run(server: Arc<Server>, sender: Sender, shutdown: Shutdown) {
    while !shutdown.is_requested() {
        let next = match send_due(&server, &sender).await {
            Ok(next) => next,
            Err(error) => {
                tracing::warn!(error = %error.chain(), "webhooks have to wait");
                None
            }
        };
        let now = server.clock.now();
        let pause = next.map_or(PERIOD, |at| at.since(now).min(PERIOD));
        tokio::select! {
            () = shutdown.requested() => {}
            () = server.webhooks.notified() => {}
            () = server.clock.sleep(pause) => {}
        }
    }
}

// Answers when the next one is due.
async fn send_due(server: &Server, sender: &Sender) -> Result<Option<Timestamp>> {
    let Some(url) = server.webhook_url.read().clone() else { return Ok(None) };
    let now = server.clock.now();
    let horizon = now + server.options.held_back.max(LONGEST_PAUSE) + PERIOD;
    let due = server.db.read(&server.ctx, move |view| store::due_webhooks(view, now, horizon, BATCH)).await?;
    if !due.is_empty() {
        let outcomes: Vec<(Waiting, Result<()>)> = futures::stream::iter(due)
            .map(|waiting| {
                let url = &url;
                async move {
                    let outcome = sender.send(url, &waiting.body).await;
                    (waiting, outcome)
                }
            })
            .buffered(IN_FLIGHT)
            .collect()
            .await;
        server.db.write(&server.ctx, move |tx| settle(tx, &outcomes)).await?;
    }
    server.db.read(&server.ctx, store::next_webhook).await
}

fn settle(tx: &Tx<'_>, outcomes: &[(Waiting, Result<()>)]) -> Result<()> {
    for (waiting, outcome) in outcomes {
        match outcome {
            Ok(()) => store::webhook_taken(tx, waiting.id)?,
            Err(error) => {
                tracing::debug!(error = %error.chain(), attempts = waiting.attempts, "a webhook was not taken");
                let again = waiting.attempts + 1 < MAX_ATTEMPTS;
                let pause = FIRST_PAUSE.saturating_mul(1 << waiting.attempts.min(16)).min(LONGEST_PAUSE);
                store::webhook_failed(tx, waiting.id, again.then(|| tx.now() + pause))?;
            }
        }
    }
    Ok(())
}
