//! The words and rules of inventory. Pure: nothing here reads a database, a clock or a network.

mod audit;
mod lines;
mod reservation;

use mainstay_core::Id;

pub use audit::{Books, Breach, audit};
pub use lines::{Adjustment, Line, check_counts, merge_adjustments, merge_lines};
pub use reservation::{
    OnCommit, OnRelease, OnReserve, Reservation, State, check_expiry, on_commit, on_release, on_reserve,
};

/// Names a variant of the catalogue.
pub type VariantId = Id<shop_catalog_contracts::Variant>;

/// Names a reservation; its bytes are those of the checkout that it belongs to.
pub type ReservationId = Id<shop_inventory_contracts::Reservation>;

/// Most lines of one request, which is what a cart can hold.
pub const LINES_MAX: usize = 500;

/// Most variants counted at once: some hundredths of a second of the writer's time.
pub const COUNTS_MAX: usize = 2_000;

/// Most pieces of one line, which is what a cart allows.
pub const QUANTITY_MAX: u32 = 10_000;

/// Most pieces that one adjustment moves; more is a typing mistake.
pub const DELTA_MAX: i64 = 1_000_000_000;

/// Most pieces of one variant: far above any warehouse and far below where 64-bit sums over all variants overflow. The
/// schema says it again.
pub const ON_HAND_MAX: i64 = 1_000_000_000_000;

/// Longest cause of an adjustment, in bytes: a word, a colon and an id fit with room to spare.
pub const CAUSE_BYTES_MAX: usize = 200;

/// How many pieces there are of one variant. Both figures are at least 0, and `held` is at most `on_hand`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Level {
    /// Pieces in the warehouse.
    pub on_hand: i64,
    /// Pieces among them that reservations hold.
    pub held: i64,
}

impl Level {
    /// With a signed number of pieces more; `None` when fewer would be left than are held, or more than can be counted.
    pub fn adjusted(self, delta: i64) -> Option<Self> {
        let on_hand = self.on_hand.checked_add(delta)?;
        (self.held..=ON_HAND_MAX).contains(&on_hand).then_some(Self { on_hand, ..self })
    }

    /// Pieces that a buyer can still reserve.
    pub fn available(self) -> i64 {
        self.on_hand - self.held
    }
}
