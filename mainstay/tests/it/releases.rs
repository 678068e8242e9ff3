//! Each release's data folder is a fixture that this one must open: `tests/releases/<release>/` holds its databases as
//! SQL, one file a service, with the root key beside them.
//!
//! A folder is written once, before its release, and never changed afterwards:
//! `cargo nextest run -p mainstay --run-ignored only -E 'test(write_the_data_folder)'`.

use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mainstay_core::Timestamp;
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use serde_json::Value;

use crate::buying::{available, buy, check_out};
use crate::process::{Serving, call, run};
use crate::shop::inside::{Inside, Ticking};

/// What a buyer remembers of an order: enough to come back for it under any later release.
const MEMORY: &str = "order.json";

fn releases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/releases")
}

/// Between the order of a release and its data being opened, whenever this runs: within the day for which a key is
/// known, and long before the buyer's session ends.
const LATER: Duration = Duration::from_secs(3_600);

#[tokio::test(flavor = "multi_thread")]
async fn every_release_s_data_folder_is_opened_and_goes_on() {
    let mut opened = 0;
    for release in fs::read_dir(releases()).unwrap() {
        let release = release.unwrap().path();
        let folder = tempfile::tempdir().unwrap();
        restore(&release, &folder.path().join("data"));
        let memory: Value = serde_json::from_str(&fs::read_to_string(release.join(MEMORY)).unwrap()).unwrap();
        let placed_at: Timestamp = memory["order"]["placed_at"].as_str().unwrap().parse().unwrap();
        let time = Ticking::since(placed_at + LATER);
        let inside = Inside::start(folder.path(), &[], mainstay::engines::all(), time.clock.clone()).await;
        let address = inside.address();
        tokio::task::block_in_place(|| goes_on(address, folder.path(), &memory));
        inside.shop.stop().await.unwrap();
        opened += 1;
    }
    assert!(opened > 0, "there is no release to open");
}

/// The order is there for its buyer, its key gives the same answer, its stock is gone; and the shop sells on.
fn goes_on(shop: SocketAddr, folder: &Path, memory: &Value) {
    let order = &memory["order"];
    let session = memory["session"].as_str().unwrap();
    let path = format!("/v1/orders/{}", order["id"].as_str().unwrap());
    let found = call(shop, "GET", &path, session, "", "").unwrap();
    assert_eq!(found.status, 200, "{}", found.body);
    for part in ["number", "total", "lines", "address", "placed_at"] {
        assert_eq!(found.body[part], order[part], "{part}");
    }
    let cart = memory["cart"].as_str().unwrap().to_owned();
    let filled = crate::buying::Filled { session: session.to_owned(), cart: cart.clone() };
    let again = check_out(shop, &filled, &cart).unwrap();
    assert_eq!((again.status, &again.body["id"]), (201, &order["id"]), "{}", again.body);

    let left = available(shop);
    buy(shop);
    assert_eq!(available(shop), left - 2);
    let cancelled = call(
        shop,
        "POST",
        &format!("{path}/cancel"),
        session,
        "idempotency-key: release\r\n",
        r#"{"reason":"kept long enough"}"#,
    )
    .unwrap();
    assert_eq!(cancelled.status, 202, "{}", cancelled.body);
    let status = run(folder, &["migrate", "status"]);
    assert!(status.status.success(), "{}", String::from_utf8_lossy(&status.stdout));
}

#[test]
#[ignore = "writes a file of the repository: run it once, before a release"]
fn write_the_data_folder_of_this_release() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Serving::start(folder.path(), &["up", "shop", "--demo"]);
    let (filled, _) = buy(shop.http);
    // A reader of the folder finds the order paid and everything at rest.
    let order = crate::buying::paid(shop.http, &filled);
    shop.stop();

    let release = releases().join(env!("CARGO_PKG_VERSION"));
    fs::create_dir_all(&release).unwrap();
    let data = folder.path().join("data");
    for entry in fs::read_dir(&data).unwrap() {
        let file = entry.unwrap().path();
        if file.extension().is_some_and(|extension| extension == "db") {
            let name = file.with_extension("sql");
            fs::write(release.join(name.file_name().unwrap()), dump(&file)).unwrap();
        }
    }
    fs::copy(data.join("keys/root"), release.join("root-key")).unwrap();
    let memory = serde_json::json!({ "session": filled.session, "cart": filled.cart, "order": order });
    fs::write(release.join(MEMORY), format!("{memory:#}\n")).unwrap();
}

fn restore(release: &Path, data: &Path) {
    fs::create_dir_all(data.join("keys")).unwrap();
    let key = data.join("keys/root");
    fs::copy(release.join("root-key"), &key).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    for entry in fs::read_dir(release).unwrap() {
        let file = entry.unwrap().path();
        if file.extension().is_some_and(|extension| extension == "sql") {
            let name = file.with_extension("db");
            let database = Connection::open(data.join(name.file_name().unwrap())).unwrap();
            database.pragma_update(None, "journal_mode", "wal").unwrap();
            database.execute_batch(&fs::read_to_string(&file).unwrap()).unwrap();
        }
    }
}

/// Schema and rows as statements, in an order that does not depend on chance.
fn dump(file: &Path) -> String {
    let database = Connection::open(file).unwrap();
    let mut sql = String::from("BEGIN;\n");
    let objects = "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' \
                   ORDER BY type = 'table' DESC, rowid";
    let mut statement = database.prepare(objects).unwrap();
    let objects: Vec<(String, String, String)> = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    for (kind, name, create) in objects {
        writeln!(sql, "{create};").unwrap();
        if kind == "table" {
            rows(&database, &name, &mut sql);
        }
    }
    sql.push_str("COMMIT;\n");
    sql
}

fn rows(database: &Connection, table: &str, sql: &mut String) {
    let mut statement = database.prepare(&format!("SELECT * FROM \"{table}\"")).unwrap();
    let columns = statement.column_count();
    let mut rows = statement.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        let values: Vec<String> = (0..columns).map(|column| literal(row.get_ref(column).unwrap())).collect();
        writeln!(sql, "INSERT INTO \"{table}\" VALUES ({});", values.join(",")).unwrap();
    }
}

fn literal(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "NULL".to_owned(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => format!("{number:?}"),
        ValueRef::Text(text) => format!("'{}'", String::from_utf8_lossy(text).replace('\'', "''")),
        ValueRef::Blob(bytes) => {
            let mut text = String::from("x'");
            for byte in bytes {
                write!(text, "{byte:02x}").unwrap();
            }
            text.push('\'');
            text
        }
    }
}
