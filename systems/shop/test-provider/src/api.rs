//! The API that merchants call: authorise, capture, void, refund, look up and list.
//!
//! Every operation is one write under its idempotency key: the key's row and the change commit together, so a repeat
//! finds either both or nothing.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use http::HeaderMap;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use mainstay_core::{Currency, Money, Result, Timestamp};
use mainstay_sql::Tx;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use crate::codes;
use crate::deciding;
use crate::model::{Charge, Status, Token};
use crate::refusal::Refusal;
use crate::server::Server;
use crate::store::{self, NewCharge, Operation};
use crate::webhooks;

// A request is a few short fields; what is longer is no request.
const MAX_BODY_BYTES: usize = 16 * 1024;
const MAX_KEY_BYTES: usize = 200;
/// The most charges in one page of the list.
const MAX_PAGE: u32 = 500;

/// A charge on the wire, in answers and webhooks.
#[derive(Serialize)]
pub struct ChargeView<'a> {
    pub number: i64,
    pub reference: &'a str,
    pub status: &'static str,
    pub amount_minor: i64,
    pub currency: Currency,
    pub refunds: Vec<RefundView<'a>>,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub decline_reason: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub challenge_url: Option<String>,
    pub created_at: Timestamp,
    pub changed_at: Timestamp,
}

#[derive(Serialize)]
struct ListView<'a> {
    charges: Vec<ChargeView<'a>>,
}

#[derive(Serialize)]
pub struct RefundView<'a> {
    pub key: &'a str,
    pub amount_minor: i64,
}

impl Server {
    pub fn view<'a>(&self, charge: &'a Charge) -> ChargeView<'a> {
        ChargeView {
            number: charge.number,
            reference: &charge.reference,
            status: charge.status.name(),
            amount_minor: charge.amount.minor,
            currency: charge.amount.currency,
            refunds: charge
                .refunds
                .iter()
                .map(|refund| RefundView { key: &refund.key, amount_minor: refund.minor })
                .collect(),
            decline_reason: &charge.decline_reason,
            challenge_url: (charge.status == Status::Challenge)
                .then(|| self.challenge_url(&charge.challenge)),
            created_at: charge.created_at,
            changed_at: charge.changed_at,
        }
    }
}

type Answer = Result<Response, Refusal>;

pub fn router() -> Router<Arc<Server>> {
    Router::new()
        .route("/v1/authorisations", post(authorise))
        .route("/v1/captures", post(capture))
        .route("/v1/voids", post(void))
        .route("/v1/refunds", post(refund))
        .route("/v1/operations/{key}", get(operation))
        .route("/v1/charges", get(list))
        .route("/v1/charges/{reference}", get(charge))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
}

#[derive(Deserialize)]
struct NewAuthorisation {
    reference: String,
    amount_minor: i64,
    currency: Currency,
    token: String,
}

async fn authorise(State(server): State<Arc<Server>>, headers: HeaderMap, body: Bytes) -> Answer {
    server.admit(&headers)?;
    let key = idempotency_key(&headers)?;
    let input: NewAuthorisation = parse(&body)?;
    if input.amount_minor <= 0 || input.reference.is_empty() || input.reference.len() > MAX_KEY_BYTES {
        return Err(codes::INPUT.error("amount_minor is above zero and reference is not empty").into());
    }
    let (shared, challenge) = (Arc::clone(&server), challenge_secret());
    let charge = server.db.write(&server.ctx, move |tx| begin(&shared, tx, &key, &input, &challenge)).await?;
    server.ring(&charge);
    let charge = deciding::wait(&server, charge).await?;
    server.answer(charge)
}

fn begin(
    server: &Server,
    tx: &Tx<'_>,
    key: &str,
    input: &NewAuthorisation,
    challenge: &str,
) -> Result<Charge> {
    let amount = Money::new(input.amount_minor, input.currency);
    let token = Token::parse(&input.token);
    let (status, decline_reason) = token.map_or((Status::Declined, "unknown_token"), Token::first_status);
    let now = tx.now();
    let new = NewCharge {
        reference: &input.reference,
        token: &input.token,
        amount,
        status,
        decline_reason,
        challenge: if status == Status::Challenge { challenge } else { "" },
        decide_at: (token == Some(Token::Late)).then(|| now + server.options.late),
        now,
    };
    let Some(charge) = store::insert(tx, &new)? else { return repeated(tx, key, input, amount) };
    if !store::accept(tx, key, Operation::Authorise, charge.number, amount.minor)? {
        return Err(key_reused());
    }
    webhooks::announce(server, tx, &charge)?;
    Ok(charge)
}

// The reference has a charge: it is this very request's, or another's.
fn repeated(tx: &Tx<'_>, key: &str, input: &NewAuthorisation, amount: Money) -> Result<Charge> {
    let Some(accepted) = store::accepted(tx, key)? else {
        return Err(codes::KEY_REUSED.error("the reference belongs to another charge"));
    };
    let charge = store::by_number(tx, accepted.charge)?;
    let same = accepted.kind == Operation::Authorise.name()
        && charge.reference == input.reference
        && charge.amount == amount;
    if same { Ok(charge) } else { Err(key_reused()) }
}

#[derive(Deserialize)]
struct OnCharge {
    reference: String,
    /// Of a refund only.
    #[serde(default)]
    amount_minor: i64,
}

