//! The register of goods, kept in memory between searches.
//!
//! The database counts the changes of what search knows, in their transactions. Each search sees in its own instant of the
//! database where the count is: if the register is behind, what has changed is read first; if the register is ahead of
//! that instant, or too large to be kept, the search reads the documents that it found. So what is told is always what the
//! database says at one instant, in however many processes the catalogue runs, and nothing has to be told to be forgotten.

use std::sync::atomic::{AtomicBool, Ordering};

use mainstay_core::{Currency, Result};
use mainstay_search::Hit;
use mainstay_sql::View;
use parking_lot::{Mutex, RwLock};

use super::lately::Lately;
use crate::model::Register;
use crate::store::{self, Changes};

/// Most memory that the register takes: some hundred thousand products. A larger shop reads what it finds. What was found
/// lately takes a quarter of it more.
const BYTES_MAX: usize = 64 * 1024 * 1024;

/// The register, and how far it has come; and what was found by words lately.
pub struct AtHand {
    pub(super) lately: Lately,
    kept: RwLock<Option<Kept>>,
    // Held by the one who reads news; the others read what they found meanwhile.
    catching_up: Mutex<()>,
    is_too_large: AtomicBool,
    bytes_max: usize,
}

struct Kept {
    at: Changes,
    register: Register,
}

impl Default for AtHand {
    fn default() -> Self {
        Self::with_bytes(BYTES_MAX)
    }
}

impl AtHand {
    /// With another bound.
    pub(super) fn with_bytes(bytes_max: usize) -> Self {
        let lately = Lately::with_bytes(bytes_max / 4);
        Self {
            lately,
            kept: RwLock::default(),
            catching_up: Mutex::default(),
            is_too_large: false.into(),
            bytes_max,
        }
    }

    /// Works with a register that has at least these documents, all of them when none are named, as the database is
    /// in this view, which counts so many changes.
    pub(super) fn with<T>(
        &self,
        view: &View<'_>,
        now: Changes,
        hits: Option<&[Hit]>,
        currency: Option<Currency>,
        work: impl FnOnce(&Register) -> Result<T>,
    ) -> Result<T> {
        self.catch_up(view, now)?;
        {
            let kept = self.kept.read();
            if let Some(Kept { register, .. }) = kept.as_ref().filter(|kept| kept.at == now) {
                return work(register);
            }
        }
        work(&store::register_of(view, hits, currency)?)
    }

    fn catch_up(&self, view: &View<'_>, now: Changes) -> Result<()> {
        let is_behind = |kept: &Option<Kept>| kept.as_ref().is_none_or(|kept| kept.at.is_before(&now));
        if self.is_too_large.load(Ordering::Relaxed) || !is_behind(&self.kept.read()) {
            return Ok(());
        }
        let Some(_alone) = self.catching_up.try_lock() else { return Ok(()) };
        // From here on nobody else changes it.
        let base = self.kept.read().as_ref().map(|kept| (kept.at, kept.register.last_value()));
        if base.is_some_and(|(at, _)| !at.is_before(&now)) {
            return Ok(());
        }
        let base = base.filter(|(at, _)| at.removals == now.removals);
        let Some(news) = store::news(view, base, now, self.bytes_max)? else {
            self.give_up();
            return Ok(());
        };
        let mut kept = self.kept.write();
        let Kept { at, register } = match &mut *kept {
            Some(kept) if base.is_some() => kept,
            other => other.insert(Kept { at: now, register: Register::default() }),
        };
        news.into_register(register);
        *at = now;
        if register.bytes() > self.bytes_max {
            drop(kept);
            self.give_up();
        }
        Ok(())
    }

    /// Whether there is a register in memory.
    #[cfg(test)]
    pub(super) fn is_kept(&self) -> bool {
        self.kept.read().is_some()
    }

    fn give_up(&self) {
        self.is_too_large.store(true, Ordering::Relaxed);
        *self.kept.write() = None;
        tracing::info!(
            bytes_max = self.bytes_max,
            "there are too many goods to keep what they are filtered by in memory; searches read it"
        );
    }
}
