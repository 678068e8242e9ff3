//! A service with a producer and consumers in one throw-away database, and a source that a test plays.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use mainstay_core::{Clock, Context, Id, ManualClock, Result, Shutdown, Tasks, Timestamp};
use mainstay_engine_sqlite::Sqlite;
use mainstay_events::{
    Consumer, ConsumerState, ConsumerStatus, Consumers, Envelope, Event, EventSource, Feed, Outbox, Page,
    Position, Readers, Subscription, Topic,
};
use mainstay_sql::{
    Database, DatabaseEngine, Leadership, Metrics, Migration, MigrationSet, Options, Tx, View,
};
use parking_lot::Mutex;
use tempfile::TempDir;
use tokio::sync::Notify;

/// What the tests tell.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Note {
    #[prost(int64, tag = "1")]
    pub number: i64,
    #[prost(string, tag = "2")]
    pub text: String,
}

impl Event for Note {
    const TYPE: &'static str = "test.v1.Note";
}

pub const NOTES: Topic<Note> = Topic::new("test.notes");
pub const OTHERS: Topic<Note> = Topic::new("test.others");

/// The name of the consumer that the tests use.
pub const GROUP: &str = "test.readers";

const TABLES: MigrationSet = MigrationSet {
    module: "test",
    migrations: &[Migration {
        version: 1,
        name: "effects",
        up: "CREATE TABLE effects (place INTEGER PRIMARY KEY, key TEXT NOT NULL, number INTEGER NOT NULL) STRICT",
        down: "",
    }],
};

pub fn note(number: i64) -> Note {
    Note { number, text: String::new() }
}

pub fn start() -> Timestamp {
    "2030-01-31T12:00:00Z".parse().unwrap()
}

/// One process of a service: its database is a file in `folder`.
pub struct Node {
    pub db: Database,
    pub outbox: Outbox,
    pub consumers: Consumers,
    pub leadership: Arc<Leadership>,
    pub time: ManualClock,
    pub ctx: Context,
    pub shutdown: Shutdown,
    tasks: Tasks,
    // The last one to go removes the folder.
    folder: Arc<TempDir>,
}

impl Node {
    pub async fn new() -> Self {
        Self::at(Arc::new(TempDir::new().unwrap()), Options::STEP_LIMIT).await
    }

    /// Whose database stops a transaction after so many steps.
    pub async fn with_step_limit(steps: u64) -> Self {
        Self::at(Arc::new(TempDir::new().unwrap()), steps).await
    }

    /// Another process on the same file, or the same one after it ended.
    pub async fn again(&self) -> Self {
        Self::at(Arc::clone(&self.folder), Options::STEP_LIMIT).await
    }

    async fn at(folder: Arc<TempDir>, step_limit: u64) -> Self {
        let (clock, time) = Clock::manual(start());
        let url = format!("sqlite:{}", folder.path().display());
        let options = Options { step_limit, ..Options::new(clock, Metrics::unregistered()) };
        let db = Sqlite.open(&url, "test", options).unwrap();
        db.migrate(&[mainstay_events::MIGRATIONS, TABLES]).await.unwrap();
        let (tasks, shutdown) = (Tasks::new(), Shutdown::new());
        // By the machine's clock: a test that moves time by hours does not mean to lose the lease.
        let leadership = Leadership::start(&db, &Clock::system(), &tasks, &shutdown);
        Self {
            outbox: Outbox::new(db.clone(), "test"),
            consumers: Consumers::new(db.clone(), Arc::clone(&leadership), tasks.clone()),
            ctx: Context::background("test"),
            db,
            leadership,
            time,
            shutdown,
            tasks,
            folder,
        }
    }

    /// Whose consumers are known to producers beside it.
    pub fn reading(self, readers: &Readers) -> Self {
        Self { consumers: self.consumers.with_readers(readers.clone()), ..self }
    }

    /// Adds the consumers and runs them.
    pub fn run(&self, consumers: impl IntoIterator<Item = Consumer>) {
        for consumer in consumers {
            self.consumers.add(consumer).unwrap();
        }
        let (consumers, shutdown) = (self.consumers.clone(), self.shutdown.clone());
        self.tasks.spawn("consumers", async move { consumers.run(shutdown).await });
    }

    /// As the process ends: everything put down, the lease given back.
    pub async fn stop(self) {
        self.shutdown.request();
        assert!(
            self.tasks.drain(&Clock::system(), Duration::from_secs(5)).await.is_empty(),
            "tasks still run"
        );
        self.db.close().await;
    }

    pub async fn write<T: Send + 'static>(
        &self,
        closure: impl FnMut(&Tx<'_>) -> Result<T> + Send + 'static,
    ) -> T {
        self.db.write(&self.ctx, closure).await.unwrap()
    }

    pub async fn read<T: Send + 'static>(
        &self,
        closure: impl FnMut(&View<'_>) -> Result<T> + Send + 'static,
    ) -> T {
        self.db.read(&self.ctx, closure).await.unwrap()
    }

