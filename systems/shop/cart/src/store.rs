//! Every query that the cart makes, on the database that it alone owns.

mod carts;
mod checkouts;
mod forget;
mod lines;

pub use carts::{cart, carts_of, insert, save, set_ordered};
pub use checkouts::{call_off, is_called_off};
pub use forget::{aged, forget_called_off, forget_carts};
pub use lines::{delete_line, delete_lines, put_line};

#[cfg(test)]
mod tests;
