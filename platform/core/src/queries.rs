//! Counts the statements that one piece of work sends, so that the same look-up done once a row can be found out.
//!
//! Off in production: a context carries a ledger only when somebody asked for one. Over HTTP, calls between services,
//! sagas and jobs it travels with the trace, which goes everywhere by itself: see [`QueryLedgers`].

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use parking_lot::Mutex;

use crate::context::Context;

/// More repeats of one look-up within one piece of work than this is taken for an N+1 query.
pub const REPEATS_ALLOWED: u32 = 10;

// Bounds the memory of one ledger; distinct statements are written by hand, so real work stays far below.
const STATEMENTS_MAX: usize = 1_000;

/// How often each statement ran within one context.
#[derive(Debug, Default)]
pub struct QueryLedger {
    statements: Mutex<HashMap<String, u32>>,
}

impl QueryLedger {
    pub fn record(&self, statement: &str) {
        let mut statements = self.statements.lock();
        if let Some(count) = statements.get_mut(statement) {
            *count += 1;
        } else if statements.len() < STATEMENTS_MAX {
            statements.insert(statement.to_owned(), 1);
        }
    }

    /// How many queries were sent in all.
    pub fn total(&self) -> u64 {
        self.statements.lock().values().map(|count| u64::from(*count)).sum()
    }

    /// The statements that ran more than [`REPEATS_ALLOWED`] times, most repeated first.
    pub fn repeated(&self) -> Vec<(String, u32)> {
        let mut repeated: Vec<_> = self
            .statements
            .lock()
            .iter()
            .filter(|(_, count)| **count > REPEATS_ALLOWED)
            .map(|(statement, count)| (statement.clone(), *count))
            .collect();
        repeated.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        repeated
    }
}

// Traces whose ledgers are kept; the oldest go first. A test follows one request at a time.
const TRACES_MAX: usize = 1_000;

/// The ledgers of everything that reaches one database, by trace.
#[derive(Debug, Default)]
pub struct QueryLedgers(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    ledgers: HashMap<u128, Arc<QueryLedger>>,
    oldest_first: VecDeque<u128>,
}

impl QueryLedgers {
    /// The context with the ledger of its trace. One that has a ledger keeps it, and so does the endless trace of a
    /// loop: that the same is asked in each turn is what loops do.
    pub fn give(&self, ctx: &Context) -> Context {
        if ctx.queries().is_some() || ctx.is_endless() {
            return ctx.clone();
        }
        let trace = ctx.trace().trace_id;
        let mut kept = self.0.lock();
        if let Some(ledger) = kept.ledgers.get(&trace) {
            return ctx.with_queries(Arc::clone(ledger));
        }
        if kept.oldest_first.len() >= TRACES_MAX
            && let Some(oldest) = kept.oldest_first.pop_front()
        {
            kept.ledgers.remove(&oldest);
        }
        let ledger = Arc::new(QueryLedger::default());
        kept.ledgers.insert(trace, Arc::clone(&ledger));
        kept.oldest_first.push_back(trace);
        ctx.with_queries(ledger)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::{Principal, TenantId};
    use crate::trace::TraceContext;

    #[test]
    fn a_ledger_travels_with_the_trace() {
        let ledgers = QueryLedgers::default();
        let trace = TraceContext::root(false);
        let caller = Context::new(TenantId::SOLE, Principal::Service("a".into()), trace);
        // What a callee makes of it: another principal, a child span, and the same trace.
        let callee = Context::new(TenantId::SOLE, Principal::Service("b".into()), trace.child());
        for ctx in [&caller, &callee] {
            for _ in 0..6 {
                ledgers.give(ctx).queries().unwrap().record("SELECT 1");
            }
        }
        assert_eq!(ledgers.give(&caller).queries().unwrap().repeated(), [("SELECT 1".to_owned(), 12)]);
        let other = Context::new(TenantId::SOLE, Principal::Service("a".into()), TraceContext::root(false));
        assert!(ledgers.give(&other).queries().unwrap().repeated().is_empty());
        let turn = Context::background("a");
        assert!(ledgers.give(&turn).queries().is_none(), "a loop asks the same in each turn");
        assert!(ledgers.give(&turn.with_trace(trace)).queries().is_some(), "an event is one piece of work");
    }

    #[test]
    fn old_traces_are_forgotten() {
        let ledgers = QueryLedgers::default();
        for _ in 0..TRACES_MAX + 50 {
            let trace = TraceContext::root(false);
            ledgers.give(&Context::new(TenantId::SOLE, Principal::Service("a".into()), trace));
        }
        assert_eq!(ledgers.0.lock().ledgers.len(), TRACES_MAX);
    }
}
