//! The cache in memory keeps its port's promises.

use std::sync::Arc;

use mainstay_cache::CacheStore;
use mainstay_conformance::{cache, case};
use mainstay_core::Clock;
use mainstay_engine_local::MemoryCache;

#[tokio::test(flavor = "multi_thread")]
async fn every_case_of_the_cache_holds() {
    let open: cache::Open =
        Arc::new(|bytes, clock| -> Arc<dyn CacheStore> { Arc::new(MemoryCache::with_bytes(bytes, clock)) });
    let cases = cache::cases(open);
    assert!(cases.len() >= 14, "the suite has lost cases");
    let failures = case::failures(cases).await;
    assert!(failures.is_empty(), "{failures:#?}");
}

#[test]
fn a_url_says_how_much_memory() {
    for good in ["memory:", "memory:1", "memory:512"] {
        assert!(MemoryCache::open(good, Clock::system()).is_ok(), "{good}");
    }
    for bad in ["memory:0", "memory:-1", "memory:lots", "memory:99999999"] {
        assert!(MemoryCache::open(bad, Clock::system()).is_err(), "{bad}");
    }
}
