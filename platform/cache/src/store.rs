//! The port: where values are kept.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use mainstay_core::Result;

/// What a value depends on, such as `product:prd_…`. Invalidating a tag invalidates every value that has it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Tag(Arc<str>);

impl Tag {
    /// The tag of this name, `<what>:<which>`.
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self(name.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A moment in the order of invalidations. Taken before a value is read from its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp(pub u64);

/// A value on its way into a store.
#[derive(Clone, Debug)]
pub struct Entry {
    /// `None` is also worth knowing: there is no such thing.
    pub value: Option<Bytes>,
    pub tags: Arc<[Tag]>,
    /// From before the value was read.
    pub stamp: Stamp,
    /// After this long nobody is told it any more.
    pub keep_for: Duration,
}

/// A value that a store still has.
#[derive(Clone, Debug)]
pub struct Kept {
    pub entry: Arc<Entry>,
    /// How long it has been there.
    pub age: Duration,
}

/// How much a store holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    pub entries: u64,
    /// Bytes of keys, values and tags, with what each entry costs beside.
    pub bytes: u64,
    /// Entries that went because others needed their room, since the store was opened.
    pub evictions: u64,
}

/// Keeps values within a bound, and forgets the least useful ones first.
#[async_trait]
pub trait CacheStore: Send + Sync {
    /// What is kept under the key, unless it has had its time or a tag of it was invalidated since its stamp.
    async fn get(&self, key: &str) -> Result<Option<Kept>>;

    /// The present moment, for a value that is about to be read.
    async fn stamp(&self) -> Result<Stamp>;

    /// Whether none of the tags was invalidated since the stamp.
    async fn holds(&self, stamp: Stamp, tags: &[Tag]) -> Result<bool>;

    /// Keeps an entry unless a tag of it was invalidated since its stamp; whether it was kept.
    async fn fill(&self, key: &str, entry: Entry) -> Result<bool>;

    /// After this returns, no value with one of these tags that was stamped before is told.
    async fn invalidate(&self, tags: &[Tag]) -> Result<()>;

    /// The same for every value.
    async fn invalidate_all(&self) -> Result<()>;

    /// How much it holds.
    fn usage(&self) -> Usage;
}
