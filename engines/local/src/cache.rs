//! Cached values in the memory of the process: `mainstay-cache`'s port.
//!
//! Entries lie in `quick_cache`, bounded by their bytes. It was chosen over moka, which measures time by itself (ours
//! is the clock's), brings housekeeping of its own, and is several times the code; what both share is an admission that
//! a single pass over many keys does not sweep out.
//!
//! Invalidations are stamps in a table of fixed size: a tag's place is its hash. Two tags that share a place cost a load
//! too many now and then, and never a value that is too old. An entry is held against the stamps whenever it is told,
//! so it does not matter whether it was filled before or after the invalidation.

use std::hash::BuildHasher;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use foldhash::fast::RandomState;
use mainstay_cache::{CacheStore, Entry, Kept, Stamp, Tag, Usage};
use mainstay_core::{Clock, Monotonic, Result, codes};
use quick_cache::sync::Cache;
use quick_cache::{Lifecycle, Weighter};

/// Places for stamps: half a megabyte. With 4,000 things changed since an entry was read, one in sixteen is loaded
/// once for nothing.
const PLACES: usize = 65_536;

/// What an entry costs beside its bytes: the map's slot, counters and pointers.
const ENTRY_BYTES: u64 = 200;

/// What an entry is taken to weigh when the map's first size is chosen.
const TYPICAL_BYTES: u64 = 2_048;

/// Megabytes when the URL does not say: some ten thousand products.
const DEFAULT_MB: u64 = 64;

/// A store in memory. `memory:` or `memory:<megabytes>`.
pub struct MemoryCache {
    entries: Cache<String, Stored, Weigh, RandomState, Evictions>,
    evicted: Arc<AtomicU64>,
    hasher: RandomState,
    newest: AtomicU64,
    all: AtomicU64,
    places: Box<[AtomicU64]>,
    clock: Clock,
}

#[derive(Clone)]
struct Stored {
    entry: Arc<Entry>,
    since: Monotonic,
}

#[derive(Clone)]
struct Weigh;

impl Weighter<String, Stored> for Weigh {
    fn weight(&self, key: &String, stored: &Stored) -> u64 {
        let value = stored.entry.value.as_ref().map_or(0, |value| value.len());
        let tags: usize = stored.entry.tags.iter().map(|tag| tag.as_str().len() + 16).sum();
        ENTRY_BYTES + (key.len() + value + tags) as u64
    }
}

#[derive(Clone)]
struct Evictions(Arc<AtomicU64>);

impl Lifecycle<String, Stored> for Evictions {
    type RequestState = ();

    fn on_evict(&self, _state: &mut (), _key: String, _stored: Stored) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl MemoryCache {
    /// What stands before the colon of the URL.
    pub const SCHEME: &str = "memory";

    /// Opens it; `core.invalid` unless what comes after the colon is nothing or a number of megabytes above 0.
    pub fn open(url: &str, clock: Clock) -> Result<Self> {
        let megabytes = url.split_once(':').map_or("", |(_, rest)| rest);
        let megabytes = if megabytes.is_empty() { Ok(DEFAULT_MB) } else { megabytes.parse() };
        match megabytes {
            Ok(megabytes @ 1..=1_048_576) => Ok(Self::with_bytes(megabytes * 1_048_576, clock)),
            _ => {
                Err(codes::INVALID.error(format!("{url:?} is no cache; write memory: or memory:<megabytes>")))
            }
        }
    }

    /// With room for so many bytes.
    pub fn with_bytes(bytes: u64, clock: Clock) -> Self {
        let evicted = Arc::new(AtomicU64::new(0));
        let typical = usize::try_from(bytes / TYPICAL_BYTES).unwrap_or(1_000).max(16);
        let lifecycle = Evictions(Arc::clone(&evicted));
        Self {
            entries: Cache::with(typical, bytes, Weigh, RandomState::default(), lifecycle),
            evicted,
            hasher: RandomState::default(),
            newest: AtomicU64::new(1),
            all: AtomicU64::new(0),
            places: (0..PLACES).map(|_| AtomicU64::new(0)).collect(),
            clock,
        }
    }

    fn place(&self, tag: &Tag) -> &AtomicU64 {
        let hash = usize::try_from(self.hasher.hash_one(tag.as_str()) % PLACES as u64).unwrap_or(0);
        &self.places[hash]
    }

    fn is_valid(&self, stamp: Stamp, tags: &[Tag]) -> bool {
        let unmoved = |place: &AtomicU64| place.load(Ordering::SeqCst) <= stamp.0;
        unmoved(&self.all) && tags.iter().all(|tag| unmoved(self.place(tag)))
    }
}

#[async_trait]
impl CacheStore for MemoryCache {
    async fn get(&self, key: &str) -> Result<Option<Kept>> {
        let Some(stored) = self.entries.get(key) else { return Ok(None) };
        let age: Duration = self.clock.monotonic().since(stored.since);
        let entry = stored.entry;
        if age >= entry.keep_for || !self.is_valid(entry.stamp, &entry.tags) {
            // Unless it was replaced meanwhile.
            self.entries.remove_if(key, |now| Arc::ptr_eq(&now.entry, &entry));
            return Ok(None);
        }
        Ok(Some(Kept { entry, age }))
    }

    async fn stamp(&self) -> Result<Stamp> {
        Ok(Stamp(self.newest.load(Ordering::SeqCst)))
    }

    async fn holds(&self, stamp: Stamp, tags: &[Tag]) -> Result<bool> {
        Ok(self.is_valid(stamp, tags))
    }

    async fn fill(&self, key: &str, entry: Entry) -> Result<bool> {
        if !self.is_valid(entry.stamp, &entry.tags) {
            return Ok(false);
        }
        let stored = Stored { entry: Arc::new(entry), since: self.clock.monotonic() };
        self.entries.insert(key.to_owned(), stored);
        Ok(true)
    }

    async fn invalidate(&self, tags: &[Tag]) -> Result<()> {
        let now = self.newest.fetch_add(1, Ordering::SeqCst) + 1;
        for tag in tags {
            self.place(tag).fetch_max(now, Ordering::SeqCst);
        }
        Ok(())
    }

    async fn invalidate_all(&self) -> Result<()> {
        let now = self.newest.fetch_add(1, Ordering::SeqCst) + 1;
        self.all.fetch_max(now, Ordering::SeqCst);
        Ok(())
    }

    fn usage(&self) -> Usage {
        Usage {
            entries: self.entries.len() as u64,
            bytes: self.entries.weight(),
            evictions: self.evicted.load(Ordering::Relaxed),
        }
    }
}
