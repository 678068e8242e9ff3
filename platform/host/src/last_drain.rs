//! The record that a process leaves when it ends, so that whoever comes later can see how drains go. It is a note for
//! people, not a fact that anything depends on: one that cannot be written or read is left out.

use std::path::Path;
use std::time::Duration;

use mainstay_core::Clock;
use serde_json::{Value, json};

const FILE: &str = "last-drain.json";

/// Leaves the record of a drain; `left` names what did not end in time.
pub(crate) fn write(folder: &Path, clock: &Clock, took: Duration, left: Option<&str>) {
    let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    let record = json!({"at": clock.now(), "took_ms": took_ms, "clean": left.is_none(), "left": left});
    if let Err(error) = std::fs::write(folder.join(FILE), record.to_string()) {
        tracing::debug!(%error, "the record of the drain could not be written");
    }
}

/// The record of the last drain, if there is one.
pub(crate) fn read(folder: &Path) -> Option<Value> {
    serde_json::from_slice(&std::fs::read(folder.join(FILE)).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use mainstay_core::Timestamp;

    use super::*;

    #[test]
    fn a_drain_is_read_back_and_what_is_no_record_is_none() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path()), None);
        let (clock, _) = Clock::manual(Timestamp::from_micros(0));
        write(folder.path(), &clock, Duration::from_millis(7), Some("a database"));
        let record = read(folder.path()).unwrap();
        assert_eq!(
            (&record["took_ms"], &record["clean"], &record["left"]),
            (&json!(7), &json!(false), &json!("a database"))
        );
        std::fs::write(folder.path().join(FILE), "{").unwrap();
        assert_eq!(read(folder.path()), None);
    }
}