    /// Tells a note for each pair of key and number, all in one transaction.
    pub async fn tell(&self, notes: impl IntoIterator<Item = (&str, i64)>) {
        let notes: Vec<(String, i64)> =
            notes.into_iter().map(|(key, number)| (key.to_owned(), number)).collect();
        let (outbox, ctx) = (self.outbox.clone(), self.ctx.clone());
        self.write(move |tx| {
            for (key, number) in &notes {
                outbox.append(tx, &ctx, &NOTES, key, &note(*number))?;
            }
            Ok(())
        })
        .await;
    }

    /// A subscription to this node's own notes.
    pub fn subscription(&self) -> Subscription<Note> {
        Subscription::new(GROUP, &NOTES, Arc::new(self.outbox.clone()))
    }

    /// Keys and numbers in the order of their effects.
    pub async fn effects(&self) -> Vec<(String, i64)> {
        self.read(|view| {
            view.query("SELECT key, number FROM effects ORDER BY place", &[], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
        })
        .await
    }

    pub async fn numbers(&self) -> Vec<i64> {
        self.effects().await.into_iter().map(|(_, number)| number).collect()
    }

    /// Waits until the consumer's status is as wanted.
    pub async fn until(&self, holds: impl FnMut(&ConsumerStatus) -> bool) -> ConsumerStatus {
        self.until_of(GROUP, holds).await
    }

    pub async fn until_of(&self, name: &str, holds: impl FnMut(&ConsumerStatus) -> bool) -> ConsumerStatus {
        let wait = Clock::system().timeout(Duration::from_secs(20), self.consumers.until(name, holds)).await;
        wait.unwrap_or_else(|_| panic!("not reached: {:?}", self.consumers.status())).unwrap()
    }

    pub async fn reached(&self, position: i64) {
        self.until(|status| status.position >= Position(position)).await;
    }

    /// Moves time in steps that the consumers can follow, until the status is as wanted.
    pub async fn pass_time_until(&self, mut holds: impl FnMut(&ConsumerStatus) -> bool) -> ConsumerStatus {
        for _ in 0..2_000 {
            let waited = Clock::system()
                .timeout(Duration::from_millis(2), self.consumers.until(GROUP, &mut holds))
                .await;
            if let Ok(status) = waited {
                return status.unwrap();
            }
            self.time.advance(Duration::from_millis(250));
        }
        panic!("not reached: {:?}", self.consumers.status());
    }

    /// Waits until the transaction's result is as wanted.
    pub async fn eventually<T: Send + std::fmt::Debug + 'static>(
        &self,
        read: impl Fn(&View<'_>) -> Result<T> + Clone + Send + 'static,
        wanted: impl Fn(&T) -> bool,
    ) -> T {
        for _ in 0..2_000 {
            let found = self.read(read.clone()).await;
            if wanted(&found) {
                return found;
            }
            Clock::system().sleep(Duration::from_millis(5)).await;
        }
        panic!("not reached: {:?}", self.read(read).await);
    }
}

/// The handler that leaves a row.
pub fn record(tx: &Tx<'_>, _ctx: &Context, envelope: &Envelope, event: Note) -> Result<()> {
    tx.execute(
        "INSERT INTO effects (key, number) VALUES (?1, ?2)",
        &[(&envelope.key).into(), event.number.into()],
    )?;
    Ok(())
}

pub fn is_failing(status: &ConsumerStatus, code: &str) -> bool {
    matches!(&status.state, ConsumerState::Failing { code: found, .. } if found == code)
}

/// A source that a test plays: it hands over whatever pages it was given, in that order, whatever the reader asks.
#[derive(Clone, Default)]
pub struct Scripted {
    pages: Arc<Mutex<VecDeque<Result<Page>>>>,
    added: Arc<Notify>,
}

impl Scripted {
    pub fn push(&self, page: Result<Page>) {
        self.pages.lock().push_back(page);
        self.added.notify_one();
    }

    pub fn events(&self, events: Vec<Envelope>) {
        let through = events.last().map_or(Position::START, |last| last.position);
        self.push(Ok(Page { events, through }));
    }
}

#[async_trait]
impl EventSource for Scripted {
    fn name(&self) -> &str {
        "scripted"
    }

    fn follow(&self, _topic: &str, _after: Position, _limit: usize) -> Box<dyn Feed> {
        Box::new(self.clone())
    }

    async fn newest(&self) -> Result<Position> {
        let pages = self.pages.lock();
        Ok(pages
            .iter()
            .filter_map(|page| page.as_ref().ok())
            .map(|page| page.through)
            .max()
            .unwrap_or_default())
    }
}

#[async_trait]
impl Feed for Scripted {
    async fn next(&mut self) -> Result<Page> {
        loop {
            if let Some(page) = self.pages.lock().pop_front() {
                return page;
            }
            self.added.notified().await;
        }
    }
}

/// An envelope of the scripted source.
pub fn envelope(position: i64, key: &str, number: i64) -> Envelope {
    let mut id = [0; 16];
    id[8..].copy_from_slice(&position.to_be_bytes());
    Envelope {
        position: Position(position),
        id: Id::from_bytes(id),
        source: "scripted".into(),
        event_type: Note::TYPE.to_owned(),
        key: key.to_owned(),
        time: start(),
        trace: None,
        data: prost::Message::encode_to_vec(&note(number)),
    }
}
