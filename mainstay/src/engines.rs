//! The engines that this binary was built with. Which of them is used is a matter of URLs in the configuration.

use std::sync::Arc;

use mainstay_blobs::Blobs;
use mainstay_cache::CacheStore;
use mainstay_core::{BlockingPool, Clock, Result};
use mainstay_engine_local::{FileBlobs, Mailbox, MemoryCache};
use mainstay_engine_sqlite::{Fts5, Sqlite};
use mainstay_host::{BlobEngine, CacheEngine, Engines, NotifierEngine};
use mainstay_notify::{Address, Notifier};

/// Every engine.
pub fn all() -> Engines {
    Engines::new().database(Sqlite).text(Fts5).cache(Memory).blobs(Files).notifier(Folder)
}

/// Cached values in this process: `memory:64`.
struct Memory;

impl CacheEngine for Memory {
    fn scheme(&self) -> &'static str {
        MemoryCache::SCHEME
    }

    fn open(&self, url: &str, clock: &Clock) -> Result<Arc<dyn CacheStore>> {
        Ok(Arc::new(MemoryCache::open(url, clock.clone())?))
    }
}

/// Objects as files in a folder: `file:data/blobs`.
struct Files;

impl BlobEngine for Files {
    fn scheme(&self) -> &'static str {
        FileBlobs::SCHEME
    }

    fn open(&self, url: &str, clock: &Clock, blocking: &BlockingPool) -> Result<Arc<dyn Blobs>> {
        Ok(Arc::new(FileBlobs::at(url, clock.clone(), blocking.clone())?))
    }
}

/// Mail as files in a folder: `folder:data/mail`.
struct Folder;

impl NotifierEngine for Folder {
    fn scheme(&self) -> &'static str {
        "folder"
    }

    fn open(
        &self,
        url: &str,
        from: Address,
        clock: &Clock,
        blocking: &BlockingPool,
    ) -> Result<Arc<dyn Notifier>> {
        let folder = url.strip_prefix("folder:").unwrap_or(url);
        Ok(Arc::new(Mailbox::open(folder, from, clock.clone(), blocking.clone())?))
    }
}
