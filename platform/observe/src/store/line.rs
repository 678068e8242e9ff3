//! Log lines: as rows, and searched.

use mainstay_core::{Context, Result, Timestamp};
use mainstay_sql::{Param, Row, Tx};
use mainstay_telemetry::{Line, otlp};
use opentelemetry_proto::tonic::common::v1::any_value;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use serde::{Deserialize, Serialize};

use crate::codes::BAD_SEARCH;
use crate::store::Store;
use crate::store::fragment::{id, json};
use crate::words;

/// Lines on one page.
const PAGE_MAX: u32 = 500;

/// A row to be.
pub(super) struct NewLine {
    at: Timestamp,
    told: i64,
    level: i64,
    service: String,
    target: String,
    trace: Option<Vec<u8>>,
    span: Option<i64>,
    message: String,
    fields: String,
}

impl NewLine {
    pub(super) fn own(line: &Line, service: &str, at: Timestamp) -> Self {
        // A database's own lines are of its service.
        let of = |key: &str| {
            line.fields.iter().find(|(name, _)| name == key).and_then(|(_, value)| value.as_text())
        };
        let service = of("service").or_else(|| of("database")).unwrap_or(service).to_owned();
        Self::received(otlp::log_record(line), &service, at)
    }

    pub(super) fn received(record: LogRecord, service: &str, at: Timestamp) -> Self {
        let mut fields = serde_json::Map::new();
        let mut target = String::new();
        for one in record.attributes {
            match one.value.and_then(|value| value.value) {
                Some(any_value::Value::StringValue(text)) if one.key == "target" => target = text,
                value => {
                    fields.insert(one.key, json(value));
                }
            }
        }
        let message = match record.body.and_then(|body| body.value) {
            Some(any_value::Value::StringValue(text)) => text,
            other => json(other).to_string(),
        };
        let told =
            if record.time_unix_nano > 0 { record.time_unix_nano } else { record.observed_time_unix_nano };
        Self {
            at,
            told: i64::try_from(told / 1_000).unwrap_or(i64::MAX),
            level: record.severity_number.clamp(1, 24).into(),
            service: service.to_owned(),
            target,
            trace: (record.trace_id.len() == 16).then_some(record.trace_id),
            // The bits of an id; which number they make is of no interest.
            span: id(&record.span_id).map(|id| i64::from_ne_bytes(id.to_ne_bytes())),
            message,
            fields: serde_json::Value::Object(fields).to_string(),
        }
    }

    pub(super) fn insert(&self, tx: &Tx<'_>) -> Result<()> {
        const SQL: &str = "INSERT INTO observe_lines
            (at, told, level, service, target, trace, span, message, fields) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
        tx.execute(
            SQL,
            &[
                self.at.into(),
                self.told.into(),
                self.level.into(),
                (&self.service).into(),
                (&self.target).into(),
                self.trace.as_ref().into(),
                self.span.into(),
                (&self.message).into(),
                (&self.fields).into(),
            ],
        )?;
        let text = format!("{} {} {}", self.message, self.fields, self.service);
        let words = "INSERT INTO observe_line_words (rowid, text) VALUES (last_insert_rowid(), ?)";
        tx.execute(words, &[(&text).into()])?;
        Ok(())
    }
}

/// One line as it is shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredLine {
    /// Its place in the order of arrival.
    pub id: i64,
    pub at: Timestamp,
    pub level: String,
    pub service: String,
    pub target: String,
    pub message: String,
    pub fields: serde_json::Map<String, serde_json::Value>,
    pub trace: Option<String>,
    pub span: Option<String>,
}

pub(super) const COLUMNS: &str = "id, told, level, service, target, message, fields, trace, span";

impl StoredLine {
    pub(super) fn read(row: &Row<'_>) -> Result<Self> {
        let trace: Option<Vec<u8>> = row.get(7)?;
        let span: Option<i64> = row.get(8)?;
        Ok(Self {
            id: row.get(0)?,
            at: row.get(1)?,
            level: level_name(row.get(2)?).to_owned(),
            service: row.get(3)?,
            target: row.get(4)?,
            message: row.get(5)?,
            fields: serde_json::from_str(row.text(6)?).unwrap_or_default(),
            trace: trace
                .and_then(|id| id.try_into().ok())
                .map(|id| format!("{:032x}", u128::from_be_bytes(id))),
            span: span.map(|id| format!("{:016x}", u64::from_ne_bytes(id.to_ne_bytes()))),
        })
    }
}

