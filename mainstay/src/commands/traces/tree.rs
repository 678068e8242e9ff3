//! A trace as people read it: when each span began, how long it took, how much of that was its own, and what was logged
//! in it.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use mainstay_core::Timestamp;
use serde_json::Value;

const BAD: Style = AnsiColor::Red.on_default().bold();
const QUIET: Style = Style::new().dimmed();
const STRONG: Style = Style::new().bold();

/// Widths of the columns of numbers.
const BEGAN: usize = 10;
const TOOK: usize = 10;

/// Draws the process's answer.
pub fn draw(trace: &Value) -> String {
    let roots = list(trace, "roots");
    let begin = roots.iter().filter_map(started).min().unwrap_or_default();
    let spans = trace["spans"].as_u64().unwrap_or_default();
    let mut text = format!("{STRONG}trace {}{STRONG:#}  {spans} spans\n", word(trace, "trace"));
    let _ = writeln!(text, "{QUIET}{:>BEGAN$}  {:>TOOK$}  {:>TOOK$}{QUIET:#}", "began", "took ms", "own ms");
    for root in roots {
        node(&mut text, root, begin, "", "");
    }
    for line in list(trace, "lines") {
        told(&mut text, line, begin, "");
    }
    text
}

fn node(text: &mut String, span: &Value, begin: Timestamp, branch: &str, below: &str) {
    let began = started(span).unwrap_or(begin).since(begin).as_micros();
    let (took, own) = (number(span, "length_us"), number(span, "self_us"));
    let failed = span["error"].is_string();
    let style = if failed { BAD } else { Style::new() };
    let _ = writeln!(
        text,
        "{QUIET}{:>BEGAN$}{QUIET:#}  {:>TOOK$}  {:>TOOK$}  {QUIET}{branch}{QUIET:#}{style}{}{style:#}  {QUIET}{}{QUIET:#}{}",
        millis(i64::try_from(began).unwrap_or(i64::MAX)),
        millis(took),
        millis(own),
        word(span, "name"),
        word(span, "service"),
        attributes(span)
    );
    if let Some(error) = span["error"].as_str() {
        indented(text, below, &format!("{BAD}! {error}{BAD:#}"));
    }
    for line in list(span, "lines") {
        told(text, line, begin, below);
    }
    let children = list(span, "children");
    for (place, child) in children.iter().enumerate() {
        let (branch, further) =
            if place + 1 == children.len() { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        node(text, child, begin, &format!("{below}{branch}"), &format!("{below}{further}"));
    }
}

fn told(text: &mut String, line: &Value, begin: Timestamp, below: &str) {
    let at = word(line, "at").parse::<Timestamp>().unwrap_or(begin).since(begin).as_micros();
    let level = word(line, "level").to_uppercase();
    let style = if matches!(level.as_str(), "WARN" | "ERROR") { BAD } else { QUIET };
    let mut said = format!("{style}{level}{style:#} {}", word(line, "message"));
    if let Some(fields) = line["fields"].as_object() {
        for (key, value) in fields {
            let _ = write!(said, " {QUIET}{key}={QUIET:#}{}", plain(value));
        }
    }
    let at = millis(i64::try_from(at).unwrap_or(i64::MAX));
    indented(text, below, &format!("{QUIET}at {at}{QUIET:#} {said}"));
}

fn indented(text: &mut String, below: &str, said: &str) {
    let _ = writeln!(text, "{:>BEGAN$}  {:>TOOK$}  {:>TOOK$}  {QUIET}{below}{QUIET:#}  {said}", "", "", "");
}

fn attributes(span: &Value) -> String {
    let mut text = String::new();
    for (key, value) in span["attributes"].as_object().into_iter().flatten() {
        let _ = write!(text, " {QUIET}{key}={}{QUIET:#}", plain(value));
    }
    text
}

/// Milliseconds with as many digits as matter.
pub fn millis(micros: i64) -> String {
    format!("{:.1}", micros as f64 / 1_000.0)
}

fn started(span: &Value) -> Option<Timestamp> {
    span["started"].as_str()?.parse().ok()
}

fn word<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn number(value: &Value, key: &str) -> i64 {
    value[key].as_i64().unwrap_or_default()
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_reads_from_the_top_with_its_lines_where_they_were_said() {
        let line = serde_json::json!({"at": "2030-01-01T00:00:00.004000Z", "level": "warn", "message": "slow statement",
            "fields": {"took_us": 4000}});
        let leaf = serde_json::json!({"name": "sql.write", "service": "shop.orders", "started": "2030-01-01T00:00:00.002000Z",
            "length_us": 5000, "self_us": 5000, "error": "the disk is full", "attributes": {"database": "shop.orders"},
            "lines": [line], "children": []});
        let root = serde_json::json!({"name": "POST /v1/checkouts", "service": "mainstay", "started": "2030-01-01T00:00:00Z",
            "length_us": 9000, "self_us": 4000, "error": null, "attributes": {}, "lines": [], "children": [leaf]});
        let trace = serde_json::json!({"trace": "ab", "spans": 2, "roots": [root], "lines": []});
        let drawn = anstream::adapter::strip_str(&draw(&trace)).to_string();
        let expected = "\
trace ab  2 spans
     began     took ms      own ms
       0.0         9.0         4.0  POST /v1/checkouts  mainstay
       2.0         5.0         5.0  └─ sql.write  shop.orders database=shop.orders
                                         ! the disk is full
                                         at 4.0 WARN slow statement took_us=4000
";
        assert_eq!(drawn, expected);
    }
}
