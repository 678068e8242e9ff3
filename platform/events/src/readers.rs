//! The consumers of one process, as producers in it see them: what one of them has not read yet is kept.
//!
//! Only those in the same process. A producer does not know the consumers elsewhere, and one that was given up for good
//! must not fill a disk: of those, each that comes back too late is told `events.history_pruned`.

use std::sync::Arc;

use mainstay_core::{Context, Result};
use mainstay_sql::Database;
use parking_lot::Mutex;

use crate::consumers::store;
use crate::envelope::Position;

/// Who reads which log in this process. Cheap to clone; every service's [`Consumers`](crate::Consumers) share one.
#[derive(Clone, Default)]
pub struct Readers(Arc<Mutex<Vec<Reader>>>);

#[derive(Clone)]
struct Reader {
    source: String,
    consumer: String,
    db: Database,
}

impl Readers {
    pub(crate) fn add(&self, source: &str, consumer: &str, db: &Database) {
        let reader = Reader { source: source.to_owned(), consumer: consumer.to_owned(), db: db.clone() };
        self.0.lock().push(reader);
    }

    /// How far all who read `source` here have come; `None` when nobody does. From their databases, so it is true before
    /// they run, while they stand still, and when another process runs them.
    pub(crate) async fn read_through(&self, ctx: &Context, source: &str) -> Result<Option<Position>> {
        let readers: Vec<Reader> =
            self.0.lock().iter().filter(|reader| reader.source == source).cloned().collect();
        let mut through = None;
        for Reader { consumer, db, .. } in readers {
            let position = db.read(ctx, move |view| store::position(view, &consumer)).await?;
            through = Some(through.map_or(position, |lowest: Position| lowest.min(position)));
        }
        Ok(through)
    }
}
