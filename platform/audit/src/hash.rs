//! The chain: what a line's hash is over.

use sha2::{Digest, Sha256};

use crate::entry::Line;

/// What comes before the first line.
pub(crate) const BEGINNING: [u8; 32] = [0; 32];

/// Each field with its length before it, and absent told from empty: two different lines never give the same bytes.
pub(crate) fn of(line: &Line) -> [u8; 32] {
    let mut hash = Sha256::new_with_prefix(b"mainstay-audit-1");
    hash.update(&line.previous);
    hash.update(line.number.to_be_bytes());
    hash.update(line.at.as_micros().to_be_bytes());
    let fields = [
        Some(&line.actor),
        line.on_behalf_of.as_ref(),
        Some(&line.action),
        Some(&line.subject),
        line.client.as_ref(),
        Some(&line.trace),
        line.before.as_ref(),
        line.after.as_ref(),
    ];
    for field in fields {
        match field {
            Some(text) => {
                hash.update([1]);
                hash.update((text.len() as u64).to_be_bytes());
                hash.update(text);
            }
            None => hash.update([0]),
        }
    }
    hash.finalize().into()
}
