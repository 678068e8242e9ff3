//! The page on which a buyer passes or fails a challenge, as a bank's page would do.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Html;
use axum::routing::{get, post};
use http::HeaderMap;
use http::header::ACCEPT;
use mainstay_core::Result;

use crate::codes;
use crate::model::Charge;
use crate::refusal::Refusal;
use crate::server::Server;
use crate::store;
use crate::webhooks;

pub fn router() -> Router<Arc<Server>> {
    Router::new()
        .route("/challenges/{secret}", get(page))
        .route("/challenges/{secret}/{verdict}", post(decide))
}

async fn page(
    State(server): State<Arc<Server>>,
    Path(secret): Path<String>,
) -> Result<Html<String>, Refusal> {
    let charge = {
        let secret = secret.clone();
        server.db.read(&server.ctx, move |view| find(store::by_challenge(view, &secret)?)).await?
    };
    Ok(Html(document(&format!(
        "<h1>Is it you?</h1><p>A shop wants to charge you <strong>{}</strong>. Nobody is charged in truth: this is \
         a test.</p><form method=\"post\" action=\"/challenges/{secret}/pass\"><button>Yes, it is me</button></form>\
         <form method=\"post\" action=\"/challenges/{secret}/fail\"><button>No, refuse it</button></form>",
        charge.amount
    ))))
}

async fn decide(
    State(server): State<Arc<Server>>,
    Path((secret, verdict)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Html<String>, Refusal> {
    let passed = match verdict.as_str() {
        "pass" => true,
        "fail" => false,
        _ => return Err(codes::INPUT.error("a challenge is passed or failed").into()),
    };
    let shared = Arc::clone(&server);
    let charge = server
        .db
        .write(&server.ctx, move |tx| {
            let mut charge = find(store::by_challenge(tx, &secret)?)?;
            if charge.decide(passed) {
                charge.changed_at = tx.now();
                store::save(tx, &charge, charge.changed_at)?;
                webhooks::announce(&shared, tx, &charge)?;
            }
            Ok(charge)
        })
        .await?;
    server.ring(&charge);
    let wants_page = headers
        .get(ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"));
    let words = format!("The charge is {}. You can go back to the shop.", charge.status.name());
    Ok(Html(if wants_page { document(&format!("<h1>Done</h1><p>{words}</p>")) } else { words }))
}

fn find(charge: Option<Charge>) -> Result<Charge> {
    charge.ok_or_else(|| codes::UNKNOWN.error("there is no such challenge"))
}

fn document(body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\"><title>Test provider</title><style>body{{font:1rem/1.5 \
         system-ui;max-width:32rem;margin:4rem auto;padding:0 1rem}}form{{display:inline-block;margin:0 1rem 0 0}}\
         button{{font:inherit;padding:.5rem 1rem}}</style><body>{body}</body></html>"
    )
}
