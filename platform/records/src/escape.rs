//! Cells that a spreadsheet would run: those that begin as a formula does. They are written with an apostrophe before
//! them, which a spreadsheet shows as text; a cell that begins with an apostrophe gets one more, so that reading takes
//! off exactly what writing put there.

use std::borrow::Cow;

/// What a cell begins with that is escaped: the beginnings of formulas, and the mark itself.
const BEGINNINGS: [char; 7] = ['=', '+', '-', '@', '\t', '\r', MARK];

const MARK: char = '\'';

/// The cell as it is written.
pub fn escape(cell: &str) -> Cow<'_, str> {
    if cell.starts_with(BEGINNINGS) { Cow::Owned(format!("{MARK}{cell}")) } else { Cow::Borrowed(cell) }
}

/// The cell as it was before it was written.
pub fn unescape(cell: &str) -> &str {
    match cell.strip_prefix(MARK) {
        Some(rest) if rest.starts_with(BEGINNINGS) => rest,
        _ => cell,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn formulas_become_text() {
        for cell in ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "'=1"] {
            assert!(escape(cell).starts_with('\''), "{cell:?}");
        }
        for cell in ["", "mug", "1-2", "it's"] {
            assert_eq!(escape(cell), cell);
        }
        assert_eq!(unescape("'tis"), "'tis", "what was never escaped stays");
    }

    proptest! {
        #[test]
        fn every_cell_comes_back(cell in "[=+@\t'\\-a]{0,6}") {
            let written = escape(&cell);
            prop_assert_eq!(unescape(&written), cell.as_str());
            prop_assert!(!written.starts_with(['=', '+', '-', '@', '\t', '\r']));
        }
    }
}
