//! Which traces are wanted, and finding them.

use std::ops::ControlFlow;

use mainstay_core::{Context, Result, Timestamp};
use mainstay_sql::{Param, View};
use serde::Deserialize;

use crate::codes::BAD_SEARCH;
use crate::store::Store;
use crate::store::fragment::{HEAD, Head, StoredSpan, decode};
use crate::store::summary::{self, TraceSummary};
use crate::words;

/// Traces on one page.
const PAGE_MAX: usize = 200;

/// Rows whose spans are unpacked for one page at most: what the index cannot tell is looked up in them. A search that
/// needs more says where it stopped.
const UNPACKED_MAX: usize = 5_000;

/// Which traces are wanted. All that is said must hold; of a trace that many processes tell of, for one of them.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TraceQuery {
    /// Words of names, attributes and errors.
    pub q: Option<String>,
    /// A service that takes part, such as `shop.orders`.
    pub service: Option<String>,
    /// The name of a span, such as `POST /v1/checkouts`.
    pub name: Option<String>,
    /// `failed` or `ok`.
    pub status: Option<String>,
    /// At least this long, by its longest part that begins in one process.
    pub min_ms: Option<u64>,
    pub max_ms: Option<u64>,
    /// `key=value` of one span, exactly.
    pub attribute: Option<String>,
    pub since: Option<Timestamp>,
    pub until: Option<Timestamp>,
    /// Goes on below this row.
    pub before: Option<i64>,
    /// Only above this row, oldest first.
    pub after: Option<i64>,
    pub limit: Option<usize>,
}

struct Search {
    query: TraceQuery,
    failed: Option<bool>,
    attribute: Option<(String, String)>,
    words: Option<String>,
}

impl Search {
    fn new(query: TraceQuery) -> Result<Self> {
        let failed = match query.status.as_deref() {
            None => None,
            Some("failed") => Some(true),
            Some("ok") => Some(false),
            Some(other) => {
                return Err(BAD_SEARCH.error(format!("{other:?} is no status; write failed or ok")));
            }
        };
        let attribute = match query.attribute.as_deref().map(|text| (text, text.split_once('='))) {
            None => None,
            Some((_, Some((key, value)))) if !key.is_empty() => Some((key.to_owned(), value.to_owned())),
            Some((text, _)) => {
                return Err(
                    BAD_SEARCH.error(format!("{text:?} is no attribute; write one as saga.run=run_1"))
                );
            }
        };
        // The index narrows by the words of all that is wanted; what they mean is looked up in the spans.
        let mut all = query.q.clone().unwrap_or_default();
        for text in [&query.service, &query.name].into_iter().flatten() {
            all = format!("{all} {text}");
        }
        if let Some((key, value)) = &attribute {
            all = format!("{all} {key} {value}");
        }
        Ok(Self { words: words::query(&all), query, failed, attribute })
    }

    fn sql(&self) -> (String, Vec<Param<'_>>) {
        let query = &self.query;
        let mut sql = format!("SELECT {HEAD}, body FROM observe_fragments WHERE 1");
        let mut params: Vec<Param<'_>> = Vec::new();
        let mut and = |condition: &str, param: Option<Param<'static>>| {
            if let Some(param) = param {
                sql.push_str(" AND ");
                sql.push_str(condition);
                params.push(param);
            }
        };
        let micros = |ms: u64| i64::try_from(ms.saturating_mul(1_000)).unwrap_or(i64::MAX);
        and("at >= ?", query.since.map(Param::from));
        and("at <= ?", query.until.map(Param::from));
        and("id < ?", query.before.map(Param::from));
        and("id > ?", query.after.map(Param::from));
        and("failed = ?", self.failed.map(Param::from));
        and("length >= ?", query.min_ms.map(|ms| micros(ms).into()));
        and("length <= ?", query.max_ms.map(|ms| micros(ms).into()));
        if let Some(words) = &self.words {
            sql.push_str(
                " AND id IN (SELECT rowid FROM observe_fragment_words WHERE observe_fragment_words MATCH ?)",
            );
            params.push(words.into());
        }
        sql.push_str(if query.after.is_some() { " ORDER BY id" } else { " ORDER BY id DESC" });
        (sql, params)
    }

    fn needs_spans(&self) -> bool {
        self.query.service.is_some() || self.query.name.is_some() || self.attribute.is_some()
    }

    fn holds(&self, spans: &[StoredSpan]) -> bool {
        let query = &self.query;
        query.service.as_ref().is_none_or(|service| spans.iter().any(|span| span.service == *service))
            && query.name.as_ref().is_none_or(|name| spans.iter().any(|span| span.name == *name))
            && self.attribute.as_ref().is_none_or(|(key, value)| {
                spans.iter().any(|span| span.attributes.get(key).is_some_and(|found| is(found, value)))
            })
    }

    /// The rows that fit, each trace once.
    fn run(&self, view: &View<'_>) -> Result<Vec<Head>> {
        let limit = self.query.limit.unwrap_or(50).clamp(1, PAGE_MAX);
        let (sql, params) = self.sql();
        let mut found: Vec<Head> = Vec::new();
        let mut unpacked = 0;
        view.each(&sql, &params, &mut |row| {
            let head = Head::read(row)?;
            if found.iter().any(|known| known.trace == head.trace) {
                return Ok(ControlFlow::Continue(()));
            }
            if self.needs_spans() {
                unpacked += 1;
                if !self.holds(&decode(row.blob(9)?)) {
                    return Ok(if unpacked >= UNPACKED_MAX {
                        ControlFlow::Break(())
                    } else {
                        ControlFlow::Continue(())
                    });
                }
            }
            found.push(head);
            Ok(if found.len() >= limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })?;
        Ok(found)
    }
}

fn is(found: &serde_json::Value, value: &str) -> bool {
    match found {
        serde_json::Value::String(text) => text == value,
        other => {
            let text = other.to_string();
            text == value
        }
    }
}

impl Store {
    /// Traces, those that came in last first; with `after` the earliest first.
    pub async fn traces(&self, ctx: &Context, query: TraceQuery) -> Result<Vec<TraceSummary>> {
        let search = Search::new(query)?;
        self.db()
            .read(ctx, move |view| {
                let found = search.run(view)?;
                found.into_iter().map(|head| summary::of(view, head)).collect()
            })
            .await
    }
}
