//! Reads a log from its beginning and says where it is not what was written.

use std::collections::BTreeMap;
use std::fmt;

use mainstay_core::{Context, Result};
use mainstay_sql::Database;

use crate::anchor::Anchor;
use crate::entry::Line;
use crate::log::Audit;
use crate::{hash, store};

/// Faults that are named; the rest would be the same one again.
const FAULTS_MAX: usize = 20;

/// What a log was found to be.
#[derive(Clone, Debug, Default)]
pub struct Verified {
    pub lines: i64,
    /// The end, to be kept elsewhere; nothing for an empty log.
    pub end: Option<Anchor>,
    /// Nothing when the log is what was written.
    pub faults: Vec<Fault>,
}

/// Where a log is not what was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A line does not say what it said.
    Changed(i64),
    /// A number is missing before this one: a line was taken out.
    Missing(i64),
    /// A line does not follow the one before it: lines were moved, put in or written anew.
    OutOfTurn(i64),
    /// The log ends elsewhere than its sealed end: lines were taken off, added beside the service, or written anew.
    End { found: i64, sealed: i64 },
    /// The sealed end is missing, or was not sealed by this service.
    Unsealed,
    /// The line of an anchor that was kept elsewhere is missing or another one.
    Anchor(i64),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed(number) => write!(f, "line {number} does not say what it said when it was written"),
            Self::Missing(number) => write!(f, "the line before line {number} is missing"),
            Self::OutOfTurn(number) => write!(f, "line {number} does not follow the line before it"),
            Self::End { found, sealed } => {
                write!(f, "the log ends at line {found}, and was sealed at line {sealed}")
            }
            Self::Unsealed => f.write_str("the end of the log is not sealed by this service"),
            Self::Anchor(number) => write!(f, "line {number} is not the one that an anchor was kept of"),
        }
    }
}

/// Verifies the whole log of a database, page by page, against its sealed end and the anchors that were kept of it. It may be
/// added to meanwhile.
///
/// # Errors
/// What the database raises; a log that is not what was written is no error but [`Verified::faults`].
pub async fn verify(db: &Database, ctx: &Context, audit: &Audit, anchors: &[Anchor]) -> Result<Verified> {
    let mut walk = Walk::new(anchors);
    // The seal and the line that it is of are read at one instant; what is added later is not walked.
    let sealer = audit.clone();
    let (sealed, last) = db.read(ctx, move |view| Ok((sealer.sealed_end(view), store::last(view)?))).await?;
    let until = last.as_ref().map_or(0, |(number, _)| *number);
    while walk.number < until {
        let after = walk.number;
        let page = db.read(ctx, move |view| store::list(view, after, store::LINES_MAX)).await?;
        if page.is_empty() {
            break;
        }
        for line in page.iter().take_while(|line| line.number <= until) {
            walk.step(line);
        }
        if page.last().is_some_and(|line| line.number >= until) {
            break;
        }
    }
    Ok(walk
        .finish(sealed.map(|end| end.unwrap_or(Anchor { number: 0, hash: hash::BEGINNING.to_vec() })).ok()))
}

struct Walk {
    anchors: BTreeMap<i64, Vec<u8>>,
    number: i64,
    previous: Vec<u8>,
    lines: i64,
    faults: Vec<Fault>,
}

impl Walk {
    fn new(anchors: &[Anchor]) -> Self {
        let anchors = anchors.iter().map(|anchor| (anchor.number, anchor.hash.clone())).collect();
        Self { anchors, number: 0, previous: hash::BEGINNING.to_vec(), lines: 0, faults: Vec::new() }
    }

    fn step(&mut self, line: &Line) {
        if line.number != self.number + 1 {
            self.fault(Fault::Missing(line.number));
        } else if line.previous != self.previous {
            self.fault(Fault::OutOfTurn(line.number));
        }
        if hash::of(line) != *line.hash {
            self.fault(Fault::Changed(line.number));
        }
        if self.anchors.remove(&line.number).is_some_and(|hash| hash != line.hash) {
            self.fault(Fault::Anchor(line.number));
        }
        self.number = line.number;
        self.previous.clone_from(&line.hash);
        self.lines += 1;
    }

    fn finish(mut self, sealed: Option<Anchor>) -> Verified {
        let end = Anchor { number: self.number, hash: self.previous.clone() };
        match sealed {
            None => self.fault(Fault::Unsealed),
            Some(sealed) if sealed != end => {
                self.fault(Fault::End { found: end.number, sealed: sealed.number });
            }
            Some(_) => {}
        }
        // What is left was never met.
        for number in std::mem::take(&mut self.anchors).into_keys() {
            self.fault(Fault::Anchor(number));
        }
        let end = (self.lines > 0).then_some(end);
        Verified { lines: self.lines, end, faults: self.faults }
    }

    fn fault(&mut self, fault: Fault) {
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(fault);
        }
    }
}
