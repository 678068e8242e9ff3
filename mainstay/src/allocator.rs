//! The memory allocator of the binary: jemalloc, which several threads share without queueing and which can say at any
//! time who holds what.
//!
//! Only the binary has it. Tests run with the system's own allocator, so that sanitizers and valgrind see them as they
//! are.

use mainstay_core::{Result, codes};
use mainstay_telemetry::{Heap, HeapFigures};
use tikv_jemalloc_ctl::{epoch, stats};

/// What the allocator is told before `main`: it samples one allocation in each four mebibytes on average, so that a profile
/// of the live heap is there when somebody asks; and it gives back memory that lies idle, from a thread of its own. Each
/// sample walks a stack: with one in each mebibyte that was 2 to 4 % of a checkout.
#[expect(unsafe_code, reason = "the allocator looks for its options under this name")]
// SAFETY: jemalloc declares the symbol as `const char *` and reads it as text that ends with a zero byte. A reference
// to an array is one thin pointer, the array ends with that byte, and nothing else in the program has the name.
#[unsafe(export_name = "_rjem_malloc_conf")]
pub static OPTIONS: &[u8; 68] = b"prof:true,prof_active:true,lg_prof_sample:22,background_thread:true\0";

/// jemalloc as the port for memory.
#[derive(Clone, Copy, Debug, Default)]
pub struct Jemalloc;

impl Heap for Jemalloc {
    fn figures(&self) -> Option<HeapFigures> {
        // Figures are those of the last epoch; this begins a new one.
        epoch::advance().ok()?;
        Some(HeapFigures {
            allocated_bytes: stats::allocated::read().ok()? as u64,
            active_bytes: stats::active::read().ok()? as u64,
            mapped_bytes: stats::mapped::read().ok()? as u64,
        })
    }

    fn stacks(&self) -> Result<Vec<(Vec<usize>, f64)>> {
        let control = jemalloc_pprof::PROF_CTL
            .as_ref()
            .ok_or_else(|| codes::PRECONDITION.error("the allocator was started without a profile"))?;
        let profile = control.blocking_lock().dump_profile().map_err(|error| {
            codes::INTERNAL.because("the allocator's profile cannot be read", error.to_string())
        })?;
        // It lists the outermost function first.
        let stacks =
            profile.iter().map(|(stack, _)| (stack.addrs.iter().rev().copied().collect(), stack.weight));
        Ok(stacks.collect())
    }
}
