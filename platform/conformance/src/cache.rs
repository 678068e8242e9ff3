//! What every store of cached values must do, and the cache over it. Time is moved by hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::FutureExt;
use futures::future::{BoxFuture, join_all};
use mainstay_cache::{Cache, CacheStore, Entry, Loaded, Metrics, Policy, Stamp, Tag};
use mainstay_core::{Clock, Context, ManualClock, Result, Tasks, Timestamp, codes};
use tokio::sync::Semaphore;

use crate::case::{Case, Outcome, ensure, same, told};

/// Makes a store with room for so many bytes, on a clock.
pub type Open = Arc<dyn Fn(u64, Clock) -> Arc<dyn CacheStore> + Send + Sync>;

/// Every case. Needs a runtime with several threads.
pub fn cases(open: Open) -> Vec<Case> {
    let checks = CASES.iter().map(|(promise, check)| {
        let open = Arc::clone(&open);
        Case::new(format!("cache: {promise}"), move || async move { check(Lab::new(&open, ROOM)).await })
    });
    let open = Arc::clone(&open);
    let bounded =
        Case::new("cache: what is kept stays within its bound, and is counted", move || async move {
            bounded(Lab::new(&open, 64 * 1024)).await
        });
    checks.chain([bounded]).collect()
}

/// Enough for everything that a case keeps.
const ROOM: u64 = 16 * 1024 * 1024;

type Check = fn(Lab) -> BoxFuture<'static, Outcome>;

const CASES: &[(&str, Check)] = &[
    ("a cold hot key is one load, with a thousand callers", |lab| single_flight(lab).boxed()),
    ("a load that fails or panics is told to those who wait, and the next one loads", |lab| {
        failures(lab).boxed()
    }),
    ("a caller that goes away strands nobody", |lab| cancelled(lab).boxed()),
    ("a load that never ends is given up", |lab| endless(lab).boxed()),
    ("a value read before a change is not told after its invalidation", |lab| interleavings(lab).boxed()),
    ("who asks after a change does not get what a load before it found", |lab| overtaken(lab).boxed()),
    ("an invalidation reaches its tags and no others", |lab| tags(lab).boxed()),
    ("a value goes when its time is over", |lab| expiry(lab).boxed()),
    ("a value is loaded anew early, once, while the old one is told", |lab| early(lab).boxed()),
    ("a stale value is told while it is loaded anew, and never an invalidated one", |lab| stale(lab).boxed()),
    ("that there is nothing is known for a short time", |lab| absent(lab).boxed()),
    ("tenants do not see each other's values", |lab| tenants(lab).boxed()),
    ("many changes and many reads at once never show an old value", |lab| storm(lab).boxed()),
];

#[derive(Clone)]
struct Lab {
    store: Arc<dyn CacheStore>,
    cache: Cache,
    manual: ManualClock,
    metrics: Metrics,
    ctx: Context,
    /// What the source holds.
    source: Arc<AtomicU64>,
    /// Loads wait here after they have read; plenty of permits unless a case takes them.
    gate: Arc<Semaphore>,
    reads: Arc<AtomicU64>,
}

impl Lab {
    fn new(open: &Open, bytes: u64) -> Self {
        let (clock, manual) = Clock::manual(Timestamp::from_micros(1_900_000_000_000_000));
        let store = open(bytes, clock.clone());
        let metrics = Metrics::unregistered();
        let cache = Cache::new(
            "conformance",
            Arc::clone(&store),
            Policy::default(),
            clock,
            Tasks::new(),
            metrics.clone(),
        );
        Self {
            store,
            cache,
            manual,
            metrics,
            ctx: Context::background("conformance"),
            source: Arc::new(AtomicU64::new(1)),
            gate: Arc::new(Semaphore::new(1_000_000)),
            reads: Arc::new(AtomicU64::new(0)),
        }
    }

    /// Closes the gate: loads read and then wait until it is opened.
    async fn close_gate(&self) {
        if let Ok(all) = self.gate.acquire_many(1_000_000).await {
            all.forget();
        }
    }

    fn open_gate(&self) {
        self.gate.add_permits(1_000_000);
    }

