//! A scrape in the words of OTLP, as sums, gauges and histograms that count from the start of the process.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Gauge, Histogram, HistogramDataPoint, Metric, NumberDataPoint, Sum, metric,
    number_data_point,
};

use crate::exposition::{self, Meaning, Sample};
use crate::otlp::key_value;
use crate::text::Value;

/// When the process began to count and when it was read, in nanoseconds since 1970.
#[derive(Clone, Copy)]
pub(super) struct Span {
    pub began: u64,
    pub read: u64,
}

/// Every metric of a scrape, in its order.
pub(super) fn of_scrape(text: &str, span: Span) -> Vec<Metric> {
    let samples = exposition::read(text);
    samples.chunk_by(|one, next| one.metric == next.metric).map(|samples| metric(samples, span)).collect()
}

fn metric(samples: &[Sample<'_>], span: Span) -> Metric {
    let cumulative = AggregationTemporality::Cumulative as i32;
    let first = samples[0];
    let numbers = || samples.iter().map(|sample| number(sample, span)).collect();
    let data = match first.meaning {
        Meaning::Gauge => metric::Data::Gauge(Gauge { data_points: numbers() }),
        Meaning::Counter => metric::Data::Sum(Sum {
            data_points: numbers(),
            aggregation_temporality: cumulative,
            is_monotonic: true,
        }),
        Meaning::Histogram => metric::Data::Histogram(Histogram {
            data_points: histograms(samples, span),
            aggregation_temporality: cumulative,
        }),
    };
    Metric { name: first.metric.to_owned(), data: Some(data), ..Metric::default() }
}

fn number(sample: &Sample<'_>, span: Span) -> NumberDataPoint {
    NumberDataPoint {
        attributes: attributes(exposition::labels(sample.labels)),
        start_time_unix_nano: span.began,
        time_unix_nano: span.read,
        value: Some(number_data_point::Value::AsDouble(sample.value)),
        ..NumberDataPoint::default()
    }
}

fn attributes(labels: Vec<(&str, String)>) -> Vec<KeyValue> {
    labels.into_iter().map(|(name, value)| key_value(name, &Value::Text(value.into()))).collect()
}

/// The text tells how many values lie below each bound; OTLP wants those between one bound and the next.
fn histograms(samples: &[Sample<'_>], span: Span) -> Vec<HistogramDataPoint> {
    let mut points: BTreeMap<Vec<(&str, String)>, HistogramDataPoint> = BTreeMap::new();
    for sample in samples {
        let mut labels = exposition::labels(sample.labels);
        let bound = labels.iter().position(|(name, _)| *name == "le").map(|place| labels.remove(place).1);
        let point = points.entry(labels).or_default();
        match (sample.name.strip_prefix(sample.metric), bound) {
            (Some("_sum"), _) => point.sum = Some(sample.value),
            (Some("_count"), _) => point.count = sample.value as u64,
            (Some("_bucket"), Some(bound)) => {
                let below: u64 = point.bucket_counts.iter().sum();
                point.bucket_counts.push((sample.value as u64).saturating_sub(below));
                // The last bucket has no bound.
                point.explicit_bounds.extend(bound.parse::<f64>().ok().filter(|bound| bound.is_finite()));
            }
            _ => {}
        }
    }
    let of = |(labels, point)| HistogramDataPoint {
        attributes: attributes(labels),
        start_time_unix_nano: span.began,
        time_unix_nano: span.read,
        ..point
    };
    points.into_iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scrape_becomes_sums_gauges_and_histograms() {
        let text = "# TYPE mainstay_x counter\nmainstay_x_total{route=\"a\"} 7\nmainstay_x_total{route=\"b\"} 1\n\
            # TYPE mainstay_g gauge\nmainstay_g 1.5\n# TYPE mainstay_h histogram\n\
            mainstay_h_sum{s=\"1\"} 9.5\nmainstay_h_count{s=\"1\"} 5\nmainstay_h_bucket{le=\"0.1\",s=\"1\"} 2\n\
            mainstay_h_bucket{le=\"1.0\",s=\"1\"} 4\nmainstay_h_bucket{le=\"+Inf\",s=\"1\"} 5\n# EOF\n";
        let metrics = of_scrape(text, Span { began: 1, read: 2 });
        let names: Vec<&str> = metrics.iter().map(|metric| metric.name.as_str()).collect();
        assert_eq!(names, ["mainstay_x", "mainstay_g", "mainstay_h"]);
        let Some(metric::Data::Sum(sum)) = &metrics[0].data else { panic!("{metrics:?}") };
        assert!(sum.is_monotonic && sum.data_points.len() == 2, "{sum:?}");
        assert_eq!(sum.data_points[0].value, Some(number_data_point::Value::AsDouble(7.0)));
        assert_eq!((sum.data_points[0].start_time_unix_nano, sum.data_points[0].time_unix_nano), (1, 2));
        assert!(matches!(metrics[1].data, Some(metric::Data::Gauge(_))));
        let Some(metric::Data::Histogram(histogram)) = &metrics[2].data else { panic!("{metrics:?}") };
        let [point] = histogram.data_points.as_slice() else { panic!("{histogram:?}") };
        assert_eq!((point.count, point.sum), (5, Some(9.5)));
        assert_eq!(
            (point.bucket_counts.as_slice(), point.explicit_bounds.as_slice()),
            (&[2, 2, 1][..], &[0.1, 1.0][..])
        );
        assert_eq!(point.attributes.len(), 1);
    }
}