/// Which lines are wanted. All that is said must hold.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LineQuery {
    /// Words of the message and the fields.
    pub q: Option<String>,
    /// `error`, `warn`, `info`, `debug` or `trace`: lines of this level and above.
    pub level: Option<String>,
    pub service: Option<String>,
    /// 32 hexadecimal digits.
    pub trace: Option<String>,
    /// `key=value`, exactly.
    pub field: Option<String>,
    pub since: Option<Timestamp>,
    pub until: Option<Timestamp>,
    /// Goes on below this line.
    pub before: Option<i64>,
    /// Only above this line, oldest first.
    pub after: Option<i64>,
    pub limit: Option<u32>,
}

impl Store {
    /// Lines, the latest first; with `after` the earliest first.
    pub async fn lines(&self, ctx: &Context, query: LineQuery) -> Result<Vec<StoredLine>> {
        let limit = query.limit.unwrap_or(100).clamp(1, PAGE_MAX);
        let level = query.level.as_deref().map(level_number).transpose()?;
        let trace = query.trace.as_deref().map(trace_bytes).transpose()?;
        let words = query.q.as_deref().and_then(words::query);
        let field = query.field.as_deref().map(field).transpose()?;
        self.db()
            .read(ctx, move |view| {
                let mut sql = format!("SELECT {COLUMNS} FROM observe_lines WHERE 1");
                let mut params: Vec<Param<'_>> = Vec::new();
                let mut and = |condition: &str, param: Param<'static>| {
                    sql.push_str(" AND ");
                    sql.push_str(condition);
                    params.push(param);
                };
                if let Some(level) = level {
                    and("level >= ?", level.into());
                }
                if let Some(since) = query.since {
                    and("at >= ?", since.into());
                }
                if let Some(until) = query.until {
                    and("at <= ?", until.into());
                }
                if let Some(before) = query.before {
                    and("id < ?", before.into());
                }
                if let Some(after) = query.after {
                    and("id > ?", after.into());
                }
                if let Some(service) = &query.service {
                    sql.push_str(" AND service = ?");
                    params.push(service.into());
                }
                if let Some(trace) = &trace {
                    sql.push_str(" AND trace = ?");
                    params.push(trace.into());
                }
                if let Some(words) = &words {
                    sql.push_str(
                        " AND id IN (SELECT rowid FROM observe_line_words WHERE observe_line_words MATCH ?)",
                    );
                    params.push(words.into());
                }
                if let Some((path, value)) = &field {
                    sql.push_str(" AND CAST(json_extract(fields, ?) AS TEXT) = ?");
                    params.push(path.into());
                    params.push(value.into());
                }
                let order = if query.after.is_some() { "ASC" } else { "DESC" };
                sql.push_str(&format!(" ORDER BY id {order} LIMIT ?"));
                params.push(limit.into());
                view.query(&sql, &params, StoredLine::read)
            })
            .await
    }
}

fn field(text: &str) -> Result<(String, String)> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() && !key.contains('"') => {
            Ok((format!("$.\"{key}\""), value.to_owned()))
        }
        _ => Err(BAD_SEARCH.error(format!("{text:?} is no field; write one as order.id=ord_1"))),
    }
}

/// The bytes of a trace's id.
pub(super) fn trace_bytes(text: &str) -> Result<Vec<u8>> {
    let is_id = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let id = is_id.then(|| u128::from_str_radix(text, 16).ok()).flatten();
    id.map(|id| id.to_be_bytes().to_vec())
        .ok_or_else(|| BAD_SEARCH.error(format!("{text:?} is no trace; write its 32 hexadecimal digits")))
}

fn level_number(name: &str) -> Result<i64> {
    Ok(match name.to_ascii_lowercase().as_str() {
        "error" => 17,
        "warn" => 13,
        "info" => 9,
        "debug" => 5,
        "trace" => 1,
        _ => {
            return Err(
                BAD_SEARCH.error(format!("{name:?} is no level; write error, warn, info, debug or trace"))
            );
        }
    })
}

/// OTLP has four numbers for each level.
fn level_name(number: i64) -> &'static str {
    match number {
        ..5 => "trace",
        5..9 => "debug",
        9..13 => "info",
        13..17 => "warn",
        17.. => "error",
    }
}
