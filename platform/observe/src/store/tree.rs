//! One trace as a tree, with what was logged meanwhile.

use std::collections::{HashMap, HashSet};

use mainstay_core::{Context, Result};
use serde::Serialize;

use crate::codes::NO_SUCH_TRACE;
use crate::store::Store;
use crate::store::fragment::{StoredSpan, decode};
use crate::store::line::{COLUMNS, StoredLine, trace_bytes};

/// Rows of one trace that are read: at up to a thousand spans each, more than anybody reads.
const PARTS_MAX: u32 = 200;

/// Spans of one trace that are shown, the earliest first.
const SPANS_MAX: usize = 5_000;

/// Lines of one trace that are shown.
const LINES_MAX: u32 = 1_000;

/// A trace.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trace {
    pub trace: String,
    /// Spans with nothing above them that is known here; more than one when parts of the trace are missing.
    pub roots: Vec<Node>,
    /// Lines that belong to no span that is here.
    pub lines: Vec<StoredLine>,
    pub spans: usize,
}

/// A span with what is below it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Node {
    #[serde(flatten)]
    pub span: StoredSpan,
    /// The time in which nothing below it ran: where to look first.
    pub self_us: u64,
    pub lines: Vec<StoredLine>,
    pub children: Vec<Node>,
}

impl Store {
    /// The trace with this id, 32 hexadecimal digits.
    ///
    /// # Errors
    /// `observe.no_such_trace`.
    pub async fn trace(&self, ctx: &Context, id: &str) -> Result<Trace> {
        let trace = trace_bytes(id)?;
        let (spans, lines) = self
            .db()
            .read(ctx, move |view| {
                let mut spans: Vec<StoredSpan> = Vec::new();
                let bodies = "SELECT body FROM observe_fragments WHERE trace = ? ORDER BY id LIMIT ?";
                view.for_each(bodies, &[(&trace).into(), PARTS_MAX.into()], |row| {
                    spans.extend(decode(row.blob(0)?));
                    Ok(())
                })?;
                let sql = format!("SELECT {COLUMNS} FROM observe_lines WHERE trace = ? ORDER BY id LIMIT ?");
                let lines = view.query(&sql, &[(&trace).into(), LINES_MAX.into()], StoredLine::read)?;
                Ok((spans, lines))
            })
            .await?;
        if spans.is_empty() && lines.is_empty() {
            return Err(NO_SUCH_TRACE.error(format!("the store has no trace {id}")));
        }
        Ok(grow(id.to_ascii_lowercase(), spans, lines))
    }
}

fn grow(trace: String, mut spans: Vec<StoredSpan>, lines: Vec<StoredLine>) -> Trace {
    // A batch that was sent twice is one: spans are known by their ids.
    let mut seen = HashSet::new();
    spans.retain(|span| seen.insert(span.span_id));
    spans.sort_by_key(|span| (span.started, std::cmp::Reverse(span.length_us)));
    spans.truncate(SPANS_MAX);
    let known: HashSet<u64> = spans.iter().map(|span| span.span_id).collect();
    let count = spans.len();
    let mut below: HashMap<u64, Vec<StoredSpan>> = HashMap::new();
    let mut tops = Vec::new();
    for span in spans {
        match span.parent {
            Some(parent) if known.contains(&parent) && parent != span.span_id => {
                below.entry(parent).or_default().push(span);
            }
            _ => tops.push(span),
        }
    }
    let mut told: HashMap<String, Vec<StoredLine>> = HashMap::new();
    let mut lost = Vec::new();
    for line in lines {
        match &line.span {
            Some(span) if u64::from_str_radix(span, 16).is_ok_and(|span| known.contains(&span)) => {
                told.entry(span.clone()).or_default().push(line);
            }
            _ => lost.push(line),
        }
    }
    let mut roots: Vec<Node> = tops.into_iter().map(|span| node(span, &mut below, &mut told)).collect();
    // Spans whose parents go in a circle hang on nothing; they are shown rather than lost.
    while let Some(id) = below.keys().min().copied() {
        let circle = below.remove(&id).unwrap_or_default();
        roots.extend(circle.into_iter().map(|span| node(span, &mut below, &mut told)));
    }
    Trace { trace, roots, lines: lost, spans: count }
}

fn node(
    span: StoredSpan,
    below: &mut HashMap<u64, Vec<StoredSpan>>,
    told: &mut HashMap<String, Vec<StoredLine>>,
) -> Node {
    let children: Vec<Node> = below
        .remove(&span.span_id)
        .unwrap_or_default()
        .into_iter()
        .map(|child| node(child, below, told))
        .collect();
    let lines = told.remove(&format!("{:016x}", span.span_id)).unwrap_or_default();
    Node { self_us: own_time(&span, &children), lines, children, span }
}

/// The length without the union of the children, which may run beside each other.
fn own_time(span: &StoredSpan, children: &[Node]) -> u64 {
    let begin = span.started.as_micros();
    let end = begin.saturating_add_unsigned(span.length_us);
    let (mut covered, mut reached) = (0_u64, begin);
    // Children are in the order of their beginnings.
    for child in children {
        let from = child.span.started.as_micros().clamp(reached, end);
        let to =
            child.span.started.as_micros().saturating_add_unsigned(child.span.length_us).clamp(from, end);
        covered += from.abs_diff(to);
        reached = to;
    }
    span.length_us.saturating_sub(covered)
}

#[cfg(test)]
mod tests {
    use mainstay_core::Timestamp;

    use super::*;

    fn span(id: u64, parent: Option<u64>, started: i64, length_us: u64) -> StoredSpan {
        StoredSpan {
            span_id: id,
            parent,
            service: "shop".into(),
            name: id.to_string(),
            kind: "internal",
            started: Timestamp::from_micros(started),
            length_us,
            error: None,
            attributes: serde_json::Map::new(),
        }
    }

    #[test]
    fn time_of_ones_own_is_what_no_child_covers() {
        let spans = vec![
            span(1, None, 0, 100),
            span(2, Some(1), 10, 30),
            span(3, Some(1), 20, 30),
            span(4, Some(1), 90, 50),
            span(5, Some(9), 5, 1),
            span(2, Some(1), 10, 30),
        ];
        let trace = grow("t".into(), spans, Vec::new());
        assert_eq!(trace.spans, 5);
        assert_eq!(trace.roots.iter().map(|root| root.span.span_id).collect::<Vec<_>>(), [1, 5]);
        assert_eq!(trace.roots[0].self_us, 100 - 40 - 10);
        assert_eq!(trace.roots[0].children.len(), 3);
    }

    #[test]
    fn a_circle_of_parents_ends() {
        let trace = grow("t".into(), vec![span(1, Some(2), 0, 1), span(2, Some(1), 0, 1)], Vec::new());
        assert_eq!(trace.spans, 2);
        let shown: usize = trace.roots.iter().map(|root| 1 + root.children.len()).sum();
        assert_eq!(shown, 2);
    }
}
