//! What was found by words lately: most people look for what others look for.
//!
//! The database counts the changes of what is found by words, so an answer is good for as long as the count is the same,
//! and a search sees in its own instant of the database whether it is. What is for sale, what it costs and how it is
//! filtered is not part of it.

use std::collections::HashMap;
use std::sync::Arc;

use mainstay_core::Result;
use mainstay_search::{Found, Hit, Query, Search};
use mainstay_sql::View;
use parking_lot::Mutex;

use super::search::MARKED;

/// Most documents of one answer whose marked texts are kept: its first pages.
const MARKED_MAX: usize = 100;

/// About what the marked texts of a document take.
const MARKED_BYTES: usize = 300;

/// Texts of a document with the matches marked, as [`MARKED`] says.
pub type Marked = [String; MARKED.len()];

/// Answers by what was asked. When the younger half is full, the older half is forgotten; what is asked again is young.
pub struct Lately {
    halves: Mutex<Halves>,
    bytes_max: usize,
}

#[derive(Default)]
struct Halves {
    young: HashMap<Query, Arc<Answered>>,
    old: HashMap<Query, Arc<Answered>>,
    young_bytes: usize,
}

/// What was found, as long as the texts have not changed any more.
pub struct Answered {
    pub found: Found,
    texts: i64,
    marked: Mutex<HashMap<i64, Marked>>,
}

impl Lately {
    pub fn with_bytes(bytes_max: usize) -> Self {
        Self { halves: Mutex::default(), bytes_max }
    }

    /// What is found now, when the texts have changed so often.
    pub fn find(
        &self,
        view: &View<'_>,
        search: &Search,
        query: Query,
        most: u32,
        texts: i64,
    ) -> Result<Arc<Answered>> {
        if let Some(known) = self.known(&query).filter(|known| known.texts == texts) {
            return Ok(known);
        }
        let found = search.find(view, query.clone(), most)?;
        let answered = Arc::new(Answered { found, texts, marked: Mutex::default() });
        self.keep(query, &answered);
        Ok(answered)
    }

    fn known(&self, query: &Query) -> Option<Arc<Answered>> {
        let mut halves = self.halves.lock();
        if let Some(known) = halves.young.get(query) {
            return Some(Arc::clone(known));
        }
        let known = halves.old.remove(query)?;
        self.put(&mut halves, query.clone(), Arc::clone(&known));
        Some(known)
    }

    fn keep(&self, query: Query, answered: &Arc<Answered>) {
        self.put(&mut self.halves.lock(), query, Arc::clone(answered));
    }

    fn put(&self, halves: &mut Halves, query: Query, answered: Arc<Answered>) {
        let bytes = answered.bytes() + size_of_val(query.words());
        if bytes > self.bytes_max / 2 {
            return;
        }
        if halves.young_bytes + bytes > self.bytes_max / 2 {
            halves.old = std::mem::take(&mut halves.young);
            halves.young_bytes = 0;
        }
        halves.young_bytes += bytes;
        if let Some(other) = halves.young.insert(query, answered) {
            halves.young_bytes = halves.young_bytes.saturating_sub(other.bytes());
        }
    }
}

impl Answered {
    fn bytes(&self) -> usize {
        size_of::<(Query, Self)>() + size_of_val(&*self.found.hits) + self.marks_kept() * MARKED_BYTES
    }

    fn marks_kept(&self) -> usize {
        self.found.hits.len().min(MARKED_MAX)
    }

    /// The marked texts of these documents, which are among those found.
    pub fn marked(&self, view: &View<'_>, search: &Search, docs: &[i64]) -> Result<HashMap<i64, Marked>> {
        let mut marked: HashMap<i64, Marked> = {
            let known = self.marked.lock();
            docs.iter().filter_map(|doc| Some((*doc, known.get(doc)?.clone()))).collect()
        };
        let missing: Vec<i64> = docs.iter().copied().filter(|doc| !marked.contains_key(doc)).collect();
        if !missing.is_empty() {
            let read = search.highlights(view, &self.found.query, &missing, &MARKED)?;
            let mut known = self.marked.lock();
            for (doc, texts) in &read {
                if known.len() < self.marks_kept() {
                    known.insert(*doc, texts.clone());
                }
            }
            drop(known);
            marked.extend(read);
        }
        Ok(marked)
    }

    /// Best first.
    pub fn hits(&self) -> &[Hit] {
        &self.found.hits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(hits: usize) -> Arc<Answered> {
        let query = Query::parse("mug").unwrap();
        let hits = vec![Hit { row: 1, rank: 0.0 }; hits];
        let found = Found { hits, query, corrected: false };
        Arc::new(Answered { found, texts: 1, marked: Mutex::default() })
    }

    #[test]
    fn what_is_asked_again_stays_and_memory_is_bounded() {
        let lately = Lately::with_bytes(20 * answered(10).bytes());
        let query = |number: usize| Query::parse(&format!("mug {number}")).unwrap();
        for number in 0..1_000 {
            lately.keep(query(number), &answered(10));
            assert!(lately.known(&query(0)).is_some(), "{number}");
            let halves = lately.halves.lock();
            let kept: usize = halves.young.values().chain(halves.old.values()).map(|one| one.bytes()).sum();
            assert!(kept <= lately.bytes_max, "{kept}");
            assert!(halves.young.len() + halves.old.len() > number.min(8), "{number}");
        }
        assert!(lately.known(&query(1)).is_none());
        lately.keep(query(1), &answered(1_000_000));
        assert!(lately.known(&query(1)).is_none(), "what is larger than all is not kept");
    }
}
