//! What is wrong with a file or a line is told with its number, and costs no more memory than a good one.

use std::io::{self, Cursor, Read, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use mainstay_core::Error;
use mainstay_records::{Fault, Header, Input, LINE_BYTES_MAX, Limits, Lines, Splitter, Syntax, codes};
use proptest::prelude::*;

fn lines_of(read: impl Read + Send + 'static, syntax: Syntax) -> Lines {
    Lines::new(Input::new(read, Limits::default()).unwrap(), syntax)
}

// Each line as its number and its text, or the name of what is wrong with it.
fn cut(bytes: impl Into<Vec<u8>>, syntax: Syntax) -> Vec<(u64, String)> {
    let (found, broken) = all(Cursor::new(bytes.into()), syntax);
    assert!(broken.is_none(), "{broken:?}");
    found
        .into_iter()
        .map(|(number, text)| (number, text.unwrap_or_else(|fault| fault.name().to_owned())))
        .collect()
}

type Found = Vec<(u64, Result<String, Fault>)>;

// Each line, and what broke off.
fn all(read: impl Read + Send + 'static, syntax: Syntax) -> (Found, Option<Error>) {
    let mut lines = lines_of(read, syntax);
    let mut found = Vec::new();
    loop {
        match lines.next_line() {
            Ok(Some(line)) => found.push((line.number, line.text.map(str::to_owned))),
            Ok(None) => return (found, None),
            Err(error) => return (found, Some(error)),
        }
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

fn told(lines: &[(u64, &str)]) -> Vec<(u64, String)> {
    lines.iter().map(|(number, text)| (*number, (*text).to_owned())).collect()
}

#[test]
fn lines_are_numbered_as_editors_count() {
    let file = "\u{feff}a,b\r\n\r\n1,\"x\ny\"\r\n\n2,z";
    assert_eq!(cut(file, Syntax::Csv), told(&[(1, "a,b"), (3, "1,\"x\ny\""), (6, "2,z")]));
    assert_eq!(cut(file, Syntax::JsonLines)[1], (3, "1,\"x".to_owned()));
    assert!(cut("", Syntax::Csv).is_empty());
    assert!(cut("\u{feff}", Syntax::Csv).is_empty());
    assert!(cut("\n\r\n\n", Syntax::Csv).is_empty());
}

#[test]
fn a_broken_line_costs_itself_alone() {
    let file = b"a\n\xff\xfe\nb\0c\nd\n".to_vec();
    assert_eq!(cut(file, Syntax::Csv), told(&[(1, "a"), (2, "not_utf8"), (3, "nul_byte"), (4, "d")]));
}

#[test]
fn a_quote_that_never_closes_swallows_nothing() {
    let mut file = "a\n1,\"open\n".to_owned();
    for number in 0..40_000 {
        file.push_str(&format!("{number},fine\n"));
    }
    let found = cut(file, Syntax::Csv);
    assert_eq!(found.len(), 40_002);
    assert_eq!(found[1], (2, "quote_not_closed".to_owned()));
    assert_eq!(found[2], (3, "0,fine".to_owned()));
    assert_eq!(found[40_001], (40_002, "39999,fine".to_owned()));
    assert_eq!(
        cut("a\n\"open\nlast", Syntax::Csv),
        told(&[(1, "a"), (2, "quote_not_closed"), (3, "last")]),
        "at the end of the file, too"
    );
    assert_eq!(cut("\"", Syntax::Csv), told(&[(1, "quote_not_closed")]));
}

#[test]
fn a_quote_within_a_field_is_a_letter() {
    let file = "product,sku,name\nmin-1,MIN-1,12\" ruler\nmin-2,MIN-2,good\nmin-3,MIN-3,10\" ruler\n";
    let found = cut(file, Syntax::Csv);
    assert_eq!(found.len(), 4, "{found:?}");
    let mut splitter = Splitter::default();
    assert_eq!(splitter.split(&found[1].1).unwrap().raw(2), "12\" ruler");
    assert_eq!(splitter.split("a \"b\",\"c \"\"d\"\"\"").unwrap().raw(0), "a \"b\"");
    assert_eq!(splitter.split("a\rb").unwrap().raw(0), "a\rb", "and so is a carriage return");
}

#[test]
fn text_after_a_closing_quote_costs_its_line() {
    let file = "a,b\n\"x\"y,1\ngood,2\n\"x\" ,3\nlast,4";
    assert_eq!(
        cut(file, Syntax::Csv),
        told(&[(1, "a,b"), (2, "text_after_quote"), (3, "good,2"), (4, "text_after_quote"), (5, "last,4")])
    );
    let mut splitter = Splitter::default();
    for (line, fault) in
        [("\"x\"y", Fault::AfterQuote), ("a,\"x\" ", Fault::AfterQuote), ("\"x", Fault::OpenQuote)]
    {
        assert_eq!(splitter.split(line).unwrap_err(), fault, "{line}");
    }
}

#[test]
fn a_quote_that_closes_in_the_middle_of_a_later_field_costs_the_line_that_opened_it() {
    assert_eq!(
        cut("a,b\n\"broken,1\nx,2\n\"good\",3\n", Syntax::Csv),
        told(&[(1, "a,b"), (2, "quote_not_closed"), (3, "x,2"), (4, "\"good\",3")])
    );
    assert_eq!(
        cut("1,\"two\nlines\",\"broken\n2,x\n3,\"y\"\n", Syntax::Csv),
        told(&[(1, "quote_not_closed"), (3, "2,x"), (4, "3,\"y\"")]),
        "with the lines before it that are the same record"
    );
}

#[test]
fn lines_that_each_open_a_quote_are_read_in_time() {
    // Each line closes the quote of the one before and opens one that no record is long enough to close.
    let file = "b\",\"\n".repeat(400_000);
    let found = cut(file, Syntax::Csv);
    assert!(found.iter().all(|(_, text)| text == "quote_not_closed"));
    assert!(found.len() < 100, "{}", found.len());
}

#[test]
fn a_line_of_100_mb_is_told_without_being_held() {
    let head: &[u8] = b"a\n";
    let tail: &[u8] = b"\nb\n";
    let long = io::repeat(b'x').take(100 * 1024 * 1024);
    let before = peak_kib();
    let mut lines = lines_of(head.chain(long).chain(tail), Syntax::Csv);
    let mut found = Vec::new();
    while let Some(line) = lines.next_line().unwrap() {
        found.push((line.number, line.text.map(str::to_owned)));
    }
    assert_eq!(found, [(1, Ok("a".to_owned())), (2, Err(Fault::TooLong)), (3, Ok("b".to_owned()))]);
    assert!(peak_kib() - before < 8 * 1024, "the line was held");
}

// The most memory that this process ever had.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|rest| rest.trim().trim_end_matches(" kB").trim().parse().ok()).unwrap_or_default()
}

#[test]
fn the_longest_record_passes_and_a_byte_more_does_not() {
    let longest = "x".repeat(LINE_BYTES_MAX);
    assert_eq!(cut(format!("{longest}\ny\n"), Syntax::Csv)[0].1.len(), LINE_BYTES_MAX);
    assert_eq!(cut(format!("{longest}x\ny\n"), Syntax::Csv), told(&[(1, "line_too_long"), (2, "y")]));
}

#[test]
fn a_file_that_ends_inside_its_compression_is_cut() {
    let whole = gzip("a,b\n1,2\n".repeat(10_000).as_bytes());
    assert_eq!(cut(whole.clone(), Syntax::Csv).len(), 20_000);
    for length in [2, 10, whole.len() / 2, whole.len() - 1] {
        let mut lines = lines_of(Cursor::new(whole[..length].to_vec()), Syntax::Csv);
        let error = loop {
            match lines.next_line() {
                Ok(Some(_)) => {}
                Ok(None) => panic!("{length} bytes of it look whole"),
                Err(error) => break error,
            }
        };
        assert!(error.is(&codes::CUT), "{length}: {error}");
    }
    let mut damaged = whole;
    let middle = damaged.len() / 2;
    damaged[middle] ^= 0xff;
    let mut lines = lines_of(Cursor::new(damaged), Syntax::Csv);
    let error = loop {
        match lines.next_line() {
            Ok(Some(_)) => {}
            Ok(None) => panic!("a damaged file looks whole"),
            Err(error) => break error,
        }
    };
    assert!(error.is(&codes::CUT), "{error}");
}

#[test]
fn what_is_told_of_a_damaged_file_does_not_depend_on_how_it_arrives() {
    // Found by the suite that feeds files of any bytes: its second block is damaged.
    let damaged = [
        0x1f, 0x8b, 0x08, 0x01, 0x00, 0x06, 0x21, 0xf7, 0x00, 0x47, 0x72, 0x65, 0x65, 0xd5, 0xc9, 0x4b, 0x2e,
        0xcc, 0x4d, 0xe5, 0x72, 0x03, 0xed, 0x00, 0x28, 0x00, 0x00, 0x00, 0x00, 0x00, 0xd4, 0xc9, 0x2d, 0x4d,
        0xe7, 0x2a, 0x1e, 0xe5, 0x5d, 0xe2, 0xe6, 0x02, 0x00, 0x75, 0x19, 0x83, 0xee, 0x2c, 0x74, 0xe6, 0x02,
        0x00, 0x75, 0x19, 0x83, 0xee, 0x2c, 0x74, 0x01, 0x00, 0x00,
    ];
    let mut flipped = gzip("a,b\n1,2\n".repeat(40).as_bytes());
    let middle = flipped.len() / 2;
    flipped[middle] ^= 0xff;
    for file in [damaged.to_vec(), flipped] {
        let (whole, broken) = all(Cursor::new(file.clone()), Syntax::Csv);
        assert!(broken.is_some_and(|error| error.is(&codes::CUT)));
        let (pieces, broken) = all(ByteByByte(Cursor::new(file)), Syntax::Csv);
        assert!(broken.is_some_and(|error| error.is(&codes::CUT)));
        assert_eq!(pieces, whole);
    }
}

#[test]
fn bytes_after_the_compression_are_told_as_what_they_are() {
    let whole = gzip(b"a\nb\n");
    for rest in [&b"c\n"[..], b"\0\0\0", b"\x1f"] {
        let (lines, error) = all(Cursor::new([&whole, rest].concat()), Syntax::Csv);
        assert_eq!(lines.len(), 2, "what goes before is there");
        let error = error.unwrap();
        assert!(error.is(&codes::CUT) && error.message().contains("bytes after its compression"), "{error}");
    }
}

#[test]
fn a_bomb_is_defused() {
    // 64 MB of the same byte pack a thousand times.
    let bomb = gzip(&vec![b'\n'; 64 * 1024 * 1024]);
    let mut lines = lines_of(Cursor::new(bomb), Syntax::Csv);
    assert!(lines.next_line().unwrap_err().is(&codes::BOMB));
}

#[test]
fn several_packed_files_in_a_row_are_one() {
    let both = [gzip(b"a\n"), gzip(b"b\n")].concat();
    assert_eq!(cut(both, Syntax::Csv), told(&[(1, "a"), (2, "b")]));
}

#[test]
fn a_header_may_be_in_any_order_and_must_be_whole() {
    let header = Header::read("price, sku", &["sku", "price"], &["name"]).unwrap();
    let mut splitter = Splitter::default();
    let row = splitter.split("2.55,\"a \"\"b\"\"\"").unwrap();
    header.fits(&row).unwrap();
    assert_eq!(
        (header.field(&row, 0), header.field(&row, 1), header.field(&row, 2)),
        ("a \"b\"", "2.55", "")
    );
    assert_eq!(header.fits(&splitter.split("1,2,3").unwrap()), Err(Fault::Fields));
    assert_eq!(header.fits(&splitter.split("1").unwrap()), Err(Fault::Fields));
    for (line, word) in
        [("sku", "price"), ("sku,price,prise", "prise"), ("sku,price,sku", "twice"), ("x", "x")]
    {
        let error = Header::read(line, &["sku", "price"], &["name"]).unwrap_err();
        assert!(error.is(&codes::HEADER) && error.message().contains(word), "{line}: {error}");
    }
    let commas = ",".repeat(100_000);
    assert_eq!(splitter.split(&commas).unwrap_err(), Fault::Fields, "fields are bounded");
}

proptest! {
    #[test]
    fn no_bytes_whatever_make_it_panic_or_lose_a_line(bytes in prop::collection::vec(prop_oneof![
        Just(b'"'), Just(b'\n'), Just(b','), Just(b'\r'), any::<u8>()], 0..200)) {
        // What gzip begins with is another matter.
        prop_assume!(!bytes.starts_with(&[0x1f, 0x8b]));
        let physical = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty() && *line != b"\r").count();
        prop_assert!(cut(bytes.clone(), Syntax::JsonLines).len() <= physical);
        let found = all(Cursor::new(bytes.clone()), Syntax::Csv).0;
        prop_assert!(found.windows(2).all(|pair| pair[0].0 < pair[1].0));
        let mut splitter = Splitter::default();
        for (_, line) in &found {
            let split = line.as_ref().map(|line| splitter.split(line).map(drop));
            prop_assert!(matches!(split, Err(_) | Ok(Ok(()) | Err(Fault::Fields))), "{line:?}");
        }
        if found.iter().all(|(_, line)| line.is_ok()) {
            let ends = |byte: &u8| !matches!(byte, b'\r' | b'\n');
            let file = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
            let file: Vec<u8> = file.iter().copied().filter(ends).collect();
            let lines = found.iter().flat_map(|(_, line)| line.as_deref().unwrap_or_default().bytes());
            prop_assert_eq!(lines.filter(ends).collect::<Vec<u8>>(), file, "all of it is in a record");
        }
    }
}

#[test]
fn a_mark_in_the_middle_of_a_file_is_a_letter() {
    let mut splitter = Splitter::default();
    let row = splitter.split("\u{feff}a,\u{feff}b,\"\u{feff}\"").unwrap();
    assert_eq!((row.raw(0), row.raw(1), row.raw(2)), ("\u{feff}a", "\u{feff}b", "\u{feff}"));
    for (line, fields) in [("", 0), ("a", 1), ("\u{feff}", 1), (",", 2)] {
        assert_eq!(splitter.split(line).unwrap().len(), fields, "{line:?}");
    }
}

/// Gives a byte at a time, as a slow connection may.
struct ByteByByte(Cursor<Vec<u8>>);

impl Read for ByteByByte {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = buffer.len().min(1);
        self.0.read(&mut buffer[..length])
    }
}

#[test]
fn compression_is_seen_however_few_bytes_come_at_a_time() {
    let packed = ByteByByte(Cursor::new(gzip(b"a\nb\n")));
    let mut lines = lines_of(packed, Syntax::Csv);
    assert_eq!(lines.next_line().unwrap().unwrap().text, Ok("a"));
    for short in ["", "\x1f", "a"] {
        let mut lines = lines_of(ByteByByte(Cursor::new(short.into())), Syntax::Csv);
        let line = lines.next_line().unwrap().map(|line| line.text.map(str::to_owned));
        assert_eq!(line, (!short.is_empty()).then(|| Ok(short.to_owned())));
    }
}
