//! Taking all lines or none, and telling which of them are short.

use mainstay_core::{Code, Context, Error, Result};
use mainstay_events::Outbox;
use mainstay_sql::Tx;

use crate::model::{Level, Line, VariantId};
use crate::{events, store};

/// One way of taking pieces: answers the level after it, or nothing when there are too few.
pub type Taking = fn(&Tx<'_>, VariantId, i64) -> Result<Option<Level>>;

/// Takes every line and tells of it, or refuses with `code`, naming each line that is short. After a refusal the
/// transaction must be given up, which returning the error from its closure does.
pub fn take_all(
    tx: &Tx<'_>,
    outbox: &Outbox,
    ctx: &Context,
    lines: &[Line],
    taking: Taking,
    code: &Code,
    cause: &str,
) -> Result<()> {
    let mut refused: Option<Error> = None;
    for line in lines {
        match taking(tx, line.variant, line.quantity)? {
            Some(_) if refused.is_some() => {}
            Some(level) => events::stock_changed(outbox, tx, ctx, line.variant, level, cause)?,
            None => {
                let left = store::level(tx, line.variant)?.unwrap_or_default().available();
                let error = refused.unwrap_or_else(|| code.error("there are not enough pieces"));
                let said = if left == 0 { "none are left".to_owned() } else { format!("only {left} left") };
                refused = Some(error.with_field(format!("lines[{}].quantity", line.place), said));
            }
        }
    }
    refused.map_or(Ok(()), Err)
}
