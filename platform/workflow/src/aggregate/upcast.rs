//! Brings stored events of older shapes up to date when they are read.

use std::collections::HashMap;

use mainstay_core::Result;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::codes::{BAD_DEFINITION, UNREADABLE_EVENT};

/// Turns the JSON of one (kind, schema) into that of the next. Pure: the same input gives the same output for ever,
/// so it looks at nothing else, neither clock nor database.
#[derive(Clone, Copy, Debug)]
pub struct Upcaster {
    /// The kind and schema at rest.
    pub from: (&'static str, u32),
    /// What comes out: the next schema, and another kind if it was renamed.
    pub to: (&'static str, u32),
    pub change: fn(Value) -> Result<Value>,
}

/// An event as some release stored it; kept with the tests, for good.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    pub kind: &'static str,
    pub schema: u32,
    pub json: &'static str,
}

/// The upcasters of one aggregate, by what they take.
#[derive(Default)]
pub(super) struct Upcasters {
    by_source: HashMap<(&'static str, u32), Upcaster>,
}

impl Upcasters {
    /// `workflow.bad_definition` when two take the same, or when one does not lead on to a newer shape.
    pub fn add(&mut self, upcaster: Upcaster) -> Result<()> {
        let bad = |what: &str| BAD_DEFINITION.error(format!("upcaster from {:?}: {what}", upcaster.from));
        if upcaster.from == upcaster.to {
            return Err(bad("it leads nowhere"));
        }
        if self.by_source.insert(upcaster.from, upcaster).is_some() {
            return Err(bad("there are two"));
        }
        // Whoever follows the chain from here must come to an end.
        let (mut at, mut hops) = (upcaster.from, 0);
        while let Some(next) = self.by_source.get(&at) {
            (at, hops) = (next.to, hops + 1);
            if hops > self.by_source.len() {
                return Err(bad("it goes in a circle"));
            }
        }
        Ok(())
    }

    pub fn sources(&self) -> impl Iterator<Item = (&'static str, u32)> + '_ {
        self.by_source.keys().copied()
    }

    /// Reads an event of whatever shape it was stored in.
    pub fn read<E: DeserializeOwned>(&self, kind: &str, schema: u32, json: &str) -> Result<E> {
        let unreadable = |error: serde_json::Error| {
            UNREADABLE_EVENT
                .because(format!("an event of kind {kind}, schema {schema} cannot be read"), error)
        };
        let Some(mut upcaster) = self.by_source.get(&(kind, schema)) else {
            return serde_json::from_str(json).map_err(unreadable);
        };
        let mut value: Value = serde_json::from_str(json).map_err(unreadable)?;
        loop {
            value = (upcaster.change)(value)?;
            match self.by_source.get(&upcaster.to) {
                Some(next) => upcaster = next,
                None => return serde_json::from_value(value).map_err(unreadable),
            }
        }
    }
}
