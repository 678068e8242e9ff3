//! Metrics that other processes send: their latest values, until the next sampling takes them into the history.
//!
//! Names and labels become those of Prometheus, as OpenTelemetry's conventions translate them, with the sender as the
//! label `service`. A histogram becomes its buckets, sum and count; of a summary and an exponential histogram the sum
//! and the count are kept.
//! <https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/>

use std::collections::HashMap;
use std::fmt::Write;
use std::time::Duration;

use mainstay_core::Monotonic;
use mainstay_telemetry::exposition::{Meaning, Sample};
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, HistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics, metric,
    number_data_point,
};

use crate::store::intake::{bounded_attributes, cut, service_of};

/// More series of others are left out: a label without bounds must not fill the memory.
const SERIES_MAX: usize = 10_000;

/// A series of which nothing was heard for this long has ended; senders tell theirs once a minute or more often.
const SILENT_MAX: Duration = Duration::from_secs(300);

/// The series of other processes.
#[derive(Default)]
pub(super) struct Foreign {
    series: HashMap<Name, Latest, foldhash::fast::RandomState>,
}

/// The name with its ending, and the labels as they stand between the brackets.
type Name = (String, String);

struct Latest {
    value: f64,
    counts: bool,
    heard: Monotonic,
}

/// Whether a point tells all since its process began, or what came since the point before.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    Total,
    Growth,
    Level,
}

impl Told {
    fn sum(is_monotonic: bool, temporality: i32) -> Self {
        match (is_monotonic, temporality == AggregationTemporality::Delta as i32) {
            (_, true) => Self::Growth,
            (true, false) => Self::Total,
            (false, false) => Self::Level,
        }
    }
}

impl Foreign {
    /// Takes in what a process sent.
    pub(super) fn take(&mut self, resources: Vec<ResourceMetrics>, now: Monotonic) {
        for mut resource in resources {
            let service = service_of(resource.resource.take().map(|one| one.attributes));
            for metric in resource.scope_metrics.into_iter().flat_map(|scope| scope.metrics) {
                self.metric(metric, &service, now);
            }
        }
    }

    /// What is known of those that are still heard of.
    pub(super) fn samples(&mut self, now: Monotonic) -> Vec<Sample<'_>> {
        self.series.retain(|_, latest| now.since(latest.heard) < SILENT_MAX);
        let samples = self.series.iter();
        samples
            .map(|((name, labels), latest)| Sample {
                name,
                labels,
                value: latest.value,
                metric: name,
                meaning: if latest.counts { Meaning::Counter } else { Meaning::Gauge },
            })
            .collect()
    }

    fn metric(&mut self, metric: Metric, service: &str, now: Monotonic) {
        let name = sanitized(cut(&metric.name));
        match metric.data {
            Some(metric::Data::Gauge(gauge)) => {
                for point in gauge.data_points {
                    self.number(&name, &point, service, Told::Level, now);
                }
            }
            Some(metric::Data::Sum(sum)) => {
                let name = match sum.is_monotonic && !name.ends_with("_total") {
                    true => format!("{name}_total"),
                    false => name,
                };
                let told = Told::sum(sum.is_monotonic, sum.aggregation_temporality);
                for point in sum.data_points {
                    self.number(&name, &point, service, told, now);
                }
            }
            Some(metric::Data::Histogram(histogram)) => {
                let told = Told::sum(true, histogram.aggregation_temporality);
                for point in histogram.data_points {
                    self.histogram(&name, &point, service, told, now);
                }
            }
            Some(metric::Data::ExponentialHistogram(histogram)) => {
                let told = Told::sum(true, histogram.aggregation_temporality);
                for point in histogram.data_points {
                    let labels = labels(service, &point.attributes);
                    self.sum_and_count(&name, &labels, (point.sum, point.count), told, now);
                }
            }
            Some(metric::Data::Summary(summary)) => {
                for point in summary.data_points {
                    let labels = labels(service, &point.attributes);
                    self.sum_and_count(&name, &labels, (Some(point.sum), point.count), Told::Total, now);
                }
            }
            None => {}
        }
    }

    fn number(&mut self, name: &str, point: &NumberDataPoint, service: &str, told: Told, now: Monotonic) {
        let value = match point.value {
            Some(number_data_point::Value::AsDouble(value)) => value,
            Some(number_data_point::Value::AsInt(value)) => value as f64,
            None => return,
        };
        self.set(name.to_owned(), labels(service, &point.attributes), value, told, now);
    }

    fn histogram(
        &mut self,
        name: &str,
        point: &HistogramDataPoint,
        service: &str,
        told: Told,
        now: Monotonic,
    ) {
        let labels = labels(service, &point.attributes);
        let mut below = 0_u64;
        for (place, count) in point.bucket_counts.iter().enumerate() {
            // What a sender counted is its word alone.
            below = below.saturating_add(*count);
            // The last bucket has no bound.
            let bound = point.explicit_bounds.get(place).copied().unwrap_or(f64::INFINITY);
            let bound = if bound.is_finite() { format!("{bound:?}") } else { "+Inf".to_owned() };
            let labels = format!("le=\"{bound}\",{labels}");
            self.set(format!("{name}_bucket"), labels, below as f64, told, now);
        }
        self.sum_and_count(name, &labels, (point.sum, point.count), told, now);
    }

    fn sum_and_count(
        &mut self,
        name: &str,
        labels: &str,
        (sum, count): (Option<f64>, u64),
        told: Told,
        now: Monotonic,
    ) {
        if let Some(sum) = sum {
            self.set(format!("{name}_sum"), labels.to_owned(), sum, told, now);
        }
        self.set(format!("{name}_count"), labels.to_owned(), count as f64, told, now);
    }

    fn set(&mut self, name: String, labels: String, value: f64, told: Told, now: Monotonic) {
        if !value.is_finite() {
            return;
        }
        let key = (name, labels);
        if let Some(known) = self.series.get_mut(&key) {
            let value = if told == Told::Growth { known.value + value } else { value };
            // A sum beyond all numbers stays where it was.
            if value.is_finite() {
                known.value = value;
            }
            known.heard = now;
        } else if self.series.len() < SERIES_MAX {
            self.series.insert(key, Latest { value, counts: told != Told::Level, heard: now });
        }
    }
}