async fn capture(State(server): State<Arc<Server>>, headers: HeaderMap, body: Bytes) -> Answer {
    change(server, &headers, &body, Operation::Capture).await
}

async fn void(State(server): State<Arc<Server>>, headers: HeaderMap, body: Bytes) -> Answer {
    change(server, &headers, &body, Operation::Void).await
}

async fn refund(State(server): State<Arc<Server>>, headers: HeaderMap, body: Bytes) -> Answer {
    change(server, &headers, &body, Operation::Refund).await
}

async fn change(server: Arc<Server>, headers: &HeaderMap, body: &[u8], operation: Operation) -> Answer {
    server.admit(headers)?;
    let key = idempotency_key(headers)?;
    let input: OnCharge = parse(body)?;
    let shared = Arc::clone(&server);
    let charge =
        server.db.write(&server.ctx, move |tx| operate(&shared, tx, &key, operation, &input)).await?;
    server.ring(&charge);
    server.answer(charge)
}

fn operate(
    server: &Server,
    tx: &Tx<'_>,
    key: &str,
    operation: Operation,
    input: &OnCharge,
) -> Result<Charge> {
    let mut charge = store::known(store::by_reference(tx, &input.reference)?)?;
    if !store::accept(tx, key, operation, charge.number, input.amount_minor)? {
        let same = store::accepted(tx, key)?.is_some_and(|accepted| {
            accepted.kind == operation.name()
                && accepted.charge == charge.number
                && accepted.minor == input.amount_minor
        });
        return if same { Ok(charge) } else { Err(key_reused()) };
    }
    let before = charge.status;
    match operation {
        Operation::Capture => charge.capture()?,
        Operation::Void => charge.void()?,
        Operation::Refund => charge.refund(key, input.amount_minor)?,
        Operation::Authorise => return Err(codes::INPUT.error("an authorisation makes a charge")),
    }
    charge.changed_at = tx.now();
    store::save(tx, &charge, charge.changed_at)?;
    if charge.status != before || operation == Operation::Refund {
        webhooks::announce(server, tx, &charge)?;
    }
    Ok(charge)
}

async fn operation(State(server): State<Arc<Server>>, headers: HeaderMap, Path(key): Path<String>) -> Answer {
    server.admit(&headers)?;
    let charge = server
        .db
        .read(&server.ctx, move |view| {
            let accepted = store::accepted(view, &key)?
                .ok_or_else(|| codes::UNKNOWN.error("no operation was accepted under this key"))?;
            store::by_number(view, accepted.charge)
        })
        .await?;
    server.answer(charge)
}

async fn charge(
    State(server): State<Arc<Server>>,
    headers: HeaderMap,
    Path(reference): Path<String>,
) -> Answer {
    server.admit(&headers)?;
    let charge =
        server.db.read(&server.ctx, move |view| store::known(store::by_reference(view, &reference)?)).await?;
    server.answer(charge)
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    after: i64,
    #[serde(default)]
    since_micros: i64,
    #[serde(default = "max_page")]
    limit: u32,
}

fn max_page() -> u32 {
    MAX_PAGE
}

async fn list(State(server): State<Arc<Server>>, headers: HeaderMap, Query(page): Query<Page>) -> Answer {
    server.admit(&headers)?;
    let limit = page.limit.clamp(1, MAX_PAGE);
    let since = Timestamp::from_micros(page.since_micros);
    let charges =
        server.db.read(&server.ctx, move |view| store::list(view, page.after, since, limit)).await?;
    json(&ListView { charges: charges.iter().map(|charge| server.view(charge)).collect() })
}

impl Server {
    fn answer(&self, charge: Charge) -> Answer {
        json(&self.view(&charge))
    }

    fn admit(&self, headers: &HeaderMap) -> Result<()> {
        let given = headers
            .get(AUTHORIZATION)
            .and_then(|value| value.as_bytes().strip_prefix(b"Bearer "))
            .unwrap_or_default();
        let right = |key: &String| bool::from(given.ct_eq(key.as_bytes()));
        if self.options.api_key.each().iter().any(right) {
            return Ok(());
        }
        Err(codes::KEY.error("the API key is missing or wrong"))
    }
}

fn json(view: &impl Serialize) -> Answer {
    let body = serde_json::to_vec(view)
        .map_err(|error| mainstay_core::codes::INTERNAL.because("an answer cannot be written down", error))?;
    Ok(([(CONTENT_TYPE, "application/json")], body).into_response())
}

fn idempotency_key(headers: &HeaderMap) -> Result<String> {
    headers
        .get("idempotency-key")
        .and_then(|value| value.to_str().ok())
        .filter(|key| !key.is_empty() && key.len() <= MAX_KEY_BYTES)
        .map(str::to_owned)
        .ok_or_else(|| codes::INPUT.error("the header Idempotency-Key is missing or too long"))
}

fn parse<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T> {
    serde_json::from_slice(body)
        .map_err(|error| codes::INPUT.error(format!("the body is not usable: {error}")))
}

fn key_reused() -> mainstay_core::Error {
    codes::KEY_REUSED.error("this idempotency key was used for something else")
}

// 128 bits that nobody can guess: who has the address may pass the challenge.
fn challenge_secret() -> String {
    data_encoding::HEXLOWER.encode(&rand::random::<[u8; 16]>())
}
