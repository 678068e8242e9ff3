//! Metrics with their history.

use std::time::Duration;

use mainstay_core::{Clock, ManualClock, Tasks, Timestamp};
use mainstay_observe::receive::Receiver;
use mainstay_observe::store::{Series, SeriesQuery};
use mainstay_telemetry::otlp;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_client::MetricsServiceClient;
use opentelemetry_proto::tonic::metrics::v1::{
    Gauge, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, metric, number_data_point,
};

use crate::world::{ROOMY, World};

/// A quarter of a second passes, and the writer has done what was due then: only when it sleeps again is what it sampled
/// there, and does what is counted next belong to the next sampling.
async fn pass(manual: &ManualClock) {
    while manual.sleepers() == 0 {
        tokio::task::yield_now().await;
    }
    manual.advance(Duration::from_millis(250));
    while manual.sleepers() == 0 {
        tokio::task::yield_now().await;
    }
}

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
        pass(&manual).await;
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

#[tokio::test(flavor = "multi_thread")]
async fn what_another_process_measures_has_a_history_here_under_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let (clock, manual) = Clock::manual(Timestamp::from_micros(1_900_000_000_000_000));
    let world = World::with(folder.path(), &clock, ROOMY).await;
    let receiver = Receiver::start(&world.store, "127.0.0.1:0", &Tasks::new()).await.unwrap();
    let address = format!("http://{}", receiver.address());
    let mut client = MetricsServiceClient::connect(address).await.unwrap();
    let request = |value: i64| {
        let point = NumberDataPoint {
            value: Some(number_data_point::Value::AsInt(value)),
            ..NumberDataPoint::default()
        };
        let data = Some(metric::Data::Gauge(Gauge { data_points: vec![point] }));
        let metrics = vec![Metric { name: "queue.depth".into(), data, ..Metric::default() }];
        ExportMetricsServiceRequest {
            resource_metrics: vec![ResourceMetrics {
                resource: Some(otlp::resource("shop.elsewhere")),
                scope_metrics: vec![ScopeMetrics { metrics, ..ScopeMetrics::default() }],
                ..ResourceMetrics::default()
            }],
        }
    };
    for (points, value) in [(1, 7), (2, 9)] {
        client.export(request(value)).await.unwrap();
        loop {
            pass(&manual).await;
            let query = SeriesQuery { name: "queue_depth".into(), ..SeriesQuery::default() };
            let found = world.store.series(&world.ctx, query).await.unwrap();
            let Some(series) = found.first() else { continue };
            assert_eq!((series.labels.as_str(), series.counts), (r#"service="shop.elsewhere""#, false));
            if series.points.len() >= points
                && series.points.last().is_some_and(|point| point.value == value as f64)
            {
                break;
            }
        }
    }
    receiver.end();
}
