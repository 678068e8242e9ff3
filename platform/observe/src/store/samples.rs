//! Metrics with their history: the values of all series every few seconds.
//!
//! A row is one sampling. Most series stand still most of the time, so only every sixtieth row is whole; the others have
//! what changed since the one before.

use std::collections::{BTreeMap, HashMap};

use mainstay_core::{Context, Result, Timestamp};
use mainstay_sql::{Tx, View};
use mainstay_telemetry::exposition::Sample;
use serde::{Deserialize, Serialize};

use crate::codes::BAD_SEARCH;
use crate::store::Store;

/// Rows from one whole one to the next: ten minutes, which is what a reader reads too much at most.
const WHOLE_EVERY: u32 = 60;

/// More series are left out: a label without bounds must not fill the store.
const SERIES_MAX: usize = 20_000;

/// Series in one answer.
const ANSWER_SERIES_MAX: usize = 100;

/// Points of one series in one answer; more are thinned out evenly.
const ANSWER_POINTS_MAX: usize = 1_000;

/// Writes samplings.
#[derive(Default)]
pub(super) struct Sampler {
    /// The number of each series in the tables, by name and labels.
    known: HashMap<(String, String), i64, foldhash::fast::RandomState>,
    last: HashMap<i64, f64, foldhash::fast::RandomState>,
    since_whole: u32,
}

impl Sampler {
    pub(super) async fn write(
        &mut self,
        store: &Store,
        ctx: &Context,
        samples: Vec<Sample<'_>>,
    ) -> Result<()> {
        self.name(store, ctx, &samples).await?;
        let whole = self.last.is_empty() || self.since_whole >= WHOLE_EVERY;
        let mut body = Vec::with_capacity(1024);
        let mut values =
            HashMap::with_capacity_and_hasher(samples.len(), foldhash::fast::RandomState::default());
        for sample in samples {
            let key = (sample.name.to_owned(), sample.labels.to_owned());
            let Some(id) = self.known.get(&key) else { continue };
            if whole || self.last.get(id) != Some(&sample.value) {
                put(&mut body, *id, sample.value);
            }
            values.insert(*id, sample.value);
        }
        let body = lz4_flex::compress_prepend_size(&body);
        let at = store.clock().now();
        store
            .db()
            .write(ctx, move |tx| {
                let sql = "INSERT INTO observe_samples (at, whole, body) VALUES (?, ?, ?)";
                tx.execute(sql, &[at.into(), whole.into(), (&body).into()]).map(drop)
            })
            .await?;
        self.last = values;
        self.since_whole = if whole { 1 } else { self.since_whole + 1 };
        Ok(())
    }

    /// Gives series that are new a number.
    async fn name(&mut self, store: &Store, ctx: &Context, samples: &[Sample<'_>]) -> Result<()> {
        let room = SERIES_MAX.saturating_sub(self.known.len());
        let new: Vec<(String, String, bool)> = samples
            .iter()
            .map(|sample| (sample.name.to_owned(), sample.labels.to_owned(), sample.counts()))
            .filter(|(name, labels, _)| !self.known.contains_key(&(name.clone(), labels.clone())))
            .take(room)
            .collect();
        if new.is_empty() {
            return Ok(());
        }
        let named = store.db().write(ctx, move |tx| new.iter().map(|one| number(tx, one)).collect()).await;
        let named: Vec<((String, String), i64)> = named?;
        self.known.extend(named);
        Ok(())
    }
}

fn number(tx: &Tx<'_>, (name, labels, counts): &(String, String, bool)) -> Result<((String, String), i64)> {
    let insert = "INSERT INTO observe_series (name, labels, counts) VALUES (?, ?, ?) ON CONFLICT DO NOTHING";
    tx.execute(insert, &[name.into(), labels.into(), (*counts).into()])?;
    let find = "SELECT id FROM observe_series WHERE name = ? AND labels = ?";
    let id: Option<i64> = tx.query_one(find, &[name.into(), labels.into()], |row| row.get(0))?;
    Ok(((name.clone(), labels.clone()), id.unwrap_or_default()))
}

/// A number and a value, sixteen bytes; the compression takes care of what repeats.
fn put(body: &mut Vec<u8>, id: i64, value: f64) {
    body.extend_from_slice(&id.to_le_bytes());
    body.extend_from_slice(&value.to_le_bytes());
}

fn pairs(body: &[u8]) -> Vec<(i64, f64)> {
    let bytes = lz4_flex::decompress_size_prepended(body).unwrap_or_default();
    bytes
        .chunks_exact(16)
        .filter_map(|pair| {
            let (id, value) = pair.split_first_chunk::<8>()?;
            Some((i64::from_le_bytes(*id), f64::from_le_bytes(value.try_into().ok()?)))
        })
        .collect()
}

/// Which series are wanted, from when to when.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SeriesQuery {
    /// The whole name, such as `mainstay_http_requests_total`.
    pub name: String,
    /// Text that stands in the labels, such as `route="GET /v1/orders"`.
    pub labels: Option<String>,
    pub since: Option<Timestamp>,
    pub until: Option<Timestamp>,
    /// Growth a second between two points instead of the value, for what only grows.
    pub rate: bool,
}

