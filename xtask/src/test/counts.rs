//! How many tests passed, failed and were skipped, read from what the runners leave behind.

use std::fmt;

/// The sum that the last line of a run shows.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub passed: usize,
    pub failed: usize,
    pub skipped: usize,
}

impl Counts {
    pub fn add(&mut self, other: &Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }

    /// From a JUnit report: the totals stand in its outermost element.
    pub fn of_junit(report: &str) -> Self {
        let outermost = report.split_once("<testsuites").and_then(|(_, rest)| rest.split_once('>'));
        let attributes = outermost.map_or("", |(attributes, _)| attributes);
        let number = |name: &str| {
            attributes
                .split_once(&format!(" {name}=\""))
                .and_then(|(_, rest)| rest.split_once('"'))
                .and_then(|(value, _)| value.parse::<usize>().ok())
                .unwrap_or(0)
        };
        let failed = number("failures") + number("errors");
        Self { passed: number("tests").saturating_sub(failed), failed, skipped: 0 }
    }

    /// From cargo's own closing lines: `test result: ok. 3 passed; 0 failed; 1 ignored; …`.
    pub fn of_lines<'a>(lines: impl Iterator<Item = &'a str>) -> Self {
        let mut counts = Self::default();
        for line in lines {
            let number = |word: &str| {
                line.split([';', '.'])
                    .filter_map(|part| part.trim().strip_suffix(word)?.trim().parse::<usize>().ok())
                    .sum::<usize>()
            };
            counts.add(&Self {
                passed: number("passed"),
                failed: number("failed"),
                skipped: number("ignored"),
            });
        }
        counts
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runners_are_understood() {
        let junit = r#"<?xml version="1.0"?><testsuites name="nextest-run" tests="12" failures="2" errors="1" uuid="x" time="1.0"><testsuite name="a" tests="12"/>"#;
        assert_eq!(Counts::of_junit(junit), Counts { passed: 9, failed: 3, skipped: 0 });
        assert_eq!(Counts::of_junit(""), Counts::default());

        let lines = [
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s",
            "test result: FAILED. 2 passed; 4 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s",
        ];
        assert_eq!(Counts::of_lines(lines.into_iter()), Counts { passed: 5, failed: 4, skipped: 1 });
    }
}
