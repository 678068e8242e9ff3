//! Prepared statements, found by their text.
//!
//! The binding's own cache hashes the text three times and allocates for every use, which is a fifth of what a small
//! write costs. The writer's connection never leaves its thread, so its statements can be kept beside it and borrowed
//! in place. Connections that wander between threads use the binding's cache.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use foldhash::fast::RandomState;
use rusqlite::{Connection, PrepFlags, Statement};

/// Prepared statements kept by a connection: more than one service has written by hand.
pub(super) const KEPT: usize = 512;

pub(super) struct Statements<'c> {
    raw: &'c Connection,
    kept: Option<RefCell<Kept<'c>>>,
}

type Kept<'c> = HashMap<Box<str>, Rc<RefCell<Statement<'c>>>, RandomState>;

impl<'c> Statements<'c> {
    /// For a connection that stays on its thread.
    pub(super) fn kept(raw: &'c Connection) -> Self {
        Self { raw, kept: Some(RefCell::default()) }
    }

    /// For a connection that wanders.
    pub(super) fn cached(raw: &'c Connection) -> Self {
        Self { raw, kept: None }
    }

    /// Runs `run` with the prepared statement of this text, or with the failure to prepare it.
    pub(super) fn with<T>(
        &self,
        sql: &str,
        run: impl FnOnce(rusqlite::Result<&mut Statement<'_>>) -> T,
    ) -> T {
        match self.find(sql) {
            Some(Ok(kept)) => match kept.try_borrow_mut() {
                Ok(mut statement) => run(Ok(&mut statement)),
                // In use further up: a query within the rows of the same query.
                Err(_) => self.with_cached(sql, run),
            },
            Some(Err(error)) => run(Err(error)),
            None => self.with_cached(sql, run),
        }
    }

    /// The kept statement, prepared if need be; `None` when there is no room for it.
    fn find(&self, sql: &str) -> Option<rusqlite::Result<Rc<RefCell<Statement<'c>>>>> {
        let kept = self.kept.as_ref()?;
        if let Some(statement) = kept.borrow().get(sql) {
            return Some(Ok(Rc::clone(statement)));
        }
        if kept.borrow().len() >= KEPT {
            return None;
        }
        let prepare = self.raw.prepare_with_flags(sql, PrepFlags::SQLITE_PREPARE_PERSISTENT);
        let prepared = prepare.map(|statement| Rc::new(RefCell::new(statement)));
        if let Ok(statement) = &prepared {
            kept.borrow_mut().insert(sql.into(), Rc::clone(statement));
        }
        Some(prepared)
    }

    fn with_cached<T>(&self, sql: &str, run: impl FnOnce(rusqlite::Result<&mut Statement<'_>>) -> T) -> T {
        match self.raw.prepare_cached(sql) {
            Ok(mut statement) => run(Ok(&mut statement)),
            Err(error) => run(Err(error)),
        }
    }
}
