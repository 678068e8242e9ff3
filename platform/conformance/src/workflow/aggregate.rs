//! The aggregate of a case, and the race for its next version.

use mainstay_core::{Id, IdKind, codes};
use mainstay_workflow::{Aggregate, AggregateStore, DomainEvent};
use serde::{Deserialize, Serialize};

use super::place::Place;
use crate::case::{Outcome, ensure, refused, same, told};

enum Tally {}

impl IdKind for Tally {
    const PREFIX: &'static str = "tly";
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Counted(i64);

impl DomainEvent for Counted {
    fn kind(&self) -> &'static str {
        "counted"
    }
}

#[derive(Default)]
struct Total(i64);

impl Aggregate for Total {
    const NAME: &'static str = "conformance.total";
    type Kind = Tally;
    type Event = Counted;

    fn apply(&mut self, event: &Counted) {
        self.0 += event.0;
    }
}

pub(super) async fn race(place: Place) -> Outcome {
    let store = AggregateStore::<Total>::builder().build();
    let id = Id::from_bytes([1; 16]);
    let append = |expected, number| {
        let (store, ctx) = (store.clone(), place.ctx.clone());
        place.db.write(&place.ctx, move |tx| store.append(tx, &ctx, id, expected, &[Counted(number)]))
    };
    same("the version", append(0, 1).await.map_err(told)?, 1)?;
    let both = tokio::join!(append(1, 10), append(1, 100));
    let (won, lost) = if both.0.is_ok() { both } else { (both.1, both.0) };
    same("the version", won.map_err(told)?, 2)?;
    refused("the other append", lost, &codes::CONFLICT)?;
    let reading = store.clone();
    let loaded = place.db.read(&place.ctx, move |view| reading.load(view, id)).await.map_err(told)?;
    let total = loaded.map(|loaded| (loaded.aggregate.0, loaded.version));
    ensure(total == Some((11, 2)) || total == Some((101, 2)), format!("{total:?} is one of the two"))
}
