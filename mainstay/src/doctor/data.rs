//! Lines about where data is kept and how it is found.

use super::{Found, Running};

/// Statements that one line names; the rest are counted.
const NAMED_MAX: usize = 3;

pub fn cache(running: &Running) -> Found {
    let Some(page) = running.metrics() else { return Found::not_checked("the metrics were not answered") };
    let hits = page.lines().filter(|line| line.starts_with("mainstay_cache_")).count();
    if hits == 0 {
        return Found::not_checked("no metric of a cache is exposed, so nothing says whether one is used");
    }
    let sum = |name| running.metric(name).unwrap_or(0.0);
    let (hit, missed) = (sum("mainstay_cache_hits_total"), sum("mainstay_cache_misses_total"));
    if hit + missed == 0.0 {
        return Found::not_checked(format!("{hits} series of caches are exposed; none has been asked yet"));
    }
    Found::good(format!("{hit:.0} hits and {missed:.0} misses so far"))
}

pub fn sessions(running: &Running) -> Found {
    let Some(services) = running.json("/v1/services") else {
        return Found::not_checked("the operators' listener did not name the services");
    };
    let name = "database shop.auth";
    let checks = services["health"]["checks"].as_array().map(Vec::as_slice).unwrap_or_default();
    match checks.iter().find(|check| check["name"] == name) {
        Some(check) if check["ok"] == true => {
            let url = running.setting("database.url").filter(|url| !url.is_empty());
            let url = url.unwrap_or_else(|| "an embedded one in the data folder".to_owned());
            Found::good(format!("sessions are rows of shop.auth, whose database answers: {url}"))
        }
        Some(check) => Found::bad(format!("the database of shop.auth fails: {}", check["message"])),
        None => Found::not_checked("shop.auth runs in another process; ask that one"),
    }
}

pub fn indexes(running: &Running) -> Found {
    let rows = running.json("/v1/statements");
    let rows = rows.as_ref().and_then(|rows| rows["rows"].as_array()).map(Vec::as_slice).unwrap_or_default();
    if rows.is_empty() {
        return Found::not_checked("no statement has been sampled yet");
    }
    let scanning: Vec<String> = rows
        .iter()
        .filter(|row| {
            let (plan, sql) = (row["plan"].as_str(), row["sql"].as_str().unwrap_or_default());
            plan.is_some_and(|plan| scans(plan) && !ends_early(sql, plan))
        })
        .map(|row| {
            let sql: String =
                row["sql"].as_str().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
            let sql: String = sql.chars().take(90).collect();
            format!("{} ({}, {} times)", sql, row["service"].as_str().unwrap_or_default(), row["times"])
        })
        .collect();
    let whole = format!("the plans of {} statements that ran", rows.len());
    if scanning.is_empty() {
        return Found::good(format!("{whole} use an index or a key, every one"));
    }
    let named: Vec<&str> = scanning.iter().take(NAMED_MAX).map(String::as_str).collect();
    let more = scanning.len() - named.len();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    Found::look(format!("of {whole}, {} read a whole table: {}{more}", scanning.len(), named.join("; ")))
}

/// Whether a scan ends after the rows that were asked for: there is a limit, and nothing that has to be looked for, put in
/// order or counted before it, which would be a condition, a second line of the plan or a function.
fn ends_early(sql: &str, plan: &str) -> bool {
    let words: Vec<String> = sql.split_whitespace().map(str::to_ascii_lowercase).collect();
    let has = |word: &str| words.iter().any(|known| known == word);
    let takes_all = has("where") || has("group") || has("distinct") || sql.contains('(');
    plan.lines().count() == 1 && has("select") && has("limit") && !takes_all
}

/// Whether a plan reads a table from end to end. A scan of an index is in order and usually wanted; one of constant
/// rows or of a subquery reads no table.
fn scans(plan: &str) -> bool {
    plan.lines().any(|line| {
        let line = line.trim_start();
        line.strip_prefix("SCAN ").is_some_and(|what| {
            // A virtual table, as of full-text search, names after the colon what it is asked by.
            let asked = what.rsplit_once(" VIRTUAL TABLE INDEX ").is_some_and(|(_, by)| !by.ends_with(':'));
            // `2 CONSTANT ROWS` and `2-ROW VALUES CLAUSE` are those that a statement of many rows writes.
            let kind =
                what.trim_start_matches(|letter: char| letter.is_ascii_digit() || " -".contains(letter));
            let is_constant = kind.starts_with("CONSTANT ROW") || kind == "ROW VALUES CLAUSE";
            !is_constant && !what.starts_with('(') && !what.contains(" USING ") && !asked
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Verdict;

    #[test]
    fn a_plan_that_reads_a_table_from_end_to_end_is_named() {
        assert!(scans("SEARCH a USING INDEX b (x=?)\nSCAN jobs"));
        assert!(scans("SCAN product_text VIRTUAL TABLE INDEX 0:"));
        for fine in [
            "SEARCH a USING PRIMARY KEY (x=?)",
            "SCAN CONSTANT ROW",
            "SCAN 32 CONSTANT ROWS",
            "CO-ROUTINE 32-ROW VALUES CLAUSE\nSCAN 32-ROW VALUES CLAUSE",
            "SCAN a USING COVERING INDEX b",
            "SCAN (subquery-1)",
            "SCAN product_text VIRTUAL TABLE INDEX 0:M5",
            "",
        ] {
            assert!(!scans(fine), "{fine}");
        }
        let row = |plan| {
            format!(r#"{{"rows":[{{"service":"shop.a","sql":"SELECT x","times":16,"plan":"{plan}"}}]}}"#)
        };
        let seen = |plan| indexes(&Running::silent().with("/v1/statements", &[], &row(plan)));
        assert_eq!(seen("SEARCH a USING INDEX b").verdict, Verdict::Good);
        let found = seen("SCAN a");
        assert_eq!(found.verdict, Verdict::Look);
        assert!(found.evidence.contains("SELECT x (shop.a, 16 times)"), "{}", found.evidence);
    }

    #[test]
    fn a_scan_that_a_limit_ends_reads_no_whole_table() {
        for early in ["SELECT 1 FROM a LIMIT 1", "select x\nfrom a order by n desc limit ?1"] {
            assert!(ends_early(early, "SCAN a"), "{early}");
        }
        for (whole, plan) in [
            ("SELECT x FROM a", "SCAN a"),
            ("SELECT x FROM a WHERE y = ?1 LIMIT 1", "SCAN a"),
            ("SELECT count(*) FROM a LIMIT 1", "SCAN a"),
            ("SELECT DISTINCT x FROM a LIMIT 1", "SCAN a"),
            ("SELECT x FROM a GROUP BY x LIMIT 1", "SCAN a"),
            ("SELECT x FROM a ORDER BY y LIMIT 1", "SCAN a\nUSE TEMP B-TREE FOR ORDER BY"),
            ("DELETE FROM a LIMIT 1", "SCAN a"),
        ] {
            assert!(!ends_early(whole, plan), "{whole}");
        }
        let row = r#"{"rows":[{"service":"a","sql":"SELECT 1 FROM a LIMIT 1","times":16,"plan":"SCAN a"}]}"#;
        let found = indexes(&Running::silent().with("/v1/statements", &[], row));
        assert_eq!(found.verdict, Verdict::Good, "{}", found.evidence);
    }
}
