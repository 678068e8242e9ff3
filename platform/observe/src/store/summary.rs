//! A trace in one line of a list.

use mainstay_core::{Result, Timestamp};
use mainstay_sql::View;
use serde::{Deserialize, Serialize};

use crate::store::fragment::{HEAD, Head};

/// Parts of one trace that are looked at for its line; a trace that goes on for days has more.
const PARTS_MAX: u32 = 200;

/// What a list shows of a trace.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TraceSummary {
    /// The row that was found: where a list goes on.
    pub id: i64,
    pub trace: String,
    /// The first span's name and service, or that of the earliest part that is known.
    pub name: String,
    pub service: String,
    pub started: Timestamp,
    /// How long the first span took; when it is not here, the longest part.
    pub length_us: i64,
    pub spans: u32,
    pub failed: bool,
    /// Whether the first span is here.
    pub complete: bool,
}

/// The whole trace that a row is a part of.
pub(super) fn of(view: &View<'_>, found: Head) -> Result<TraceSummary> {
    let sql = format!("SELECT {HEAD} FROM observe_fragments WHERE trace = ? ORDER BY id LIMIT ?");
    let parts = view.query(&sql, &[(&found.trace).into(), PARTS_MAX.into()], Head::read)?;
    let first = parts.iter().min_by_key(|part| (!part.root, part.started)).unwrap_or(&found);
    let trace: [u8; 16] = found.trace.as_slice().try_into().unwrap_or_default();
    Ok(TraceSummary {
        id: found.id,
        trace: format!("{:032x}", u128::from_be_bytes(trace)),
        name: first.name.clone(),
        service: first.service.clone(),
        started: Timestamp::from_micros(first.started),
        length_us: if first.root {
            first.length
        } else {
            parts.iter().map(|part| part.length).max().unwrap_or(found.length)
        },
        spans: parts.iter().map(|part| part.spans).sum(),
        failed: parts.iter().any(|part| part.failed),
        complete: first.root,
    })
}