    async fn get_as(&self, ctx: &Context, key: &str) -> Result<Option<u64>> {
        let (source, gate, reads) =
            (Arc::clone(&self.source), Arc::clone(&self.gate), Arc::clone(&self.reads));
        let tag = Tag::new(format!("key:{key}"));
        let load = move || {
            let (source, gate, reads, tag) =
                (Arc::clone(&source), Arc::clone(&gate), Arc::clone(&reads), tag.clone());
            async move {
                let seen = source.load(Ordering::SeqCst);
                reads.fetch_add(1, Ordering::SeqCst);
                let _permit = gate.acquire().await;
                let value = (seen > 0).then(|| seen.to_string().into());
                Ok(Loaded { value, tags: vec![tag, Tag::new("all")] })
            }
        };
        let found = self.cache.get_or_load(ctx, key, load).await?;
        Ok(found.map(|bytes| String::from_utf8_lossy(&bytes).parse().unwrap_or(0)))
    }

    async fn get(&self, key: &str) -> Outcome<Option<u64>> {
        self.get_as(&self.ctx, key).await.map_err(told)
    }

    /// Changes the source and then invalidates, as a writer does after its commit.
    async fn change(&self, key: &str, value: u64) -> Outcome {
        self.source.store(value, Ordering::SeqCst);
        self.cache.invalidate(&[Tag::new(format!("key:{key}"))]).await.map_err(told)
    }

    async fn until_told(&self, key: &str, value: u64) -> Outcome {
        for _ in 0..5_000 {
            if self.get(key).await? == Some(value) {
                return Ok(());
            }
            Clock::system().sleep(Duration::from_millis(1)).await;
        }
        Err(format!("{value} was never told"))
    }

    fn loads(&self) -> u64 {
        self.metrics.loads()
    }
}

/// Lets tasks run until something holds. Bounded: what never comes is a failure.
async fn until(holds: impl Fn() -> bool) -> Outcome {
    for _ in 0..100_000 {
        if holds() {
            return Ok(());
        }
        tokio::task::yield_now().await;
    }
    // The threads of the runtime may be busy elsewhere.
    for _ in 0..5_000 {
        if holds() {
            return Ok(());
        }
        Clock::system().sleep(Duration::from_millis(1)).await;
    }
    Err("it never came".into())
}

async fn single_flight(lab: Lab) -> Outcome {
    lab.close_gate().await;
    let callers: Vec<_> = (0..1_000).map(|_| lab.get("hot")).collect();
    let opened = async {
        until(|| lab.reads.load(Ordering::SeqCst) == 1).await?;
        lab.open_gate();
        Ok::<(), String>(())
    };
    let (found, opened) = tokio::join!(join_all(callers), opened);
    opened?;
    for value in found {
        same("value", value?, Some(1))?;
    }
    same("loads", lab.loads(), 1)?;
    same("value", lab.get("hot").await?, Some(1))?;
    same("loads after a hit", lab.loads(), 1)
}

async fn failures(lab: Lab) -> Outcome {
    for panics in [false, true] {
        lab.close_gate().await;
        let begun = Arc::new(AtomicU64::new(0));
        let load = {
            let (begun, gate) = (Arc::clone(&begun), Arc::clone(&lab.gate));
            move || {
                begun.fetch_add(1, Ordering::SeqCst);
                let gate = Arc::clone(&gate);
                async move {
                    let _permit = gate.acquire().await;
                    assert!(!panics, "on purpose");
                    Err(codes::CONFLICT.error("on purpose"))
                }
            }
        };
        let callers = join_all((0..10).map(|_| lab.cache.get_or_load(&lab.ctx, "bad", load.clone())));
        let opened = async {
            until(|| begun.load(Ordering::SeqCst) == 1).await?;
            lab.open_gate();
            Ok::<(), String>(())
        };
        let (outcomes, opened) = tokio::join!(callers, opened);
        opened?;
        ensure(outcomes.iter().all(Result::is_err), "each is told of the failure")?;
        same("loads", begun.load(Ordering::SeqCst), 1)?;
    }
    same("the next one", lab.get("bad").await?, Some(1))
}

async fn cancelled(lab: Lab) -> Outcome {
    lab.close_gate().await;
    let mut first = Box::pin(lab.get("key"));
    ensure(futures::poll!(&mut first).is_pending(), "the first caller waits")?;
    let mut second = Box::pin(lab.get("key"));
    ensure(futures::poll!(&mut second).is_pending(), "the second caller waits")?;
    drop(first);
    lab.open_gate();
    same("value", second.await?, Some(1))?;
    same("loads", lab.loads(), 1)
}

