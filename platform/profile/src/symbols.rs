//! Names for the addresses of a stack.

use std::collections::HashMap;

/// The functions at each address, outermost inlined one first. Reading debug information takes a moment the first time.
#[derive(Default)]
pub(crate) struct Symbols(HashMap<usize, Vec<String>>);

impl Symbols {
    /// The names of a stack that is given innermost first, outermost first.
    pub(crate) fn names(&mut self, frames: &[usize]) -> Vec<String> {
        let mut names = Vec::with_capacity(frames.len());
        for (place, address) in frames.iter().enumerate().rev() {
            // All but the innermost are where a call returns to; the call stands just before.
            let address = if place == 0 { *address } else { address.saturating_sub(1) };
            names.extend(self.0.entry(address).or_insert_with(|| resolved(address)).iter().cloned());
        }
        names
    }
}

fn resolved(address: usize) -> Vec<String> {
    let mut names = Vec::new();
    backtrace::resolve(address as *mut std::ffi::c_void, |symbol| {
        let name = symbol.name().map_or_else(|| format!("{address:#x}"), |name| format!("{name:#}"));
        names.push(name);
    });
    if names.is_empty() {
        names.push(format!("{address:#x}"));
    }
    // Innermost inlined function first; the one that it was inlined into comes last.
    names.reverse();
    names
}

/// The part of a stack that a person looks at: what runs it (threads, the runtime, panics' boundaries) is left out.
pub(crate) fn of_interest(names: &[String]) -> Vec<String> {
    const PLUMBING: [&str; 9] =
        ["std::", "core::", "<core::", "alloc::", "<alloc::", "tokio::", "<tokio::", "__", "clone"];
    let is_plumbing = |name: &str| {
        PLUMBING.iter().any(|plumbing| name.starts_with(plumbing))
            || name.contains("catch_unwind")
            || name.contains("AssertUnwindSafe")
    };
    names.iter().filter(|name| !is_plumbing(name)).cloned().collect()
}
