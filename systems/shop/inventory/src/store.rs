//! Every query that inventory makes, on the database that it alone owns.

mod books;
mod levels;
mod reservations;

pub use books::books;
pub use levels::{
    adjustments, give_back, has_level_between, hold, level, levels, put_first, put_on_hand,
    record_adjustment, record_once, take_free, take_held,
};
pub use reservations::{forget, insert_reservation, overdue, reservation, set_state, work_for_sweep};
