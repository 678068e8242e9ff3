//! Spans of traces that have not ended here yet, and the decision which of them are kept.

use std::collections::VecDeque;
use std::collections::hash_map::{Entry, HashMap};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use parking_lot::Mutex;

use crate::trace::SpanName;
use crate::trace::record::{Record, Records};

/// A trace is in the shard that its id says, so that threads seldom wait for each other.
const SHARDS: usize = 16;

/// Traces open at once in one shard; of more, each span is judged alone. Far more than requests in flight.
const TRACES_MAX: usize = 512;

/// Spans of one trace that wait for its end: a large request has some hundred. More are dropped and counted.
const SPANS_OF_TRACE_MAX: usize = 1_000;

/// Spans that wait in all: at about 200 bytes each, ten megabytes. More are dropped and counted.
const SPANS_MAX: usize = 50_000;

/// A trace that was kept is remembered for this many later ones of its shard, so that what it caused is kept with it.
const REMEMBERED_MAX: usize = 64;

/// What became of spans so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Handed to whoever carries them away.
    pub kept: u64,
    /// Of traces that were neither drawn nor slow nor failed.
    pub passed_over: u64,
    /// Lost because too many waited for the end of their trace.
    pub dropped: u64,
    /// Waiting for the end of their trace now.
    pub held: usize,
}

#[derive(Default)]
pub(super) struct Tail {
    shards: [Mutex<Shard>; SHARDS],
    held: AtomicUsize,
    kept: AtomicU64,
    passed_over: AtomicU64,
    dropped: AtomicU64,
}

#[derive(Default)]
struct Shard {
    traces: HashMap<u128, Trace, foldhash::fast::RandomState>,
    remembered: VecDeque<u128>,
}

struct Trace {
    open: Vec<(u64, SpanName)>,
    ended: Records,
    keep: bool,
}

impl Tail {
    /// A span of the trace begins.
    pub(super) fn begin(&self, trace_id: u128, span_id: u64, name: &SpanName, sampled: bool) {
        let mut shard = self.shard(trace_id).lock();
        let shard = &mut *shard;
        let full = shard.traces.len() >= TRACES_MAX;
        match shard.traces.entry(trace_id) {
            Entry::Occupied(mut known) => {
                let trace = known.get_mut();
                trace.keep |= sampled;
                trace.open.push((span_id, name.clone()));
            }
            Entry::Vacant(_) if full => {}
            Entry::Vacant(new) => {
                let keep = sampled || shard.remembered.contains(&trace_id);
                new.insert(Trace { open: vec![(span_id, name.clone())], ended: Records::new(), keep });
            }
        }
    }

