//! Reads the OpenMetrics text of a registry: names, labels and values.

/// What a metric's values mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Only ever grows.
    Counter,
    /// How often a value fell below each bound, and the sum of all: both only ever grow.
    Histogram,
    /// Goes up and down.
    Gauge,
}

/// One value of a scrape.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample<'a> {
    /// With its ending, such as `_total` or `_bucket`.
    pub name: &'a str,
    /// As they stand between the brackets.
    pub labels: &'a str,
    pub value: f64,
    /// The metric that it is a part of: its name without such an ending.
    pub metric: &'a str,
    pub meaning: Meaning,
}

impl Sample<'_> {
    /// Whether it only ever grows.
    pub fn counts(&self) -> bool {
        self.meaning != Meaning::Gauge
    }
}

/// The values of a scrape, in its order. What cannot be read is left out.
pub fn read(text: &str) -> Vec<Sample<'_>> {
    let mut samples = Vec::new();
    let (mut metric, mut meaning) = ("", Meaning::Gauge);
    for line in text.lines() {
        if let Some((name, kind)) =
            line.strip_prefix("# TYPE ").and_then(|declared| declared.rsplit_once(' '))
        {
            metric = name;
            meaning = match kind {
                "counter" => Meaning::Counter,
                "histogram" => Meaning::Histogram,
                _ => Meaning::Gauge,
            };
        } else if !line.starts_with('#')
            && let Some(sample) = sample(line, metric, meaning)
        {
            samples.push(sample);
        }
    }
    samples
}

fn sample<'a>(line: &'a str, metric: &'a str, meaning: Meaning) -> Option<Sample<'a>> {
    let name = line.find(['{', ' ']).map(|end| &line[..end])?;
    let rest = &line[name.len()..];
    let (labels, rest) = match rest.strip_prefix('{') {
        Some(inner) => inner.split_at(end_of_labels(inner)?),
        None => ("", rest),
    };
    // What follows the value is a time or an example.
    let value = rest.trim_start_matches('}').split_whitespace().next()?.parse().ok()?;
    Some(Sample { name, labels, value, metric, meaning })
}

/// The names and values between the brackets, with what was escaped as it was.
pub fn labels(text: &str) -> Vec<(&str, String)> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((name, quoted)) = rest.split_once("=\"") {
        let mut value = String::new();
        let mut letters = quoted.char_indices();
        let mut end = quoted.len();
        while let Some((place, letter)) = letters.next() {
            match letter {
                '"' => {
                    end = place + 1;
                    break;
                }
                '\\' => match letters.next() {
                    Some((_, 'n')) => value.push('\n'),
                    Some((_, escaped)) => value.push(escaped),
                    None => {}
                },
                _ => value.push(letter),
            }
        }
        found.push((name, value));
        rest = quoted[end..].trim_start_matches(',');
    }
    found
}

/// Where the closing bracket is: one within quotes does not count.
fn end_of_labels(text: &str) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    text.bytes().position(|byte| {
        let closes = byte == b'}' && !quoted;
        if byte == b'"' && !escaped {
            quoted = !quoted;
        }
        escaped = byte == b'\\' && !escaped;
        closes
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scrape_is_read_whatever_is_in_its_labels() {
        let text = "# HELP mainstay_x Help {with} brackets\n# TYPE mainstay_x counter\n\
            mainstay_x_total{route=\"GET /v1/{id}\",a=\"q\\\"}\"} 7\n\
            # TYPE mainstay_g gauge\nmainstay_g 1.5\nmainstay_empty{} 3\nbroken\n\
            # TYPE mainstay_h histogram\nmainstay_h_bucket{le=\"+Inf\"} 2 # {trace_id=\"ab\"} 0.7\n# EOF\n";
        let sample = |name, labels, value, metric, meaning| Sample { name, labels, value, metric, meaning };
        assert_eq!(
            read(text),
            [
                sample(
                    "mainstay_x_total",
                    "route=\"GET /v1/{id}\",a=\"q\\\"}\"",
                    7.0,
                    "mainstay_x",
                    Meaning::Counter
                ),
                sample("mainstay_g", "", 1.5, "mainstay_g", Meaning::Gauge),
                sample("mainstay_empty", "", 3.0, "mainstay_g", Meaning::Gauge),
                sample("mainstay_h_bucket", "le=\"+Inf\"", 2.0, "mainstay_h", Meaning::Histogram),
            ]
        );
    }

    #[test]
    fn labels_are_read_with_what_was_escaped() {
        assert_eq!(labels(""), []);
        assert_eq!(
            labels(r#"route="GET /v1/{id}",a="q\"}\\",b="","#),
            [("route", "GET /v1/{id}".to_owned()), ("a", "q\"}\\".to_owned()), ("b", String::new())]
        );
        assert_eq!(labels(r#"a="cut"#), [("a", "cut".to_owned())]);
    }
}
