//! Files that people bring: CSV, JSON Lines, gzip around them, a retailer's invoices.

use std::io::{self, Cursor, Read, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use mainstay_records::{
    Fault, Format, Input, LINE_BYTES_MAX, Limits, Lines, Sheet, Splitter, Syntax, unescape,
};
use shop_retail::{Deed, Plan};

use crate::choose;

/// What a bomb may unpack to here before it must be noticed.
const LIMITS: Limits = Limits { ratio_max: 20, free_bytes: 64 * 1024 };

/// Unpacked ahead of being counted.
const AHEAD: u64 = 256 * 1024;

static COLUMNS: [&str; 3] = ["product", "sku", "name"];

pub fn feed(bytes: &[u8]) {
    let Some((choice, rest)) = choose(bytes, 7) else { return };
    match choice {
        0 => lines(rest, Syntax::Csv),
        1 => lines(rest, Syntax::JsonLines),
        2 => long(rest),
        3 => fields(rest),
        4 => sheets(rest),
        5 => compressed(rest),
        _ => invoices(rest),
    }
}

/// A reader that gives so few bytes at a time.
struct Pieces {
    bytes: Cursor<Vec<u8>>,
    piece: usize,
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = buffer.len().min(self.piece);
        self.bytes.read(&mut buffer[..length])
    }
}

type Seen = Vec<(u64, Result<String, Fault>)>;

/// All lines of it; what breaks off is told by `None` at the end.
fn seen(read: impl Read + Send + 'static, syntax: Syntax) -> (Seen, Option<String>) {
    let Ok(input) = Input::new(read, LIMITS) else { return (Vec::new(), Some("unreadable".to_owned())) };
    let mut lines = Lines::new(input, syntax);
    let mut seen = Vec::new();
    loop {
        match lines.next_line() {
            Ok(Some(line)) => seen.push((line.number, line.text.map(str::to_owned))),
            Ok(None) => return (seen, None),
            Err(error) => return (seen, Some(error.code().to_owned())),
        }
    }
}

/// Lines are the same in whatever pieces the file arrives; they are numbered upwards, bounded, and nothing of a file that
/// has no fault is lost.
fn lines(bytes: &[u8], syntax: Syntax) {
    let Some((&piece, file)) = bytes.split_first() else { return };
    let whole = seen(Cursor::new(file.to_vec()), syntax);
    let piece = usize::from(piece % 32) + 1;
    let pieces = Pieces { bytes: Cursor::new(file.to_vec()), piece };
    assert_eq!(seen(pieces, syntax), whole);
    let mut last = 0;
    for (number, text) in &whole.0 {
        assert!(*number > last, "line {number} after {last}");
        last = *number;
        if let Ok(text) = text {
            assert!(!text.is_empty() && text.len() <= LINE_BYTES_MAX && !text.contains('\0'));
            assert!(syntax == Syntax::Csv || !text.contains('\n'));
        }
    }
    if whole.1.is_none() && !file.starts_with(&[0x1f, 0x8b]) && whole.0.iter().all(|(_, text)| text.is_ok()) {
        let within = |byte: &u8| !matches!(byte, b'\r' | b'\n');
        let file = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
        let told = whole.0.iter().flat_map(|(_, text)| text.as_deref().unwrap_or_default().bytes());
        assert!(told.filter(within).eq(file.iter().copied().filter(within)));
    }
}

/// What is read, repeated beyond the longest record that there may be.
fn long(bytes: &[u8]) {
    let Some((&times, part)) = bytes.split_first() else { return };
    if part.is_empty() || part.len() > 512 {
        return;
    }
    let length = LINE_BYTES_MAX / 16 * usize::from(times % 40);
    let file: Vec<u8> = part.iter().copied().cycle().take(length).collect();
    let (whole, _) = seen(Cursor::new(file.clone()), Syntax::Csv);
    assert!(
        whole
            .iter()
            .all(|(_, text)| text.as_ref().is_ok_and(|text| text.len() <= LINE_BYTES_MAX) || text.is_err())
    );
    let pieces = Pieces { bytes: Cursor::new(file), piece: 40_000 };
    assert_eq!(seen(pieces, Syntax::Csv).0, whole);
}

/// A record's fields are those that a library for CSV finds, in every record that lines are cut into.
fn fields(bytes: &[u8]) {
    let mut splitter = Splitter::default();
    for (_, record) in seen(Cursor::new(bytes.to_vec()), Syntax::Csv).0 {
        let Ok(record) = record else { continue };
        let row = match splitter.split(&record) {
            Ok(row) => row,
            Err(fault) => {
                assert_eq!(fault, Fault::Fields, "{record:?} was cut as a record");
                continue;
            }
        };
        assert!(row.len() <= 65);
        // A mark at the beginning of a file is taken off; a record in the middle of one may begin with the same letter.
        if record.starts_with('\u{feff}') {
            continue;
        }
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .terminator(csv::Terminator::Any(b'\n'))
            .from_reader(record.as_bytes());
        let mut theirs = csv::StringRecord::new();
        assert!(reader.read_record(&mut theirs).is_ok_and(|there| there), "{record:?}");
        let ours: Vec<&str> = (0..row.len()).map(|place| row.raw(place)).collect();
        assert_eq!(ours, theirs.iter().collect::<Vec<_>>(), "{record:?}");
        assert!(reader.read_record(&mut theirs).is_ok_and(|there| !there), "{record:?} is one record");
    }
}