async fn endless(lab: Lab) -> Outcome {
    let never = || std::future::pending::<Result<Loaded>>();
    let mut caller = Box::pin(lab.cache.get_or_load(&lab.ctx, "key", never));
    ensure(futures::poll!(&mut caller).is_pending(), "the caller waits")?;
    let moving = async {
        until(|| lab.manual.sleepers() > 0).await?;
        lab.manual.advance(Policy::default().load_within);
        Ok::<(), String>(())
    };
    let (outcome, moved) = tokio::join!(caller, moving);
    moved?;
    ensure(outcome.is_err_and(|error| error.is(&codes::DEADLINE)), "it is given up")?;
    same("the next one", lab.get("key").await?, Some(1))
}

// Every order of: take the stamp (s), read (r), fill (f) of a load, and commit (c), invalidate (i) of a change.
async fn interleavings(lab: Lab) -> Outcome {
    for (number, order) in
        ["srfci", "srcfi", "srcif", "scrfi", "scrif", "scirf", "csrfi", "csrif", "csirf", "cisrf"]
            .into_iter()
            .enumerate()
    {
        let key = format!("key-{number}");
        let tags: Arc<[Tag]> = [Tag::new(key.clone())].into();
        let (mut source, mut stamp, mut read) = (1_u8, Stamp(0), 0);
        for step in order.chars() {
            match step {
                's' => stamp = lab.store.stamp().await.map_err(told)?,
                'r' => read = source,
                'f' => {
                    let value = Some(vec![read].into());
                    let keep_for = Duration::from_secs(60);
                    let entry = Entry { value, tags: Arc::clone(&tags), stamp, keep_for };
                    lab.store.fill(&key, entry).await.map_err(told)?;
                }
                'c' => source = 2,
                _ => lab.store.invalidate(&tags).await.map_err(told)?,
            }
        }
        let kept = lab.store.get(&key).await.map_err(told)?;
        let old = kept.is_some_and(|kept| kept.entry.value.as_deref() == Some(&[1]));
        ensure(!old, format!("{order}: the old value is not told"))?;
        let clean = matches!(order, "cisrf");
        let held = lab.store.holds(stamp, &tags).await.map_err(told)?;
        ensure(!clean || held, format!("{order}: what was read after the change is kept"))?;
    }
    Ok(())
}

async fn overtaken(lab: Lab) -> Outcome {
    lab.close_gate().await;
    let mut before = Box::pin(lab.get("key"));
    ensure(futures::poll!(&mut before).is_pending(), "the first caller waits")?;
    until(|| lab.reads.load(Ordering::SeqCst) == 1).await?;
    lab.change("key", 2).await?;
    let mut after = Box::pin(lab.get("key"));
    ensure(futures::poll!(&mut after).is_pending(), "the second caller waits")?;
    lab.open_gate();
    let (before, after) = tokio::join!(before, after);
    same("who asked before", before?, Some(1))?;
    same("who asked after", after?, Some(2))?;
    same("kept", lab.get("key").await?, Some(2))
}

async fn tags(lab: Lab) -> Outcome {
    for key in ["a", "b"] {
        lab.get(key).await?;
    }
    lab.change("a", 2).await?;
    same("a", lab.get("a").await?, Some(2))?;
    same("b", lab.get("b").await?, Some(1))?;
    lab.cache.invalidate(&[Tag::new("all")]).await.map_err(told)?;
    same("b", lab.get("b").await?, Some(2))?;
    lab.source.store(3, Ordering::SeqCst);
    lab.cache.invalidate_all().await.map_err(told)?;
    same("a", lab.get("a").await?, Some(3))
}

async fn expiry(lab: Lab) -> Outcome {
    lab.get("key").await?;
    lab.source.store(2, Ordering::SeqCst);
    let policy = Policy::default();
    lab.manual.advance(policy.fresh + policy.stale);
    same("value", lab.get("key").await?, Some(2))
}

async fn early(lab: Lab) -> Outcome {
    lab.get("key").await?;
    lab.source.store(2, Ordering::SeqCst);
    // In the early part for any key: its fresh time is at most a tenth shorter.
    lab.manual.advance(Policy::default().fresh - Policy::default().fresh / 10 - Duration::from_secs(1));
    for value in join_all((0..50).map(|_| lab.get("key"))).await {
        let value = value?;
        ensure(value == Some(1) || value == Some(2), "the old value or the new one")?;
    }
    until(|| lab.loads() == 2).await?;
    lab.until_told("key", 2).await?;
    same("loads", lab.loads(), 2)
}

