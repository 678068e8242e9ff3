//! What every database engine must do behind the door.
//!
//! Needs a runtime with several threads: some cases hold the writer up on purpose while others queue.

mod batches;
mod insight;
mod leases;
mod migrations;
mod reads;
mod sharing;
mod values;
mod writes;

use std::future::Future;
use std::sync::{Arc, mpsc};

use mainstay_core::{Clock, Context, Result};
use mainstay_sql::{Database, DatabaseEngine, Metrics, Migration, MigrationSet, Options, Tx, View};
use tokio::task::JoinHandle;

use crate::case::{Case, Outcome, told};

/// Every case of the port, against databases of their own at `url`.
pub fn cases(engine: &Arc<dyn DatabaseEngine>, url: &str) -> Vec<Case> {
    let mut suite = Suite { engine: Arc::clone(engine), url: url.to_owned(), cases: Vec::new() };
    values::add(&mut suite);
    writes::add(&mut suite);
    batches::add(&mut suite);
    reads::add(&mut suite);
    leases::add(&mut suite);
    migrations::add(&mut suite);
    insight::add(&mut suite);
    sharing::add(&mut suite);
    suite.cases
}

struct Suite {
    engine: Arc<dyn DatabaseEngine>,
    url: String,
    cases: Vec<Case>,
}

impl Suite {
    fn case<R>(&mut self, promise: &str, check: fn(Place) -> R)
    where
        R: Future<Output = Outcome> + Send + 'static,
    {
        let service = format!("conformance-{}", self.cases.len());
        let place = Place { engine: Arc::clone(&self.engine), url: self.url.clone(), service };
        self.cases.push(Case::new(format!("sql: {promise}"), move || check(place)));
    }
}

/// Where one case has a database of its own.
struct Place {
    engine: Arc<dyn DatabaseEngine>,
    url: String,
    service: String,
}

const TABLE: MigrationSet = MigrationSet {
    module: "conformance",
    migrations: &[Migration {
        version: 1,
        name: "rows",
        up: "CREATE TABLE parents (id INTEGER NOT NULL PRIMARY KEY) STRICT;
             CREATE TABLE rows (
                 id INTEGER NOT NULL PRIMARY KEY,
                 name TEXT UNIQUE,
                 amount INTEGER NOT NULL DEFAULT 0 CONSTRAINT never_negative CHECK (amount >= 0),
                 parent INTEGER REFERENCES parents (id),
                 late_parent INTEGER REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED
             ) STRICT",
        down: "DROP TABLE rows; DROP TABLE parents",
    }],
};

impl Place {
    /// The database with the suite's table.
    async fn database(&self) -> Outcome<Database> {
        self.database_with(|options| options).await
    }

    async fn database_with(&self, change: impl FnOnce(Options) -> Options) -> Outcome<Database> {
        let db = self.open_with(change)?;
        db.migrate(&[TABLE]).await.map_err(told)?;
        Ok(db)
    }

    /// The database as it is; every call is another handle to it, as another process has one.
    fn open_with(&self, change: impl FnOnce(Options) -> Options) -> Outcome<Database> {
        let options = change(Options::new(Clock::system(), Metrics::unregistered()));
        self.engine.open(&self.url, &self.service, options).map_err(told)
    }
}

fn context() -> Context {
    Context::background("conformance")
}

async fn write<T, F>(db: &Database, closure: F) -> Result<T>
where
    T: Send + 'static,
    F: FnMut(&Tx<'_>) -> Result<T> + Send + 'static,
{
    db.write(&context(), closure).await
}

async fn read<T, F>(db: &Database, closure: F) -> Result<T>
where
    T: Send + 'static,
    F: FnMut(&View<'_>) -> Result<T> + Send + 'static,
{
    db.read(&context(), closure).await
}

fn insert(tx: &Tx<'_>, id: i64) -> Result<u64> {
    tx.execute("INSERT INTO rows (id) VALUES (?1)", &[id.into()])
}

fn ids(view: &View<'_>) -> Result<Vec<i64>> {
    view.query("SELECT id FROM rows ORDER BY id", &[], |row| row.get(0))
}

async fn stored(db: &Database) -> Outcome<Vec<i64>> {
    read(db, ids).await.map_err(told)
}

/// Holds the database's writer up until it is dropped, so that what is written meanwhile waits together.
struct Hold {
    _release: mpsc::Sender<()>,
    done: JoinHandle<Result<()>>,
}

impl Hold {
    async fn take(db: &Database) -> Outcome<Self> {
        let (release, released) = mpsc::channel::<()>();
        let released = Arc::new(std::sync::Mutex::new(released));
        let (began, begun) = tokio::sync::oneshot::channel();
        let mut began = Some(began);
        let db = db.clone();
        let done = start(async move {
            write(&db, move |_| {
                if let Some(began) = began.take() {
                    let _ = began.send(());
                }
                // Ends with an error when the hold is let go.
                let _ = released.lock().map(|released| released.recv());
                Ok(())
            })
            .await
        });
        begun.await.map_err(|_| "the writer never began".to_owned())?;
        Ok(Self { _release: release, done })
    }

    async fn let_go(self) -> Outcome {
        drop(self._release);
        self.done.await.map_err(|error| error.to_string())?.map_err(told)
    }
}

/// Starts a write and returns when it is queued; its answer comes by the handle.
async fn queue<T, F>(db: &Database, closure: F) -> JoinHandle<Result<T>>
where
    T: Send + 'static,
    F: FnMut(&Tx<'_>) -> Result<T> + Send + 'static,
{
    let db = db.clone();
    let (queued, is_queued) = tokio::sync::oneshot::channel();
    let handle = start(async move {
        let context = context();
        let mut write = std::pin::pin!(db.write(&context, closure));
        // The first poll queues it.
        let first = futures::poll!(&mut write);
        let _ = queued.send(());
        match first {
            std::task::Poll::Ready(answer) => answer,
            std::task::Poll::Pending => write.await,
        }
    });
    let _ = is_queued.await;
    handle
}

#[expect(clippy::disallowed_methods, reason = "the suite's own tasks end with the case that awaits them")]
fn start<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    tokio::spawn(future)
}

async fn joined<T>(handle: JoinHandle<T>) -> Outcome<T> {
    handle.await.map_err(|error| error.to_string())
}
