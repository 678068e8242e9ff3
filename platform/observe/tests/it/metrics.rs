//! Metrics with their history.

use std::time::Duration;

use mainstay_core::{Clock, Timestamp};
use mainstay_observe::store::{Series, SeriesQuery};

use crate::world::{ROOMY, World};

#[tokio::test(flavor = "multi_thread")]
async fn a_counter_has_a_history_and_a_rate() {
    let folder = tempfile::tempdir().unwrap();
    let (clock, manual) = Clock::manual(Timestamp::from_micros(1_900_000_000_000_000));
    let world = World::with(folder.path(), &clock, ROOMY).await;
    let counter = world.registry.counter("orders_placed", "Orders", &[("kind", "guest")]);
    let ask = async |rate: bool| -> Vec<Series> {
        let name = "mainstay_orders_placed_total".to_owned();
        let query = SeriesQuery { name, labels: Some("guest".into()), rate, ..SeriesQuery::default() };
        world.store.series(&world.ctx, query).await.unwrap()
    };
    // Seventy samplings, so that a whole row comes again; the counter grows by ten in each ten seconds.
    let mut points = 0;
    while points < 70 {
        manual.advance(Duration::from_millis(250));
        tokio::task::yield_now().await;
        let now = ask(false).await.first().map_or(0, |series| series.points.len());
        if now > points {
            points = now;
            counter.inc_by(10);
        }
    }
    let series = ask(false).await.remove(0);
    assert!(series.counts);
    let values: Vec<f64> = series.points.iter().map(|point| point.value).collect();
    assert!(values.windows(2).all(|pair| pair[1] - pair[0] == 10.0 || pair[0] == 0.0), "{values:?}");
    let rates = ask(true).await.remove(0);
    let last = rates.points.last().unwrap().value;
    // A sample is late by as much as the clock moved before its task ran, and the next one is as much nearer.
    let at: Vec<Timestamp> = series.points.iter().map(|point| point.at).collect();
    let seconds = at[at.len() - 1].since(at[at.len() - 2]).as_secs_f64();
    assert!((last - 10.0 / seconds).abs() < 0.01, "{last} over {seconds} s");
    let names = world.store.metric_names(&world.ctx).await.unwrap();
    assert_eq!(names["mainstay_orders_placed_total"], 1);
}
