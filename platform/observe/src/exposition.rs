//! Reads the OpenMetrics text of a registry: names, labels and values.

/// One value of a scrape.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample<'a> {
    /// With its ending, such as `_total` or `_bucket`.
    pub name: &'a str,
    /// As they stand between the brackets.
    pub labels: &'a str,
    pub value: f64,
    /// Whether it only ever grows.
    pub counts: bool,
}

/// The values of a scrape, in its order. What cannot be read is left out.
pub fn read(text: &str) -> Vec<Sample<'_>> {
    let mut samples = Vec::new();
    let mut counts = false;
    for line in text.lines() {
        if let Some(declared) = line.strip_prefix("# TYPE ") {
            counts = declared.ends_with(" counter") || declared.ends_with(" histogram");
        } else if !line.starts_with('#')
            && let Some(sample) = sample(line, counts)
        {
            samples.push(sample);
        }
    }
    samples
}

fn sample(line: &str, counts: bool) -> Option<Sample<'_>> {
    let name = line.find(['{', ' ']).map(|end| &line[..end])?;
    let rest = &line[name.len()..];
    let (labels, rest) = match rest.strip_prefix('{') {
        Some(inner) => inner.split_at(end_of_labels(inner)?),
        None => ("", rest),
    };
    // What follows the value is a time or an example.
    let value = rest.trim_start_matches('}').split_whitespace().next()?.parse().ok()?;
    Some(Sample { name, labels, value, counts })
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
        let sample = |name, labels, value, counts| Sample { name, labels, value, counts };
        assert_eq!(
            read(text),
            [
                sample("mainstay_x_total", "route=\"GET /v1/{id}\",a=\"q\\\"}\"", 7.0, true),
                sample("mainstay_g", "", 1.5, false),
                sample("mainstay_empty", "", 3.0, false),
                sample("mainstay_h_bucket", "le=\"+Inf\"", 2.0, true),
            ]
        );
    }
}
