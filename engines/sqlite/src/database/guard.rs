//! Keeps closures from what would break the batch they share: endless statements, and statements that begin, end or
//! leave a transaction.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use mainstay_core::Result;
use rusqlite::Connection;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};

use super::errors;

/// Steps of SQLite's machine between two looks at the budget: rare enough to cost nothing, often enough to stop
/// within some ten microseconds.
const STEPS_PER_LOOK: i32 = 1_000;

/// Shared with SQLite's callbacks, which run on the connection's own thread.
pub(super) struct Guard {
    steps_left: AtomicI64,
    over_limit: AtomicBool,
    // Set while the engine's own statements are prepared.
    own: AtomicBool,
}

impl Guard {
    /// Puts a guard on the connection.
    pub(super) fn watch(connection: &Connection) -> Result<Arc<Self>> {
        let guard = Arc::new(Self {
            steps_left: AtomicI64::new(i64::MAX),
            over_limit: AtomicBool::new(false),
            own: AtomicBool::new(false),
        });
        let (budget, rules) = (Arc::clone(&guard), Arc::clone(&guard));
        connection
            .progress_handler(STEPS_PER_LOOK, Some(move || budget.spend()))
            .and_then(|()| {
                connection.authorizer(Some(move |asked: AuthContext<'_>| rules.judge(asked.action)))
            })
            .map_err(|error| errors::of(error, false))?;
        Ok(guard)
    }

    /// A new budget for the next closure.
    pub(super) fn allow(&self, steps: Option<u64>) {
        let steps = steps.and_then(|steps| i64::try_from(steps).ok()).unwrap_or(i64::MAX);
        self.steps_left.store(steps, Ordering::Relaxed);
        self.over_limit.store(false, Ordering::Relaxed);
    }

    /// Whether a statement was stopped since the last [`Guard::allow`].
    pub(super) fn is_over_limit(&self) -> bool {
        self.over_limit.load(Ordering::Relaxed)
    }

    /// Runs a statement of the engine's own.
    pub(super) fn own<T>(&self, run: impl FnOnce() -> T) -> T {
        self.own.store(true, Ordering::Relaxed);
        let outcome = run();
        self.own.store(false, Ordering::Relaxed);
        outcome
    }

    // Whether to stop the statement.
    fn spend(&self) -> bool {
        let left = self.steps_left.fetch_sub(STEPS_PER_LOOK.into(), Ordering::Relaxed);
        let over = left < i64::from(STEPS_PER_LOOK);
        if over {
            self.over_limit.store(true, Ordering::Relaxed);
        }
        over
    }

    fn judge(&self, action: AuthAction<'_>) -> Authorization {
        // Of the pragmas that are excepted, the full-text index asks for two and a new column of a strict table, whose
        // rows are looked over, for the third.
        let forbidden = matches!(
            action,
            AuthAction::Transaction { .. }
                | AuthAction::Savepoint { .. }
                | AuthAction::Attach { .. }
                | AuthAction::Detach { .. }
                | AuthAction::Pragma { .. }
        ) && !matches!(
            action,
            AuthAction::Pragma { pragma_name: "data_version" | "page_size" | "quick_check", .. }
        );
        if forbidden && !self.own.load(Ordering::Relaxed) {
            Authorization::Deny
        } else {
            Authorization::Allow
        }
    }
}
