//! The cache over a store that cannot be asked. What a store that can be asked promises is in `mainstay-conformance`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use mainstay_cache::{Cache, CacheStore, Entry, Kept, Loaded, Metrics, Policy, Stamp, Tag, Usage};
use mainstay_core::{Clock, Context, Result, Tasks, codes};

/// A store that is away.
struct Away;

fn away<T>() -> Result<T> {
    Err(codes::UNAVAILABLE.error("the store is away"))
}

#[async_trait]
impl CacheStore for Away {
    async fn get(&self, _: &str) -> Result<Option<Kept>> {
        away()
    }

    async fn stamp(&self) -> Result<Stamp> {
        away()
    }

    async fn holds(&self, _: Stamp, _: &[Tag]) -> Result<bool> {
        away()
    }

    async fn fill(&self, _: &str, _: Entry) -> Result<bool> {
        away()
    }

    async fn invalidate(&self, _: &[Tag]) -> Result<()> {
        away()
    }

    async fn invalidate_all(&self) -> Result<()> {
        away()
    }

    fn usage(&self) -> Usage {
        Usage::default()
    }
}

#[tokio::test]
async fn a_store_that_is_away_makes_reads_slow_and_nothing_else() {
    let metrics = Metrics::unregistered();
    let cache =
        Cache::new("test", Arc::new(Away), Policy::default(), Clock::system(), Tasks::new(), metrics.clone());
    let ctx = Context::background("test");
    let source = Arc::new(AtomicU64::new(1));
    let load = {
        let source = Arc::clone(&source);
        move || {
            let seen = source.load(Ordering::SeqCst).to_string();
            async move { Ok(Loaded { value: Some(Bytes::from(seen)), tags: vec![Tag::new("thing:1")] }) }
        }
    };
    for change in 1..=3 {
        source.store(change, Ordering::SeqCst);
        assert!(cache.invalidate(&[Tag::new("thing:1")]).await.is_err(), "who invalidates is told");
        let told = cache.get_or_load(&ctx, "thing", load.clone()).await.unwrap();
        assert_eq!(told, Some(Bytes::from(change.to_string())), "never an older one");
    }
    assert_eq!(metrics.loads(), 3, "each is read from its source");
    let many = (0..50).map(|_| cache.get_or_load(&ctx, "thing", load.clone()));
    for told in futures::future::join_all(many).await {
        assert_eq!(told.unwrap(), Some(Bytes::from("3")));
    }
}
