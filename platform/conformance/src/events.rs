//! What every source of events must do, and what consumers must do on every database.
//!
//! [`log_cases`] checks a source: the producer's own outbox, the same log over a wire, later an outside broker.
//! [`consumer_cases`] checks the machinery that reads it. Time is the machine's own, so the suite also runs against an
//! installation.

mod consumers;
mod log;
mod place;

use std::future::Future;
use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use mainstay_core::{Context, Result, codes};
use mainstay_events::{Event, EventSource, Outbox, Topic};
use mainstay_sql::Database;

use crate::case::{Case, Outcome};

/// What the suite tells.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Note {
    #[prost(int64, tag = "1")]
    pub number: i64,
    #[prost(bytes = "vec", tag = "2")]
    pub bytes: Vec<u8>,
}

impl Event for Note {
    const TYPE: &'static str = "conformance.v1.Note";
}

pub const NOTES: Topic<Note> = Topic::new("conformance.notes");
pub const OTHERS: Topic<Note> = Topic::new("conformance.others");

/// One event to be told.
#[derive(Clone, Debug)]
pub struct Telling {
    pub topic: Topic<Note>,
    pub key: String,
    pub note: Note,
}

/// Tells events in one transaction, in their order.
pub type Tell = Arc<dyn Fn(Vec<Telling>) -> BoxFuture<'static, Result<()>> + Send + Sync>;

/// A producer's log under test.
#[derive(Clone)]
pub struct Log {
    pub source: Arc<dyn EventSource>,
    pub tell: Tell,
    /// Tells them and then undoes the transaction; fails only if that could not be done.
    pub undo: Tell,
}

impl Log {
    /// The log of an outbox, read through the outbox itself. For a log that is read over something, set `source`.
    pub fn of(db: &Database, outbox: &Outbox) -> Self {
        let tell = |undo: bool| -> Tell {
            let (db, outbox) = (db.clone(), outbox.clone());
            Arc::new(move |tellings| tell(db.clone(), outbox.clone(), tellings, undo).boxed())
        };
        Self { source: Arc::new(outbox.clone()), tell: tell(false), undo: tell(true) }
    }
}

async fn tell(db: Database, outbox: Outbox, tellings: Vec<Telling>, undo: bool) -> Result<()> {
    let ctx = Context::background("conformance");
    let told_by = ctx.clone();
    let written = db
        .write(&ctx, move |tx| {
            for telling in &tellings {
                outbox.append(tx, &told_by, &telling.topic, &telling.key, &telling.note)?;
            }
            if undo { Err(codes::CANCELLED.error("undone on purpose")) } else { Ok(()) }
        })
        .await;
    match written {
        Err(error) if undo && error.is(&codes::CANCELLED) => Ok(()),
        other => other,
    }
}

/// Every case of a source. `fresh` makes an empty log for each.
pub fn log_cases<F, R>(fresh: F) -> Vec<Case>
where
    F: Fn() -> R + Send + Sync + 'static,
    R: Future<Output = Log> + Send + 'static,
{
    let fresh: Arc<dyn Fn() -> BoxFuture<'static, Log> + Send + Sync> = Arc::new(move || fresh().boxed());
    let checks = log::CASES.iter().map(|(promise, check)| {
        let fresh = Arc::clone(&fresh);
        Case::new(format!("events: {promise}"), move || async move { check(fresh().await).await })
    });
    checks.collect()
}

/// Every case of consumers. `fresh` makes an empty log and an empty database, which may be the producer's own, for each.
pub fn consumer_cases<F, R>(fresh: F) -> Vec<Case>
where
    F: Fn() -> R + Send + Sync + 'static,
    R: Future<Output = (Log, Database)> + Send + 'static,
{
    let fresh: Arc<dyn Fn() -> BoxFuture<'static, (Log, Database)> + Send + Sync> =
        Arc::new(move || fresh().boxed());
    let checks = consumers::CASES.iter().map(|(promise, check)| {
        let fresh = Arc::clone(&fresh);
        Case::new(format!("events: {promise}"), move || async move {
            let (log, db) = fresh().await;
            check(place::Place::new(log, db).await?).await
        })
    });
    checks.collect()
}

type Check<T> = fn(T) -> BoxFuture<'static, Outcome>;

fn telling(key: &str, number: i64) -> Telling {
    Telling { topic: NOTES, key: key.to_owned(), note: Note { number, bytes: Vec::new() } }
}
