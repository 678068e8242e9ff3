//! What is written is read again as it was, and runs nowhere.

use std::io::Cursor;

use mainstay_records::{Format, Header, Input, Limits, Lines, Sheet, Splitter};

const COLUMNS: &[&str] = &["sku", "name"];

fn written(format: Format, rows: &[[&str; 2]]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut sheet = Sheet::new(&mut bytes, format, COLUMNS).unwrap();
    for row in rows {
        sheet.row(row).unwrap();
    }
    assert_eq!(sheet.finish().unwrap(), rows.len() as u64);
    bytes
}

#[test]
fn csv_comes_back_as_it_was_and_holds_no_formula() {
    let rows = [
        ["MUG", "a \"blue\", large\nmug"],
        ["=1+1", "@SUM(A1)"],
        ["'=x", "-5"],
        ["\tx", "'tis the season"],
        ["", "ü €"],
    ];
    let bytes = written(Format::Csv, &rows);
    let mut lines =
        Lines::new(Input::new(Cursor::new(bytes), Limits::default()).unwrap(), Format::Csv.syntax());
    let header = {
        let first = lines.next_line().unwrap().unwrap();
        Header::read(first.text.unwrap(), COLUMNS, &[]).unwrap()
    };
    let mut splitter = Splitter::default();
    for row in rows {
        let line = lines.next_line().unwrap().unwrap();
        let read = splitter.split(line.text.unwrap()).unwrap();
        assert_eq!([header.field(&read, 0), header.field(&read, 1)], row);
        let safe = |cell: &str| !cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
        assert!(safe(header.raw(&read, 0)) && safe(header.raw(&read, 1)));
    }
    assert!(lines.next_line().unwrap().is_none());
}

#[test]
fn json_lines_are_objects() {
    let bytes = written(Format::JsonLines, &[["=1", "a\nb"]]);
    assert_eq!(String::from_utf8(bytes).unwrap(), "{\"sku\":\"=1\",\"name\":\"a\\nb\"}\n");
}