/// Cells of any text come back as they were, and none of them begins as a formula does while it is in the file.
fn sheets(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let cells: Vec<&str> = text.split('\0').collect();
    let rows: Vec<[&str; 3]> = cells.as_chunks::<3>().0.to_vec();
    for format in [Format::Csv, Format::JsonLines] {
        let mut file = Vec::new();
        let Ok(mut sheet) = Sheet::new(&mut file, format, &COLUMNS) else { panic!("memory takes all") };
        for row in &rows {
            assert!(sheet.row(row).is_ok());
        }
        assert_eq!(sheet.finish().ok(), Some(rows.len() as u64));
        let (seen, broken) = seen(Cursor::new(file), format.syntax());
        assert_eq!(broken, None);
        let skipped = usize::from(format == Format::Csv);
        assert_eq!(seen.len(), rows.len() + skipped);
        for ((_, line), row) in seen.iter().skip(skipped).zip(&rows) {
            let Ok(line) = line else { panic!("a line that was written cannot be read: {line:?}") };
            match format {
                Format::Csv => {
                    let mut splitter = Splitter::default();
                    let Ok(read) = splitter.split(line) else { panic!("fields that were written") };
                    for (place, cell) in row.iter().enumerate() {
                        assert_eq!(read.field(place), *cell);
                        assert_eq!(unescape(read.raw(place)), *cell);
                        assert!(!read.raw(place).starts_with(['=', '+', '-', '@', '\t', '\r']));
                    }
                }
                Format::JsonLines => {
                    let read: serde_json::Value = serde_json::from_str(line).unwrap_or_default();
                    for (column, cell) in COLUMNS.iter().zip(row) {
                        assert_eq!(read[column], *cell);
                    }
                }
            }
        }
    }
}

/// What unpacks is bounded by what was read; what is packed anew is what it was.
fn compressed(bytes: &[u8]) {
    let packed = [&[0x1f, 0x8b], bytes].concat();
    let length = packed.len() as u64;
    if let Ok(mut input) = Input::new(Cursor::new(packed), LIMITS) {
        let mut out = 0_u64;
        while let Ok(ahead) = input.peek()
            && !ahead.is_empty()
        {
            let taken = ahead.len();
            out += taken as u64;
            input.consume(taken);
            assert!(out <= LIMITS.free_bytes.max(length * LIMITS.ratio_max) + 2 * AHEAD, "{out} of {length}");
        }
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    if encoder.write_all(bytes).is_ok()
        && let Ok(packed) = encoder.finish()
    {
        let unpacked = seen(Cursor::new(packed), Syntax::JsonLines);
        if !bytes.starts_with(&[0x1f, 0x8b]) && unpacked.1.is_none() {
            assert_eq!(unpacked, seen(Cursor::new(bytes.to_vec()), Syntax::JsonLines));
        }
    }
}

/// Every line of a retailer's file ends as accepted or refused, and what is given back was bought before.
fn invoices(bytes: &[u8]) {
    const HEADER: &[u8] =
        b"InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";
    let file = [HEADER, bytes].concat();
    let Ok(input) = Input::new(Cursor::new(file), LIMITS) else { return };
    let Ok(plan) = Plan::read(Lines::new(input, Syntax::Csv), None) else { return };
    assert_eq!(plan.lines, plan.accepted + plan.refused.iter().sum::<u64>());
    let (mut bought, mut returned) = (vec![0_u64; plan.variants.len()], vec![0_u64; plan.variants.len()]);
    for invoice in &plan.invoices {
        match &invoice.deed {
            Deed::Sale(orders) => {
                for (variant, pieces) in orders.iter().flat_map(|order| &order.lines) {
                    assert!(*pieces > 0);
                    bought[*variant] += u64::from(*pieces);
                }
            }
            Deed::Cancellation(refunds) => {
                for (variant, pieces) in refunds.iter().flat_map(|refund| &refund.lines) {
                    returned[*variant] += u64::from(*pieces);
                }
            }
        }
    }
    for (place, variant) in plan.variants.iter().enumerate() {
        assert!(returned[place] <= bought[place] && bought[place] <= variant.demand);
        assert!(variant.pence > 0 && !plan.sku(place).is_empty());
    }
    let _ = plan.figures();
}
