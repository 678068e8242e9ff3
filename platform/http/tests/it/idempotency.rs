//! One key, one effect, one answer.

use std::time::Duration;

use mainstay_core::{Clock, Context, Id, ManualClock, Principal, Timestamp};
use mainstay_engine_sqlite::Sqlite;
use mainstay_http::IdempotencyKey;
use mainstay_http::idempotency::{self, Answer, Begun, KEPT_FOR, RequestHash, Slot};
use mainstay_sql::{Database, DatabaseEngine, Metrics, Options};
use serde_json::json;
use tempfile::TempDir;

const ROUTE: &str = "POST /v1/checkouts";

struct Store {
    db: Database,
    ctx: Context,
    manual: ManualClock,
    _folder: TempDir,
}

impl Store {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (clock, manual) = Clock::manual(Timestamp::from_micros(1_900_000_000_000_000));
        let url = format!("sqlite:{}", folder.path().display());
        let db = Sqlite.open(&url, "test", Options::new(clock, Metrics::unregistered())).unwrap();
        db.migrate(&[idempotency::MIGRATIONS]).await.unwrap();
        Self { db, ctx: Context::background("test"), manual, _folder: folder }
    }

    async fn begin(&self, slot: &Slot, request: RequestHash, reference: &'static [u8]) -> Begun {
        let slot = slot.clone();
        self.db.write(&self.ctx, move |tx| idempotency::begin(tx, &slot, request, reference)).await.unwrap()
    }

    async fn finish(&self, slot: &Slot, status: u16, body: &'static [u8]) {
        let slot = slot.clone();
        let answer = Answer { status, body: body.to_vec() };
        self.db.write(&self.ctx, move |tx| idempotency::finish(tx, &slot, &answer)).await.unwrap();
    }
}

fn visitor(byte: u8) -> Principal {
    Principal::Anonymous(Id::from_bytes([byte; 16]))
}

fn slot(principal: &Principal, key: &str) -> Slot {
    Slot::new(principal, ROUTE, IdempotencyKey::new(key).unwrap())
}

fn request(amount: u32) -> RequestHash {
    RequestHash::of(&json!({ "cart": "crt_1", "amount": amount })).unwrap()
}

#[tokio::test]
async fn the_first_begins_the_second_waits_and_later_ones_get_the_answer() {
    let store = Store::new().await;
    let slot = slot(&visitor(1), "k1");
    assert_eq!(store.begin(&slot, request(5), b"run-1").await, Begun::New);
    let running = Begun::Running { reference: b"run-1".to_vec() };
    assert_eq!(store.begin(&slot, request(5), b"run-2").await, running);
    assert_eq!(store.begin(&slot, request(6), b"run-3").await, Begun::Mismatch);

    store.finish(&slot, 201, b"{\"order\":1}").await;
    store.finish(&slot, 500, b"too late to change").await;
    let answer = Answer { status: 201, body: b"{\"order\":1}".to_vec() };
    let finished = Begun::Finished { reference: b"run-1".to_vec(), answer };
    assert_eq!(store.begin(&slot, request(5), b"run-4").await, finished);
    assert_eq!(store.begin(&slot, request(6), b"run-5").await, Begun::Mismatch);
}

#[tokio::test]
async fn a_key_belongs_to_its_caller_and_route() {
    let store = Store::new().await;
    assert_eq!(store.begin(&slot(&visitor(1), "k"), request(5), b"a").await, Begun::New);
    assert_eq!(store.begin(&slot(&visitor(2), "k"), request(6), b"b").await, Begun::New);
    let elsewhere = Slot::new(&visitor(1), "POST /v1/refunds", IdempotencyKey::new("k").unwrap());
    assert_eq!(store.begin(&elsewhere, request(7), b"c").await, Begun::New);
}

#[tokio::test]
async fn of_many_at_once_one_is_the_first() {
    let store = Store::new().await;
    let slot = slot(&visitor(1), "k");
    let claims = (0..64).map(|_| store.begin(&slot, request(5), b"run"));
    let outcomes = futures::future::join_all(claims).await;
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Begun::New).count(), 1);
}

#[tokio::test]
async fn what_was_undone_was_never_claimed() {
    let store = Store::new().await;
    let slot_of = slot(&visitor(1), "k");
    let undone = slot_of.clone();
    let refused = store
        .db
        .write(&store.ctx, move |tx| {
            idempotency::begin(tx, &undone, request(5), b"run")?;
            Err::<(), _>(mainstay_core::codes::CONFLICT.error("no"))
        })
        .await;
    assert!(refused.is_err());
    assert_eq!(store.begin(&slot_of, request(6), b"run").await, Begun::New);

    let given_back = slot_of.clone();
    store.db.write(&store.ctx, move |tx| idempotency::abandon(tx, &given_back)).await.unwrap();
    assert_eq!(store.begin(&slot_of, request(7), b"run").await, Begun::New);
    store.finish(&slot_of, 200, b"done").await;
    let kept = slot_of.clone();
    store.db.write(&store.ctx, move |tx| idempotency::abandon(tx, &kept)).await.unwrap();
    assert!(
        matches!(store.begin(&slot_of, request(7), b"run").await, Begun::Finished { .. }),
        "an answer stays"
    );
}

#[tokio::test]
async fn after_a_day_a_key_is_new_and_the_sweep_removes_it() {
    let store = Store::new().await;
    for key in ["a", "b", "c"] {
        assert_eq!(store.begin(&slot(&visitor(1), key), request(5), b"run").await, Begun::New);
    }
    store.manual.advance(KEPT_FOR - Duration::from_secs(1));
    assert!(matches!(store.begin(&slot(&visitor(1), "a"), request(5), b"run").await, Begun::Running { .. }));
    let sweep = || store.db.write(&store.ctx, |tx| idempotency::prune(tx, 2));
    assert_eq!(sweep().await.unwrap(), 0);

    store.manual.advance(Duration::from_secs(1));
    assert_eq!(
        store.begin(&slot(&visitor(1), "a"), request(6), b"new").await,
        Begun::New,
        "with another body"
    );
    assert_eq!(sweep().await.unwrap(), 2, "not the one that was claimed anew");
    assert_eq!(sweep().await.unwrap(), 0);
    let claimed = Begun::Running { reference: b"new".to_vec() };
    assert_eq!(store.begin(&slot(&visitor(1), "a"), request(6), b"x").await, claimed);
}

#[test]
fn a_hash_is_of_the_meaning() {
    #[derive(serde::Serialize, serde::Deserialize)]
    struct Checkout {
        cart: String,
        note: Option<String>,
    }
    let hash = |text: &str| RequestHash::of(&serde_json::from_str::<Checkout>(text).unwrap()).unwrap();
    let first = hash(r#"{"cart":"crt_1","note":"hi"}"#);
    assert_eq!(first, hash("{ \"note\" : \"hi\",\n \"cart\":\"\\u0063rt_1\" }"));
    assert_ne!(first, hash(r#"{"cart":"crt_1"}"#));
}
