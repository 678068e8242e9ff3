//! Stacks with weights, written down as programs read them and as people see them.

use std::collections::HashMap;

use pprof_util::{StackProfile, WeightedStack};

use crate::picture;
use crate::symbols::Symbols;

/// How a profile is written down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// The gzipped protocol buffer that `go tool pprof` and others read.
    #[default]
    Pprof,
    /// A flame graph that a browser shows.
    Svg,
    /// One stack a line with its weight, outermost function first.
    Folded,
}

impl Form {
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Pprof => "application/octet-stream",
            Self::Svg => "image/svg+xml",
            Self::Folded => "text/plain; charset=utf-8",
        }
    }
}

/// What is weighed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Nanoseconds of processor time.
    Cpu,
    /// Bytes that are held.
    Bytes,
}

/// Stacks with weights.
pub struct Profile {
    pub(crate) unit: Unit,
    pub(crate) stacks: Vec<Stack>,
}

/// One stack, innermost first.
pub struct Stack {
    pub frames: Vec<usize>,
    /// Where it was seen, such as a thread's name; empty when that says nothing.
    pub place: String,
    pub weight: f64,
}

impl Profile {
    /// Who holds the memory, as the allocator tells it.
    pub fn heap(stacks: Vec<(Vec<usize>, f64)>) -> Self {
        let stack = |(frames, weight)| Stack { frames, place: String::new(), weight };
        Self { unit: Unit::Bytes, stacks: stacks.into_iter().map(stack).collect() }
    }

    pub fn is_empty(&self) -> bool {
        self.stacks.is_empty()
    }

    /// Written down. Reads debug information the first time: call it on a thread that may wait.
    pub fn write(&self, form: Form, title: &str) -> Vec<u8> {
        match form {
            Form::Pprof => self.pprof(),
            Form::Svg => picture::draw(&self.folded(), title, self.unit).into_bytes(),
            Form::Folded => {
                let lines = self.folded();
                lines
                    .iter()
                    .map(|(names, weight)| format!("{} {weight}\n", names.join(";")))
                    .collect::<String>()
                    .into_bytes()
            }
        }
    }

    fn pprof(&self) -> Vec<u8> {
        let mut profile = StackProfile::default();
        for mapping in mappings::MAPPINGS.iter().flatten() {
            profile.push_mapping(mapping.clone());
        }
        for stack in &self.stacks {
            // The encoder takes every address for one that a call returns to, and the outermost first.
            let mut addrs: Vec<usize> = stack.frames.clone();
            if let Some(innermost) = addrs.first_mut() {
                *innermost += 1;
            }
            addrs.reverse();
            let place = (!stack.place.is_empty()).then_some(stack.place.as_str());
            profile.push_stack(WeightedStack { addrs, weight: stack.weight }, place);
        }
        let (kind, period) = match self.unit {
            Unit::Cpu => (("cpu", "nanoseconds"), ("cpu", "nanoseconds")),
            Unit::Bytes => (("inuse_space", "bytes"), ("space", "bytes")),
        };
        profile.to_pprof(kind, period, Some("thread".to_owned()))
    }

    /// Equal stacks together, outermost function first, in the order of their names.
    fn folded(&self) -> Vec<(Vec<String>, u64)> {
        let mut symbols = Symbols::default();
        let mut folded: HashMap<Vec<String>, f64> = HashMap::new();
        for stack in &self.stacks {
            let mut names = symbols.names(&stack.frames);
            if !stack.place.is_empty() {
                names.insert(0, stack.place.clone());
            }
            *folded.entry(names).or_default() += stack.weight;
        }
        let mut lines: Vec<(Vec<String>, u64)> =
            folded.into_iter().map(|(names, weight)| (names, weight.max(0.0) as u64)).collect();
        lines.sort();
        lines
    }
}
