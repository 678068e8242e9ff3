//! Ask the store, or load once for everybody who asks.

use std::future::Future;
use std::sync::Arc;

use bytes::Bytes;
use mainstay_core::{Clock, Context, Result, Tasks};

use crate::flight::{Flights, Landed, Pilot, Seat};
use crate::metrics::Metrics;
use crate::policy::{Age, Policy};
use crate::store::{CacheStore, Entry, Stamp, Tag};

/// How often a caller waits for a load that was overtaken by a change before they load by themselves.
const WAITS_MAX: u32 = 3;

/// One use of a store, such as `products`. Cheap to clone.
#[derive(Clone)]
pub struct Cache(Arc<Inner>);

struct Inner {
    name: &'static str,
    store: Arc<dyn CacheStore>,
    policy: Policy,
    clock: Clock,
    tasks: Tasks,
    metrics: Metrics,
    flights: Flights,
}

/// What a loader found.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// `None` when there is no such thing.
    pub value: Option<Bytes>,
    /// What it depends on. What depends on nothing only goes by age.
    pub tags: Vec<Tag>,
}

impl Cache {
    /// A use of the store under a name that no other use has.
    pub fn new(
        name: &'static str,
        store: Arc<dyn CacheStore>,
        policy: Policy,
        clock: Clock,
        tasks: Tasks,
        metrics: Metrics,
    ) -> Self {
        Self(Arc::new(Inner { name, store, policy, clock, tasks, metrics, flights: Flights::default() }))
    }

    /// The value of the key: from the store, or by `load`, which runs once for all who ask at the same time and goes
    /// on when its caller goes away. `load` must read what it reads after it was called. Keys of different tenants are
    /// different.
    ///
    /// # Errors
    /// Those of `load`, for all who waited; `core.deadline` when the caller's time is up first.
    pub async fn get_or_load<F, R>(&self, ctx: &Context, key: &str, load: F) -> Result<Option<Bytes>>
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = Result<Loaded>> + Send + 'static,
    {
        let inner = &*self.0;
        let key = scoped(inner.name, ctx, key);
        let load = Arc::new(load);
        if let Some(kept) = self.kept(&key).await {
            let entry = &kept.entry;
            match inner.policy.age(&key, entry.value.is_some(), kept.age) {
                Age::Fresh => {
                    inner.metrics.hits.inc();
                    return Ok(entry.value.clone());
                }
                Age::Early => {
                    inner.metrics.hits.inc();
                    self.refresh(&key, load);
                    return Ok(entry.value.clone());
                }
                Age::Stale => {
                    inner.metrics.stale.inc();
                    self.refresh(&key, load);
                    return Ok(entry.value.clone());
                }
                Age::Over => {}
            }
        }
        inner.metrics.misses.inc();
        let wanted = self.wait(&key, &load);
        match ctx.remaining(&inner.clock)? {
            Some(left) => inner.clock.timeout(left, wanted).await?,
            None => wanted.await,
        }
    }

    async fn kept(&self, key: &str) -> Option<crate::store::Kept> {
        match self.0.store.get(key).await {
            Ok(kept) => kept,
            Err(error) => {
                self.store_failed(&error);
                None
            }
        }
    }

    async fn wait<F, R>(&self, key: &str, load: &Arc<F>) -> Result<Option<Bytes>>
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = Result<Loaded>> + Send + 'static,
    {
        for _ in 0..WAITS_MAX {
            let (seat, pilot) = self.0.flights.board(key);
            let own = pilot.is_some();
            match pilot {
                Some(pilot) => self.begin(pilot, load),
                None => {
                    self.0.metrics.joined.inc();
                }
            }
            let landed = Seat::landed(seat).await?;
            // Who came after the load had begun may have come after a change that it did not see.
            if own || self.holds(&landed).await {
                return Ok(landed.value);
            }
        }
        self.0.metrics.loads.inc();
        Ok(load().await?.value)
    }

    async fn holds(&self, landed: &Landed) -> bool {
        match self.0.store.holds(landed.stamp, &landed.tags).await {
            Ok(holds) => holds,
            Err(error) => {
                self.store_failed(&error);
                false
            }
        }
    }

