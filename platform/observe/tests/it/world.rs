//! A store in a folder of its own, with what is put into it.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use mainstay_core::{Clock, Context, Timestamp};
use mainstay_engine_sqlite::Sqlite;
use mainstay_observe::Store;
use mainstay_observe::store::{Bounds, Writer};
use mainstay_sql::{DatabaseEngine, Metrics, Options};
use mainstay_telemetry::{FinishedSpan, Line, Queue, Registry, Role, Told, Value};

pub const ROOMY: Bounds = Bounds { age: Duration::from_secs(86_400), bytes: 100_000_000 };

pub struct World {
    pub store: Store,
    pub own: Arc<Queue<Told>>,
    pub registry: Registry,
    pub writer: Writer,
    pub ctx: Context,
}

impl World {
    pub async fn open(folder: &Path) -> Self {
        Self::with(folder, &Clock::system(), ROOMY).await
    }

    pub async fn with(folder: &Path, clock: &Clock, bounds: Bounds) -> Self {
        let registry = Registry::new();
        let options = Options::new(clock.clone(), Metrics::register(&registry));
        let db = Sqlite.open(&format!("sqlite:{}", folder.display()), "mainstay.observe", options).unwrap();
        let store = Store::open(db).await.unwrap();
        store.register(&registry);
        let own = Arc::new(Queue::new(20_000));
        let writer = store.start(bounds, Some(Arc::clone(&own)), &registry, "mainstay").unwrap();
        Self { store, own, registry, writer, ctx: Context::background("test") }
    }

    /// Tells the store spans and waits until they are written.
    pub async fn tell(&self, spans: Vec<FinishedSpan>) {
        self.tell_all([Told::Spans(spans.into())]).await;
    }

    pub async fn tell_all(&self, told: impl IntoIterator<Item = Told>) {
        let mut written = self.store.written();
        for one in told {
            assert!(self.own.push(one.weight(), one));
        }
        written.changed().await.unwrap();
    }
}

pub fn span(trace_id: u128, span_id: u64, parent: Option<u64>, name: &str) -> FinishedSpan {
    FinishedSpan {
        trace_id,
        span_id,
        parent,
        name: name.to_owned().into(),
        role: Role::Internal,
        started: Timestamp::from_micros(1_000_000 + i64::try_from(span_id).unwrap()),
        length_micros: 1_000,
        attributes: Vec::new(),
        error: None,
    }
}

pub fn with(mut span: FinishedSpan, key: &'static str, value: impl Into<Value>) -> FinishedSpan {
    span.attributes.push((Cow::Borrowed(key), value.into()));
    span
}

pub fn line(message: &str, level: tracing::Level, trace: Option<(u128, u64)>) -> Told {
    Told::Line(Arc::new(Line {
        at: Timestamp::from_micros(1_000_100),
        level,
        target: "shop_orders".into(),
        message: message.to_owned(),
        fields: vec![("order.id".into(), "ord_1".into()), ("count".into(), 3_i64.into())],
        trace_id: trace.map(|(trace, _)| trace),
        span_id: trace.map(|(_, span)| span),
    }))
}
