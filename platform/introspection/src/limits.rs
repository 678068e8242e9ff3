//! What is bounded, how much of it is used, and how often it refused.

use mainstay_telemetry::Registry;
use serde::Serialize;

/// A bound of the process and the metrics that tell of it.
#[derive(Clone, Debug)]
pub struct Bound {
    pub name: &'static str,
    /// The most there may be; `None` where no number but a state decides.
    pub limit: Option<u64>,
    /// The key of the configuration that sets it.
    pub key: &'static str,
    /// The gauge of what is used, as it is exposed.
    pub used: &'static str,
    /// The counter of what was refused, where there is one.
    pub refused: Option<&'static str>,
}

/// One bound as it stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LimitLine {
    pub limit: &'static str,
    pub used: Option<f64>,
    pub most: Option<u64>,
    pub refused: Option<f64>,
    pub key: &'static str,
}

/// The bounds with their figures. A figure that is not exposed is absent, and not zero.
pub fn lines(bounds: &[Bound], registry: &Registry) -> Vec<LimitLine> {
    let page = registry.encode();
    bounds
        .iter()
        .map(|bound| LimitLine {
            limit: bound.name,
            used: sum(&page, bound.used),
            most: bound.limit,
            refused: bound.refused.and_then(|name| sum(&page, name)),
            key: bound.key,
        })
        .collect()
}

/// A metric's value over all its series; `None` when there is no such metric.
pub fn sum(page: &str, name: &str) -> Option<f64> {
    let series = page.lines().filter(|line| {
        line.strip_prefix(name).is_some_and(|rest| rest.starts_with('{') || rest.starts_with(' '))
    });
    let values: Vec<f64> = series.filter_map(|line| line.rsplit(' ').next()?.parse().ok()).collect();
    if values.is_empty() { None } else { Some(values.iter().sum()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_is_summed_over_its_series_and_an_unknown_one_is_absent() {
        let page = "# TYPE a gauge\na{x=\"1\"} 2\na{x=\"2\"} 3\nab 7\n";
        assert_eq!(sum(page, "a"), Some(5.0));
        assert_eq!(sum(page, "ab"), Some(7.0));
        assert_eq!(sum(page, "b"), None);
    }
}