    /// Loads anew beside, unless somebody does.
    fn refresh<F, R>(&self, key: &str, load: Arc<F>)
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = Result<Loaded>> + Send + 'static,
    {
        if let (_, Some(pilot)) = self.0.flights.board(key) {
            self.begin(pilot, &load);
        }
    }

    fn begin<F, R>(&self, pilot: Pilot, load: &Arc<F>)
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = Result<Loaded>> + Send + 'static,
    {
        let (cache, load) = (self.clone(), Arc::clone(load));
        drop(self.0.tasks.spawn("cache.load", async move {
            let outcome = cache.load(pilot.key(), &*load).await;
            pilot.land(outcome);
        }));
    }

    async fn load<F, R>(&self, key: &str, load: &F) -> Result<Landed>
    where
        F: Fn() -> R + Send + Sync,
        R: Future<Output = Result<Loaded>> + Send,
    {
        let inner = &*self.0;
        // Before anything is read: what changes from now on is seen, or makes the value void.
        let stamp = match inner.store.stamp().await {
            Ok(stamp) => Some(stamp),
            Err(error) => {
                self.store_failed(&error);
                None
            }
        };
        inner.metrics.loads.inc();
        let limited = inner.clock.timeout(inner.policy.load_within, load()).await;
        let loaded = limited.and_then(|loaded| loaded).inspect_err(|error| {
            inner.metrics.failed_loads.inc();
            tracing::debug!(cache = inner.name, error = error.chain(), "a value could not be loaded");
        })?;
        let tags: Arc<[Tag]> = loaded.tags.into();
        let landed = Landed { value: loaded.value, tags, stamp: stamp.unwrap_or(Stamp(0)) };
        if stamp.is_some() {
            self.keep(key, &landed).await;
        }
        Ok(landed)
    }

    async fn keep(&self, key: &str, landed: &Landed) {
        let entry = Entry {
            value: landed.value.clone(),
            tags: Arc::clone(&landed.tags),
            stamp: landed.stamp,
            keep_for: self.0.policy.keep_for(landed.value.is_some()),
        };
        match self.0.store.fill(key, entry).await {
            Ok(true) => {}
            Ok(false) => {
                self.0.metrics.refused_fills.inc();
            }
            Err(error) => self.store_failed(&error),
        }
        self.measure();
    }

    /// After this returns, no value with one of these tags is told that was read before. Call it after the commit of
    /// the change.
    ///
    /// # Errors
    /// When the store cannot be asked: then expiry and the event of the change are what is left.
    pub async fn invalidate(&self, tags: &[Tag]) -> Result<()> {
        self.0.metrics.invalidations.inc_by(tags.len() as u64);
        self.0.store.invalidate(tags).await.inspect_err(|error| self.store_failed(error))
    }

    /// The same for everything in the store: when it is not known what was changed.
    ///
    /// # Errors
    /// When the store cannot be asked.
    pub async fn invalidate_all(&self) -> Result<()> {
        self.0.store.invalidate_all().await.inspect_err(|error| self.store_failed(error))
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.0.clock
    }

    pub(crate) fn name(&self) -> &'static str {
        self.0.name
    }

    fn measure(&self) {
        let (usage, metrics) = (self.0.store.usage(), &self.0.metrics);
        let shown = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        metrics.entries.set(shown(usage.entries));
        metrics.bytes.set(shown(usage.bytes));
        metrics.evictions.set(shown(usage.evictions));
    }

    fn store_failed(&self, error: &mainstay_core::Error) {
        self.0.metrics.failures.inc();
        tracing::debug!(cache = self.0.name, error = error.chain(), "the cache's store could not be asked");
    }
}

fn scoped(name: &str, ctx: &Context, key: &str) -> String {
    use std::fmt::Write;
    let mut scoped = String::with_capacity(name.len() + key.len() + 34);
    let tenant = u128::from_be_bytes(*ctx.tenant().as_bytes());
    // Writing into a string cannot fail.
    let _ = write!(scoped, "{name}/{tenant:x}/{key}");
    scoped
}
