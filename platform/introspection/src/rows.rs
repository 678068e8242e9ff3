//! What is shown, one struct a kind of row: over the operators' listener and by `mainstay … --json` alike.

mod events;
mod leases;
mod sagas;

pub use events::{ConsumerLine, consumers};
pub use leases::{LeaseLine, leases};
pub use sagas::{SagaLine, StepLine, line as saga_line, steps as saga_steps};