    /// A span ends. What is returned is to be handed on: the whole trace, as far as this process knows it.
    pub(super) fn end(&self, trace_id: u128, span: Box<Record>, keep: bool) -> Option<Records> {
        let mut shard = self.shard(trace_id).lock();
        let shard = &mut *shard;
        let Entry::Occupied(mut known) = shard.traces.entry(trace_id) else {
            return self.decide(vec![span], keep);
        };
        let trace = known.get_mut();
        trace.keep |= keep;
        if let Some(place) = trace.open.iter().rposition(|(open, _)| *open == span.span_id) {
            trace.open.remove(place);
        }
        // Most traces are one span of which nobody will ask; it is not even put beside others.
        if trace.open.is_empty() && trace.ended.is_empty() && !trace.keep {
            known.remove();
            self.passed_over.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        if trace.ended.len() < SPANS_OF_TRACE_MAX && self.held.load(Ordering::Relaxed) < SPANS_MAX {
            self.held.fetch_add(1, Ordering::Relaxed);
            trace.ended.push(span);
        } else {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
        if !trace.open.is_empty() {
            return None;
        }
        let trace = known.remove();
        self.held.fetch_sub(trace.ended.len(), Ordering::Relaxed);
        if trace.keep && !shard.remembered.contains(&trace_id) {
            if shard.remembered.len() == REMEMBERED_MAX {
                shard.remembered.pop_front();
            }
            shard.remembered.push_back(trace_id);
        }
        self.decide(trace.ended, trace.keep)
    }

    fn decide(&self, spans: Records, keep: bool) -> Option<Records> {
        let counter = if keep { &self.kept } else { &self.passed_over };
        counter.fetch_add(spans.len() as u64, Ordering::Relaxed);
        (keep && !spans.is_empty()).then_some(spans)
    }

    /// The names of the spans of a trace that are open, the latest last.
    pub(super) fn open(&self, trace_id: u128) -> Vec<String> {
        let shard = self.shard(trace_id).lock();
        let open = shard.traces.get(&trace_id).map(|trace| trace.open.as_slice()).unwrap_or_default();
        open.iter().map(|(_, name)| name.to_string()).collect()
    }

    pub(super) fn figures(&self) -> Figures {
        Figures {
            kept: self.kept.load(Ordering::Relaxed),
            passed_over: self.passed_over.load(Ordering::Relaxed),
            dropped: self.dropped.load(Ordering::Relaxed),
            held: self.held.load(Ordering::Relaxed),
        }
    }

    fn shard(&self, trace_id: u128) -> &Mutex<Shard> {
        // The low half of an id is random also where the high half is a time.
        &self.shards[(trace_id as usize) % SHARDS]
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use mainstay_core::{Clock, Timestamp};

    use super::*;
    use crate::trace::Role;

    fn span(span_id: u64) -> Box<Record> {
        Box::new(Record {
            span_id,
            parent: None,
            name: "work".into(),
            role: Role::Internal,
            at: Clock::manual(Timestamp::from_micros(0)).0.monotonic(),
            length: Duration::from_micros(1),
            service: None,
            attributes: Vec::new(),
            error: None,
            keep: false,
        })
    }

    fn ids(spans: Option<Records>) -> Vec<u64> {
        spans.unwrap_or_default().iter().map(|span| span.span_id).collect()
    }

    #[test]
    fn a_trace_is_judged_when_its_last_open_span_ends() {
        let tail = Tail::default();
        for id in 1..=3 {
            tail.begin(7, id, &"work".into(), false);
        }
        assert_eq!(tail.open(7).len(), 3);
        assert!(tail.end(7, span(3), false).is_none());
        assert!(tail.end(7, span(2), true).is_none());
        assert_eq!(tail.figures().held, 2);
        assert_eq!(ids(tail.end(7, span(1), false)), [3, 2, 1]);
        assert_eq!(tail.figures(), Figures { kept: 3, ..Figures::default() });
        // What it caused later is kept with it.
        tail.begin(7, 9, &"later".into(), false);
        assert_eq!(ids(tail.end(7, span(9), false)), [9]);
    }

    #[test]
    fn what_went_well_is_passed_over() {
        let tail = Tail::default();
        tail.begin(7, 1, &"work".into(), false);
        assert!(tail.end(7, span(1), false).is_none());
        assert_eq!(tail.figures(), Figures { passed_over: 1, ..Figures::default() });
    }

    #[test]
    fn a_trace_without_end_and_too_many_traces_are_bounded_and_counted() {
        let tail = Tail::default();
        tail.begin(7, 1, &"root".into(), true);
        for id in 0..SPANS_OF_TRACE_MAX as u64 + 10 {
            tail.begin(7, 100 + id, &"work".into(), true);
            assert!(tail.end(7, span(100 + id), true).is_none());
        }
        assert_eq!(tail.figures().dropped, 10);
        assert_eq!(ids(tail.end(7, span(1), true)).len(), SPANS_OF_TRACE_MAX);

        let tail = Tail::default();
        let room = (SHARDS * TRACES_MAX) as u128;
        for trace in 0..room * 2 {
            tail.begin(trace, 1, &"root".into(), false);
        }
        let known: usize = tail.shards.iter().map(|shard| shard.lock().traces.len()).sum();
        assert_eq!(known as u128, room);
        // A span of a trace that found no place is judged alone.
        assert_eq!(ids(tail.end(room, span(1), true)), [1]);
    }
}