async fn stale(lab: Lab) -> Outcome {
    lab.get("key").await?;
    lab.source.store(2, Ordering::SeqCst);
    lab.manual.advance(Policy::default().fresh);
    lab.close_gate().await;
    same("while it is loaded anew", lab.get("key").await?, Some(1))?;
    same("again", lab.get("key").await?, Some(1))?;
    until(|| lab.reads.load(Ordering::SeqCst) == 2).await?;
    lab.open_gate();
    lab.until_told("key", 2).await?;
    same("loads", lab.loads(), 2)?;
    lab.manual.advance(Policy::default().fresh);
    lab.change("key", 3).await?;
    same("after an invalidation", lab.get("key").await?, Some(3))
}

async fn absent(lab: Lab) -> Outcome {
    lab.source.store(0, Ordering::SeqCst);
    same("nothing", lab.get("key").await?, None)?;
    same("nothing", lab.get("key").await?, None)?;
    same("loads", lab.loads(), 1)?;
    lab.source.store(5, Ordering::SeqCst);
    lab.manual.advance(Policy::default().absent);
    same("something", lab.get("key").await?, Some(5))?;
    // And an invalidation ends it at once.
    lab.source.store(0, Ordering::SeqCst);
    same("nothing", lab.get("other").await?, None)?;
    lab.change("other", 6).await?;
    same("something", lab.get("other").await?, Some(6))
}

async fn tenants(lab: Lab) -> Outcome {
    let principal = lab.ctx.principal().clone();
    let other = mainstay_core::TenantId::from_bytes([7; 16]);
    let other = Context::new(other, principal, mainstay_core::TraceContext::root(false));
    lab.get("key").await?;
    lab.source.store(2, Ordering::SeqCst);
    same("theirs", lab.get_as(&other, "key").await.map_err(told)?, Some(2))?;
    same("ours", lab.get("key").await?, Some(1))
}

async fn storm(lab: Lab) -> Outcome {
    let changed = Arc::new(AtomicU64::new(1));
    let writer = {
        let (lab, changed) = (lab.clone(), Arc::clone(&changed));
        async move {
            for value in 2..300 {
                lab.change("key", value).await?;
                // Whoever begins to ask from now on must see at least this one.
                changed.store(value, Ordering::SeqCst);
                tokio::task::yield_now().await;
            }
            Ok::<(), String>(())
        }
    };
    let readers = (0..4).map(|_| {
        let (lab, changed) = (lab.clone(), Arc::clone(&changed));
        async move {
            for _ in 0..500 {
                let least = changed.load(Ordering::SeqCst);
                let found = lab.get("key").await?.unwrap_or(0);
                ensure(found >= least, format!("{found} is at least {least}"))?;
                tokio::task::yield_now().await;
            }
            Ok::<(), String>(())
        }
    });
    let tasks = Tasks::new();
    let readers: Vec<_> = readers.map(|reader| tasks.spawn("reader", reader).join()).collect();
    let writer = tasks.spawn("writer", writer).join();
    let (written, read) = tokio::join!(writer, join_all(readers));
    for outcome in read.into_iter().chain([written]) {
        outcome.ok_or("a task panicked")??;
    }
    Ok(())
}

async fn bounded(lab: Lab) -> Outcome {
    for number in 0..2_000 {
        lab.get(&format!("key-{number}")).await?;
    }
    let usage = lab.store.usage();
    ensure(usage.bytes <= 64 * 1024, format!("{usage:?} is within the bound"))?;
    ensure(usage.entries > 0 && usage.evictions > 0, format!("{usage:?} tells what went"))?;
    same("what went is loaded again", lab.get("key-0").await?, Some(1))?;
    same("what is too large is told all the same", large(&lab).await?, 1_000_000)
}

async fn large(lab: &Lab) -> Outcome<usize> {
    let load = || async { Ok(Loaded { value: Some(vec![7; 1_000_000].into()), tags: vec![] }) };
    Ok(lab.cache.get_or_load(&lab.ctx, "large", load).await.map_err(told)?.map_or(0, |value| value.len()))
}
