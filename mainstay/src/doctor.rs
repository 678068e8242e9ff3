//! The doctor: the production checklist, line by line, each with what was seen on the running system.
//!
//! A check asks the system and not its configuration: compression is a compressed answer, an index is the plan of a
//! statement that ran. What cannot be seen is 'not checked', with the reason; nothing is good without evidence.

mod answers;
mod data;
mod operations;
mod patient;
mod running;

use serde::Serialize;

pub use running::{Running, Target};

/// What a check came to, from the best to the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Good,
    /// It could not be seen; the evidence says why.
    NotChecked,
    /// It works, and something about it wants a look.
    Look,
    Bad,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub verdict: Verdict,
    /// What was asked, and what came back.
    pub evidence: String,
}

impl Found {
    pub fn good(evidence: impl Into<String>) -> Self {
        Self { verdict: Verdict::Good, evidence: evidence.into() }
    }

    pub fn look(evidence: impl Into<String>) -> Self {
        Self { verdict: Verdict::Look, evidence: evidence.into() }
    }

    pub fn bad(evidence: impl Into<String>) -> Self {
        Self { verdict: Verdict::Bad, evidence: evidence.into() }
    }

    pub fn not_checked(why: impl Into<String>) -> Self {
        Self { verdict: Verdict::NotChecked, evidence: why.into() }
    }
}

/// One line of the checklist.
pub struct Check {
    /// As the checklist calls it; docs/doctor.md has a section of this name.
    pub name: &'static str,
    /// What to do when it is not good.
    pub fix: &'static str,
    /// How it is found out.
    pub find: Find,
}

/// How a check is made.
pub enum Find {
    /// From what was asked of the system before.
    Seen(fn(&Running) -> Found),
    /// By waiting for something, only when there is patience for it.
    Waited(fn(&Running) -> patient::Waiting),
}

/// The checklist, in its order.
pub const CHECKS: &[Check] = &[
    Check {
        name: "multi-core use",
        fix: "give the process more than one core, or run several behind a balancer",
        find: Find::Seen(operations::cores),
    },
    Check {
        name: "cache layers",
        fix: "keep what is read often and changes seldom in the cache",
        find: Find::Seen(data::cache),
    },
    Check {
        name: "pools",
        fix: "raise the limit that refuses, or take load away from what fills it",
        find: Find::Seen(operations::pools),
    },
    Check {
        name: "sessions store",
        fix: "keep sessions where every node finds them",
        find: Find::Seen(data::sessions),
    },
    Check {
        name: "rate limit on every route",
        fix: "set a policy for the routes that are named",
        find: Find::Seen(answers::rate_limits),
    },
    Check {
        name: "compression",
        fix: "let answers be compressed; nothing between the caller and the system may strip Accept-Encoding",
        find: Find::Seen(answers::compression),
    },
    Check {
        name: "cache headers",
        fix: "say for each answer whether it may be kept, and how long",
        find: Find::Seen(answers::cache_headers),
    },
    Check {
        name: "indexes behind every frequent query",
        fix: "add the index that the statement needs, in a migration of its service",
        find: Find::Seen(data::indexes),
    },
    Check {
        name: "streaming of large bodies",
        fix: "pass large bodies on in pieces instead of holding them",
        find: Find::Seen(answers::streaming),
    },
    Check {
        name: "graceful shutdown",
        fix: "leave the drain enough time, and stop with SIGTERM",
        find: Find::Seen(operations::shutdown),
    },
    Check {
        name: "health endpoints",
        fix: "mend what the failing check names",
        find: Find::Seen(operations::health),
    },
    Check {
        name: "CPU and memory profiles available",
        fix: "run a binary with the profilers, and the operators' listener reachable for you",
        find: Find::Seen(operations::profiles),
    },
    Check {
        name: "loop lag watched",
        fix: "run a binary that watches its workers",
        find: Find::Seen(operations::lag),
    },
    Check {
        name: "CDN-ready static assets",
        fix: "name assets by their content and let them be kept for a year",
        find: Find::Seen(answers::assets),
    },
    Check {
        name: "request time-outs",
        fix: "set http.header_timeout_ms and http.request_timeout_ms",
        find: Find::Waited(patient::time_out),
    },
];

/// A line as it is shown.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    pub check: &'static str,
    pub verdict: Verdict,
    pub evidence: String,
    /// Only where something is to be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<&'static str>,
    pub docs: String,
}

/// Goes through the checklist. `patient` also makes the checks that wait.
pub async fn examine(running: &Running, patient: bool) -> Vec<Line> {
    let mut lines = Vec::new();
    for check in CHECKS {
        let found = match check.find {
            Find::Seen(find) => find(running),
            Find::Waited(find) if patient => find(running).await,
            Find::Waited(_) => Found::not_checked("it takes a time-out to see one; ask with --patient"),
        };
        lines.push(Line {
            check: check.name,
            verdict: found.verdict,
            evidence: found.evidence,
            fix: (found.verdict > Verdict::Good).then_some(check.fix),
            docs: format!("docs/doctor.md#{}", anchor(check.name)),
        });
    }
    lines
}

/// The anchor that a heading of this name has.
fn anchor(name: &str) -> String {
    let kept = name.chars().filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-'));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_checklist_has_its_section() {
        let page = include_str!("../../docs/doctor.md");
        let headings: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        let names: Vec<&str> = CHECKS.iter().map(|check| check.name).collect();
        assert_eq!(headings, names);
        assert_eq!(anchor("CPU and memory profiles available"), "cpu-and-memory-profiles-available");
    }

    #[test]
    fn a_system_that_answers_nothing_has_no_good_line() {
        let running = Running::silent();
        for check in CHECKS {
            if let Find::Seen(find) = check.find {
                assert_ne!(find(&running).verdict, Verdict::Good, "{}", check.name);
            }
        }
    }
}