/// Letters, digits, underscores and colons, as Prometheus has it; never empty.
fn sanitized(name: &str) -> String {
    let letter = |letter: char| if letter.is_ascii_alphanumeric() || letter == ':' { letter } else { '_' };
    let mut told: String = name.chars().map(letter).collect();
    if told.is_empty() || told.starts_with(|first: char| first.is_ascii_digit()) {
        told.insert(0, '_');
    }
    told
}

/// As they stand between the brackets: the service, and the rest in order of their names, masked.
fn labels(service: &str, attributes: &[KeyValue]) -> String {
    let mut pairs: Vec<(String, String)> = bounded_attributes(attributes.to_vec())
        .into_iter()
        .filter_map(|one| {
            let value = match one.value?.value? {
                any_value::Value::StringValue(text) => text,
                any_value::Value::BoolValue(flag) => flag.to_string(),
                any_value::Value::IntValue(number) => number.to_string(),
                any_value::Value::DoubleValue(number) => number.to_string(),
                _ => return None,
            };
            Some((sanitized(&one.key), value))
        })
        .filter(|(name, _)| name != "service")
        .collect();
    pairs.sort();
    pairs.insert(0, ("service".to_owned(), service.to_owned()));
    let mut text = String::new();
    for (name, value) in pairs {
        if !text.is_empty() {
            text.push(',');
        }
        let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        // Writing to a String does not fail.
        let _ = write!(text, "{name}=\"{value}\"");
    }
    text
}

#[cfg(test)]
mod tests {
    use mainstay_core::{Clock, Timestamp};
    use mainstay_telemetry::otlp;
    use opentelemetry_proto::tonic::common::v1::AnyValue;
    use opentelemetry_proto::tonic::metrics::v1::{Histogram, ScopeMetrics, Sum};

    use super::*;

    fn sent(name: &str, data: metric::Data) -> Vec<ResourceMetrics> {
        let metrics = vec![Metric { name: name.to_owned(), data: Some(data), ..Metric::default() }];
        vec![ResourceMetrics {
            resource: Some(otlp::resource("elsewhere")),
            scope_metrics: vec![ScopeMetrics { metrics, ..ScopeMetrics::default() }],
            ..ResourceMetrics::default()
        }]
    }

