//! The memory allocator as far as telemetry looks at it. The binary chooses one and hands it in.

use mainstay_core::Result;

/// What an allocator tells about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeapFigures {
    /// What the program holds.
    pub allocated_bytes: u64,
    /// The pages that it lies on.
    pub active_bytes: u64,
    /// What was taken from the system.
    pub mapped_bytes: u64,
}

/// An allocator that can be looked into.
pub trait Heap: Send + Sync {
    /// Its figures now, when it has any.
    fn figures(&self) -> Option<HeapFigures>;

    /// Who holds the memory now: stacks, innermost function first, with the bytes that they hold by the allocator's
    /// samples. Call it on a thread that may wait.
    ///
    /// # Errors
    /// `core.precondition` when the allocator keeps no profile.
    fn stacks(&self) -> Result<Vec<(Vec<usize>, f64)>>;
}
