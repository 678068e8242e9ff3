//! Files of goods into the shop and out again: good ones, damaged ones, killed in the middle.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use mainstay_core::Clock;
use serde_json::Value;

use crate::process::{mainstay, run};

const HEADER: &str = "product,sku,name,description,variant,price,currency,tax_class,stock";

struct Shop(tempfile::TempDir);

impl Shop {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    fn import(&self, file: &Path, on_error: &str) -> (Output, Value) {
        let output = run(
            self.0.path(),
            &["shop", "import", file.to_str().unwrap(), "--on-error", on_error, "--json", "--data", "data"],
        );
        let told = serde_json::from_slice(&output.stdout).unwrap_or_default();
        (output, told)
    }

    fn faults(&self, import: &Value) -> Vec<(u64, String)> {
        let id = import["import"].as_str().unwrap();
        let output = run(self.0.path(), &["shop", "imports", "show", id, "--json", "--data", "data"]);
        let lines = String::from_utf8(output.stdout).unwrap();
        let fault = |line: &str| -> (u64, String) {
            let fault: Value = serde_json::from_str(line).unwrap();
            (fault["line"].as_u64().unwrap(), fault["reason"].as_str().unwrap().to_owned())
        };
        lines.lines().map(fault).collect()
    }

    /// The rows of the catalogue, in the order of stock keeping units.
    fn export(&self, format: &str) -> Vec<String> {
        let output =
            run(self.0.path(), &["shop", "export", "catalogue", "--format", format, "--data", "data"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        let mut rows: Vec<String> = text.lines().map(str::to_owned).collect();
        if format == "csv" {
            assert_eq!(rows.remove(0), HEADER);
        }
        rows.sort();
        rows
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn what_can_be_used_is_applied_and_the_rest_is_named() {
    let shop = Shop::new();
    let mut file = format!("{HEADER}\n").into_bytes();
    file.extend_from_slice(b"mug,MUG-1,Mug,\"Holds, \"\"mostly\"\"\",blue,2.55,GBP,zero,7\n"); // 2
    file.extend_from_slice(b"mug,MUG-2,Mug,,red,3,,,0\n"); // 3
    file.extend_from_slice(b"mug,MUG-1,Mug,,,9,GBP,zero,9\n"); // 4: the unit again
    file.extend_from_slice(b"caf\xe9,CAF-1,Caf\xe9,,,1,GBP,zero,1\n"); // 5: latin-1
    file.extend_from_slice(b"nul,NUL-1,N\0L,,,1,GBP,zero,1\n"); // 6
    file.extend_from_slice(b"bowl,BOWL-1,\"Bowl,,,1,GBP,zero,1\n"); // 7: a quote that stays open
    file.extend_from_slice(b"bowl,BOWL-1,Bowl,,,1.005,GBP,zero,1\n"); // 8
    file.extend_from_slice(b"cup,CUP-1,,,,1,GBP,zero,1\n"); // 9: new and nameless
    file.extend_from_slice(b"cup,CUP-2\n"); // 10
    file.extend_from_slice(&vec![b'x'; 3_000_000]); // 11
    file.extend_from_slice(
        b"\nevil,EVIL-1,\"=HYPERLINK(\"\"http://evil.example\"\")\",@SUM(A1),-1,1,GBP,zero,1\n",
    ); // 12
    let (output, told) = shop.import(&shop.file("goods.csv", &file), "skip");
    assert_eq!(output.status.code(), Some(1), "lines were left out: {}", said(&output));
    assert_eq!((&told["state"], &told["applied"], &told["unusable"]), (&"done".into(), &3.into(), &8.into()));
    let faults = shop.faults(&told);
    let expected = [
        (4, "sku_repeated"),
        (5, "not_utf8"),
        (6, "nul_byte"),
        (7, "quote_not_closed"),
        (8, "bad_price"),
        (9, "name_needed"),
        (10, "wrong_number_of_fields"),
        (11, "line_too_long"),
    ];
    assert_eq!(faults, expected.map(|(line, reason)| (line, reason.to_owned())));

    let rows = shop.export("csv");
    assert_eq!(
        rows,
        [
            "evil,EVIL-1,\"'=HYPERLINK(\"\"http://evil.example\"\")\",'@SUM(A1),'-1,1.00,GBP,zero,1",
            "mug,MUG-1,Mug,\"Holds, \"\"mostly\"\"\",blue,2.55,GBP,zero,7",
            "mug,MUG-2,Mug,\"Holds, \"\"mostly\"\"\",red,3.00,GBP,standard,0",
        ]
    );

    // The same file is the same import: it says again what it came to.
    let (_, again) = shop.import(&shop.0.path().join("goods.csv"), "skip");
    assert_eq!(again, told);

    // What was exported is read again in either form, and changes nothing.
    for format in ["csv", "jsonl"] {
        let before = shop.export(format);
        let head = if format == "csv" { format!("{HEADER}\n") } else { String::new() };
        let copy = shop.file(&format!("copy.{format}"), format!("{head}{}\n", before.join("\n")));
        let (output, told) = shop.import(&copy, "stop");
        assert!(output.status.success(), "{}", said(&output));
        assert_eq!(told["applied"], 3);
        assert_eq!(shop.export(format), before);
    }

    // A later file changes what it says and leaves the rest; a unit does not move to another product.
    let later = "sku,product,stock,name\nMUG-1,mug,12,\nMUG-2,pot,1,Pot\n";
    let (_, told) = shop.import(&shop.file("later.csv", later), "skip");
    assert_eq!((&told["applied"], &told["reasons"]["sku_of_another_product"]), (&1.into(), &1.into()));
    assert!(
        shop.export("csv")
            .contains(&"mug,MUG-1,Mug,\"Holds, \"\"mostly\"\"\",blue,2.55,GBP,zero,12".to_owned())
    );
}

#[test]
fn a_ruler_of_twelve_inches_is_three_lines_of_goods_and_no_open_quote() {
    let shop = Shop::new();
    let goods = "product,sku,name\nmin-1,MIN-1,12\" ruler\nmin-2,MIN-2,good\nmin-3,MIN-3,10\" ruler\n";
    let file = shop.file("rulers.csv", goods);
    let (output, told) = shop.import(&file, "stop");
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!((&told["lines"], &told["applied"]), (&3.into(), &3.into()));
    assert!(shop.export("csv").contains(&"min-1,MIN-1,\"12\"\" ruler\",,,,,,0".to_owned()));
    assert!(!said(&output).contains("before"));

    let (output, _) = shop.import(&file, "stop");
    assert!(said(&output).contains("was imported before; --again imports it anew"), "{}", said(&output));

    let output = run(shop.0.path(), &["retention", "shop/imports", "--json", "--data", "data"]);
    let text = String::from_utf8(output.stdout).unwrap();
    let kept: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |what: &str| kept.iter().find(|line| line["what"] == what).unwrap();
    let (over, open) = (of("imports"), of("imports without an end"));
    assert_eq!((&over["rows"], &over["due"], &over["days"]), (&1.into(), &0.into(), &90.into()));
    assert_eq!((&open["rows"], &open["days"]), (&0.into(), &7.into()));
}

#[test]
fn every_line_that_cannot_be_used_is_shown() {
    let shop = Shop::new();
    let mut goods = "product,sku\n".to_owned();
    for number in 0..2_500 {
        goods.push_str(&format!("No slug,SKU-{number}\n"));
    }
    let (_, told) = shop.import(&shop.file("bad.csv", goods), "skip");
    let shown: Vec<u64> = shop.faults(&told).into_iter().map(|(line, _)| line).collect();
    assert_eq!(shown, (2..2_502).collect::<Vec<u64>>());
    let id = told["import"].as_str().unwrap();
    let output = run(shop.0.path(), &["shop", "imports", "show", id, "--data", "data"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!((text.lines().count(), text.matches("reason").count()), (2_501, 1), "headings stand once");
    let none = ["shop", "imports", "show", id, "--after", "2501", "--data", "data"];
    assert!(said(&run(shop.0.path(), &none)).contains("there is none"));
}

#[test]
fn a_pipe_is_no_file_of_goods_and_one_that_is_closed_is_no_failure() {
    let shop = Shop::new();
    let pipe = shop.0.path().join("goods.csv");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let (output, _) = shop.import(&pipe, "skip");
    assert_eq!(output.status.code(), Some(64));
    assert!(said(&output).contains("is no regular file"), "{}", said(&output));

    let mut goods = format!("{HEADER}\n");
    for number in 0..2_000 {
        let description = "text ".repeat(60);
        goods.push_str(&format!("p-{number},SKU-{number},Thing,{description},,1,GBP,zero,5\n"));
    }
    let (output, _) = shop.import(&shop.file("many.csv", goods), "stop");
    assert!(output.status.success(), "{}", said(&output));
    let words = ["shop", "export", "catalogue", "--data", "data"];
    let mut child =
        mainstay(shop.0.path(), &words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(said(&output), "");
}

#[tokio::test]
async fn an_import_that_somebody_stops_says_how_it_goes_on() {
    let shop = Shop::new();
    let mut goods = format!("{HEADER}\n");
    for number in 0..60_000 {
        goods.push_str(&format!("p-{number},SKU-{number},Thing,,,1,GBP,zero,5\n"));
    }
    let file = shop.file("goods.csv", goods);
    let words = ["shop", "import", file.to_str().unwrap(), "--on-error", "stop", "--data", "data"];
    let child = mainstay(shop.0.path(), &words).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    Clock::system().sleep(Duration::from_millis(2_500)).await;
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("stopped; the same command goes on from here"), "{}", said(&output));
    let (output, told) = shop.import(&file, "stop");
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(told["applied"], 60_000);
}

#[test]
fn stop_leaves_nothing_applied_and_a_broken_file_begins_nothing() {
    let shop = Shop::new();
    let mut goods = format!("{HEADER}\n");
    for number in 0..1_200 {
        goods.push_str(&format!("p-{number},SKU-{number},Thing {number},,,1,GBP,zero,5\n"));
    }
    let (output, told) = shop.import(&shop.file("bad.csv", format!("{goods}p-1,SKU 1,,,,,,,\n")), "stop");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        (&told["state"], &told["applied"], &told["unusable"]),
        (&"stopped".into(), &0.into(), &1.into())
    );
    // Found only by asking the catalogue, after everything was staged.
    let (_, told) = shop.import(&shop.file("nameless.csv", format!("{goods}q,Q-1,,,,,,,\n")), "stop");
    assert_eq!((&told["state"], &told["applied"]), (&"stopped".into(), &0.into()));
    assert!(shop.export("csv").is_empty());

    for (name, content) in [
        ("empty.csv", ""),
        ("blank.csv", "\n\n"),
        ("headless.csv", "mug,MUG-1\n"),
        ("misspelt.csv", "product,sku,prise\nmug,MUG-1,2\n"),
        ("twice.csv", "product,sku,sku\nmug,MUG-1,2\n"),
        ("what.txt", "product,sku\n"),
        ("cut.csv.gz", "\u{1f}"),
    ] {
        let mut bytes = content.as_bytes().to_vec();
        if name.ends_with("gz") {
            bytes = vec![0x1f, 0x8b, 8, 0, 0, 0];
        }
        let (output, _) = shop.import(&shop.file(name, bytes), "skip");
        assert_eq!(output.status.code(), Some(64), "{name}: {}", said(&output));
    }
    assert!(shop.export("csv").is_empty());
}

#[tokio::test]
async fn an_import_that_is_killed_again_and_again_is_applied_once() {
    let shop = Shop::new();
    let mut goods = format!("{HEADER}\n");
    for number in 0..6_000 {
        let line = format!(
            "p-{},SKU-{number},Thing,,size {number},{}.5,GBP,zero,{}\n",
            number / 7,
            number % 90,
            number % 50
        );
        goods.push_str(&line);
    }
    let file = shop.file("goods.csv", goods);
    let words = ["shop", "import", file.to_str().unwrap(), "--on-error", "stop", "--data", "data"];
    // Where it dies differs from run to run, and what it must come to does not.
    for life in 1..6u64 {
        let mut child =
            mainstay(shop.0.path(), &words).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        Clock::system().sleep(Duration::from_millis(life * life * 120)).await;
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let (output, told) = shop.import(&file, "stop");
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!((&told["lines"], &told["applied"]), (&6_000.into(), &6_000.into()));
    let rows = shop.export("csv");
    assert_eq!(rows.len(), 6_000);
    for number in [0, 1, 4_321, 5_999] {
        let row = format!(
            "p-{},SKU-{number},Thing,,size {number},{}.50,GBP,zero,{}",
            number / 7,
            number % 90,
            number % 50
        );
        assert!(rows.contains(&row), "{row}");
    }
}