    fn sum(value: f64, temporality: AggregationTemporality) -> metric::Data {
        let said = AnyValue { value: Some(any_value::Value::StringValue("a \"b\"".into())) };
        let attributes =
            vec![KeyValue { key: "http.route".into(), value: Some(said), ..KeyValue::default() }];
        let point = NumberDataPoint {
            attributes,
            value: Some(number_data_point::Value::AsDouble(value)),
            ..NumberDataPoint::default()
        };
        metric::Data::Sum(Sum {
            data_points: vec![point],
            aggregation_temporality: temporality as i32,
            is_monotonic: true,
        })
    }

    #[test]
    fn totals_replace_and_growth_adds_until_nothing_is_heard_any_more() {
        let (clock, manual) = Clock::manual(Timestamp::from_micros(0));
        let mut foreign = Foreign::default();
        for (name, temporality) in
            [("a.requests", AggregationTemporality::Cumulative), ("b", AggregationTemporality::Delta)]
        {
            for value in [3.0, 4.0] {
                foreign.take(sent(name, sum(value, temporality)), clock.monotonic());
            }
        }
        let mut told: Vec<(String, String, f64)> = foreign
            .samples(clock.monotonic())
            .iter()
            .map(|sample| (sample.name.to_owned(), sample.labels.to_owned(), sample.value))
            .collect();
        told.sort_by(|one, other| one.0.cmp(&other.0));
        let labels = r#"service="elsewhere",http_route="a \"b\"""#;
        assert_eq!(told[0], ("a_requests_total".into(), labels.into(), 4.0));
        assert_eq!(told[1], ("b_total".into(), labels.into(), 7.0));
        manual.advance(SILENT_MAX);
        assert_eq!(foreign.samples(clock.monotonic()), []);
    }

    #[test]
    fn a_histogram_becomes_buckets_that_hold_those_below() {
        let clock = Clock::system();
        let mut foreign = Foreign::default();
        let point = HistogramDataPoint {
            count: 5,
            sum: Some(9.5),
            bucket_counts: vec![2, 2, 1],
            explicit_bounds: vec![0.1, 1.0],
            ..HistogramDataPoint::default()
        };
        let data = metric::Data::Histogram(Histogram {
            data_points: vec![point],
            aggregation_temporality: AggregationTemporality::Cumulative as i32,
        });
        foreign.take(sent("took", data), clock.monotonic());
        let mut told: Vec<String> = foreign
            .samples(clock.monotonic())
            .iter()
            .map(|sample| format!("{} {} {}", sample.name, sample.labels, sample.value))
            .collect();
        told.sort();
        assert_eq!(
            told,
            [
                r#"took_bucket le="+Inf",service="elsewhere" 5"#,
                r#"took_bucket le="0.1",service="elsewhere" 2"#,
                r#"took_bucket le="1.0",service="elsewhere" 4"#,
                r#"took_count service="elsewhere" 5"#,
                r#"took_sum service="elsewhere" 9.5"#,
            ]
        );
    }

    #[test]
    fn counts_and_sums_beyond_all_numbers_break_nothing() {
        let clock = Clock::system();
        let mut foreign = Foreign::default();
        for _ in 0..2 {
            let point = HistogramDataPoint {
                count: u64::MAX,
                sum: Some(f64::MAX),
                bucket_counts: vec![u64::MAX, 1, u64::MAX],
                ..HistogramDataPoint::default()
            };
            let data = metric::Data::Histogram(Histogram {
                data_points: vec![point],
                aggregation_temporality: AggregationTemporality::Delta as i32,
            });
            foreign.take(sent("took", data), clock.monotonic());
        }
        assert!(foreign.samples(clock.monotonic()).iter().all(|sample| sample.value.is_finite()));
    }

    #[test]
    fn series_without_end_are_bounded() {
        let clock = Clock::system();
        let mut foreign = Foreign::default();
        for number in 0..SERIES_MAX + 10 {
            let data = sum(1.0, AggregationTemporality::Cumulative);
            foreign.take(sent(&format!("m{number}"), data), clock.monotonic());
        }
        assert_eq!(foreign.samples(clock.monotonic()).len(), SERIES_MAX);
    }
}
