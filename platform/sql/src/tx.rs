//! Writing: a view that may also change things, and that is kept or undone as a whole.

use std::cell::RefCell;
use std::ops::Deref;
use std::sync::Arc;

use mainstay_core::{Context, Result, Timestamp};

use crate::connection::Connection;
use crate::value::Param;
use crate::view::View;
use crate::wake::Wake;
use crate::work::Door;

/// An open transaction. The closure that was given it keeps everything by returning `Ok` and nothing by `Err`.
pub struct Tx<'a> {
    view: View<'a>,
    // Most transactions wake one or two; dropped unbumped when the transaction is undone.
    wakes: RefCell<Vec<Arc<Wake>>>,
}

impl<'a> Tx<'a> {
    pub(crate) fn new(
        connection: &'a dyn Connection,
        context: &'a Context,
        door: &'a Door,
        now: Timestamp,
    ) -> Self {
        Self { view: View { connection, context, door, now }, wakes: RefCell::default() }
    }

    /// Runs one statement; how many rows it changed. A broken constraint names itself by [`crate::constraint`].
    pub fn execute(&self, sql: &str, params: &[Param<'_>]) -> Result<u64> {
        self.view.timed(sql, || self.view.connection.execute(sql, params))
    }

    /// Runs `part` in a savepoint: its failure undoes what it did and nothing else, and is returned.
    pub fn nested<T>(&self, part: impl FnOnce(&Tx<'_>) -> Result<T>) -> Result<T> {
        let connection = self.view.connection;
        connection.savepoint()?;
        let wakes_before = self.wakes.borrow().len();
        match part(self) {
            Ok(value) => {
                connection.release()?;
                Ok(value)
            }
            Err(error) => {
                connection.rollback_to()?;
                self.wakes.borrow_mut().truncate(wakes_before);
                Err(error)
            }
        }
    }

    /// Bumps `wake` when the transaction is durable; never, when it is undone.
    pub fn after_commit(&self, wake: &Arc<Wake>) {
        let mut wakes = self.wakes.borrow_mut();
        if !wakes.iter().any(|known| Arc::ptr_eq(known, wake)) {
            wakes.push(Arc::clone(wake));
        }
    }

    pub(crate) fn script(&self, sql: &str) -> Result<()> {
        self.view.timed(sql, || self.view.connection.script(sql))
    }

    pub(crate) fn into_wakes(self) -> Vec<Arc<Wake>> {
        self.wakes.into_inner()
    }
}

impl<'a> Deref for Tx<'a> {
    type Target = View<'a>;

    fn deref(&self) -> &View<'a> {
        &self.view
    }
}