/// A value at a time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    pub at: Timestamp,
    pub value: f64,
}

/// One series with its points.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Series {
    pub name: String,
    pub labels: String,
    pub counts: bool,
    pub points: Vec<Point>,
}

impl Store {
    /// The names of all series with how many there are of each.
    pub async fn metric_names(&self, ctx: &Context) -> Result<BTreeMap<String, i64>> {
        let sql = "SELECT name, count(*) FROM observe_series GROUP BY name";
        let names =
            self.db().read(ctx, move |view| view.query(sql, &[], |row| Ok((row.get(0)?, row.get(1)?))));
        Ok(names.await?.into_iter().collect())
    }

    /// The series that fit, with their points.
    pub async fn series(&self, ctx: &Context, query: SeriesQuery) -> Result<Vec<Series>> {
        if query.name.is_empty() {
            return Err(BAD_SEARCH.error("name a metric, such as name=mainstay_http_requests_total"));
        }
        self.db().read(ctx, move |view| find(view, &query)).await
    }
}

fn find(view: &View<'_>, query: &SeriesQuery) -> Result<Vec<Series>> {
    let mut wanted: Vec<(i64, Series)> = Vec::new();
    let sql = "SELECT id, labels, counts FROM observe_series WHERE name = ? ORDER BY labels";
    view.for_each(sql, &[(&query.name).into()], |row| {
        let labels: String = row.get(1)?;
        let fits = query.labels.as_ref().is_none_or(|wanted| labels.contains(wanted.as_str()));
        if fits && wanted.len() < ANSWER_SERIES_MAX {
            let series = Series { name: query.name.clone(), labels, counts: row.get(2)?, points: Vec::new() };
            wanted.push((row.get(0)?, series));
        }
        Ok(())
    })?;
    let since = query.since.unwrap_or_default();
    let until = query.until.unwrap_or(view.now());
    let begin = "SELECT coalesce(max(id), 0) FROM observe_samples WHERE whole = 1 AND at <= ?";
    let begin: i64 = view.query_one(begin, &[since.into()], |row| row.get(0))?.unwrap_or_default();
    let mut values: HashMap<i64, f64> = HashMap::new();
    let rows = "SELECT at, whole, body FROM observe_samples WHERE id >= ? AND at <= ? ORDER BY id";
    view.for_each(rows, &[begin.into(), until.into()], |row| {
        let at: Timestamp = row.get(0)?;
        if row.get(1)? {
            values.clear();
        }
        values.extend(pairs(row.blob(2)?));
        if at >= since {
            for (id, series) in &mut wanted {
                if let Some(value) = values.get(id) {
                    series.points.push(Point { at, value: *value });
                }
            }
        }
        Ok(())
    })?;
    Ok(wanted
        .into_iter()
        .map(|(_, mut series)| {
            if query.rate && series.counts {
                series.points = rates(&series.points);
            }
            series.points = thinned(series.points);
            series
        })
        .collect())
}

fn rates(points: &[Point]) -> Vec<Point> {
    points
        .windows(2)
        .map(|pair| {
            let [before, after] = pair else { return Point { at: Timestamp::default(), value: 0.0 } };
            // What only grows and is smaller began anew: the process was started again.
            let grown = if after.value < before.value { after.value } else { after.value - before.value };
            let seconds = after.at.since(before.at).as_secs_f64().max(1e-3);
            Point { at: after.at, value: grown / seconds }
        })
        .collect()
}

fn thinned(points: Vec<Point>) -> Vec<Point> {
    let step = points.len().div_ceil(ANSWER_POINTS_MAX).max(1);
    points.into_iter().step_by(step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_a_second_survives_a_restart() {
        let point =
            |seconds: i64, value: f64| Point { at: Timestamp::from_micros(seconds * 1_000_000), value };
        let rates = rates(&[point(0, 100.0), point(10, 150.0), point(20, 20.0)]);
        assert_eq!(rates, [point(10, 5.0), point(20, 2.0)]);
        assert_eq!(thinned(vec![point(0, 0.0); 2_500]).len(), 834);
    }
}
