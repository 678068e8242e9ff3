//! The archive: what is in it is found, goes on, and is rebuilt from, as if it had never left.

use std::time::Duration;

use mainstay_core::{Result, Timestamp, codes};
use mainstay_workflow::AggregateStore;
use mainstay_workflow::aggregate::Archived;

use crate::aggregates::{AccountEvent, Accounts, Balance, account, paid};
use crate::lab::code;
use crate::projections::{store, total};

const DAY: Duration = Duration::from_secs(86_400);

/// Accounts that are in debt are not settled.
async fn archive(accounts: &Accounts, before: Timestamp) -> Archived {
    let mut all = Archived { aggregates: 0, events: 0, next: Some(0) };
    while let Some(after) = all.next {
        let archived = pass(accounts, before, after).await.unwrap();
        all.aggregates += archived.aggregates;
        all.events += archived.events;
        all.next = archived.next;
    }
    all
}

async fn pass(accounts: &Accounts, before: Timestamp, after: i64) -> Result<Archived> {
    let store = accounts.store.clone();
    let write = move |tx: &mainstay_sql::Tx<'_>| {
        store.archive(tx, before, after, |account: &Balance| account.minor >= 0)
    };
    accounts.test.db.write(&accounts.ctx, write).await
}

async fn rows(accounts: &Accounts, table: &'static str) -> i64 {
    let sql = format!("SELECT count(*) FROM {table}");
    let count = accounts.test.db.read(&accounts.ctx, move |view| view.query_one(&sql, &[], |row| row.get(0)));
    count.await.unwrap().unwrap_or_default()
}

async fn history(accounts: &Accounts, id: u8, after: u64, limit: u32) -> Vec<(u64, AccountEvent, i64)> {
    let store = accounts.store.clone();
    let read =
        accounts.test.db.read(&accounts.ctx, move |view| store.history(view, account(id), after, limit));
    read.await.unwrap().into_iter().map(|one| (one.version, one.event, one.position)).collect()
}

fn now(accounts: &Accounts) -> Timestamp {
    accounts.test.clock.now()
}

#[tokio::test]
async fn what_is_old_and_settled_goes_and_is_found_as_before() {
    let accounts = Accounts::with(store(1)).await;
    accounts.store.prepare(&accounts.test.db, &accounts.ctx).await.unwrap();
    for id in 1..=120 {
        accounts.append(account(id), 0, vec![paid(i64::from(id)), paid(1)]).await.unwrap();
    }
    accounts.append(account(121), 0, vec![paid(-5)]).await.unwrap();
    accounts.test.manual.advance(2 * DAY);
    // One of the old ones is busy again.
    accounts.append(account(7), 2, vec![paid(1)]).await.unwrap();
    accounts.append(account(200), 0, vec![paid(0)]).await.unwrap();
    let before = now(&accounts) - DAY;
    let seen = history(&accounts, 1, 0, 10).await;

    assert_eq!(archive(&accounts, before).await, Archived { aggregates: 119, events: 238, next: None });
    assert_eq!(rows(&accounts, "aggregate_events").await, 5, "the busy one, the one in debt, the young one");
    assert_eq!(rows(&accounts, "aggregate_archive").await, 119);
    for id in (1..=120).filter(|id| *id != 7) {
        let (balance, version) = accounts.load(account(id)).await.unwrap();
        assert_eq!((balance.minor, version), (i64::from(id) + 1, 2), "{id}");
    }
    assert_eq!(accounts.load(account(121)).await.unwrap().0.minor, -5);
    assert!(accounts.load(account(122)).await.is_none());
    assert_eq!(history(&accounts, 1, 0, 10).await, seen);
    assert_eq!(history(&accounts, 1, 1, 10).await, seen[1..]);
    assert_eq!(history(&accounts, 1, 0, 1).await, seen[..1]);
    assert_eq!(archive(&accounts, before).await, Archived { aggregates: 0, events: 0, next: None });
    assert_eq!(total(&accounts).await, (1..=120).sum::<i64>() + 120 + 1 - 5, "projections stay as they are");
}

#[tokio::test]
async fn many_are_loaded_as_one_by_one_young_archived_and_gone_on() {
    let accounts = Accounts::with(store(1)).await;
    accounts.store.prepare(&accounts.test.db, &accounts.ctx).await.unwrap();
    for id in 1..=40 {
        accounts.append(account(id), 0, vec![paid(i64::from(id)), paid(1), paid(-2)]).await.unwrap();
    }
    accounts.test.manual.advance(2 * DAY);
    assert!(archive(&accounts, now(&accounts)).await.aggregates > 30);
    for id in 30..=50 {
        let version = accounts.load(account(id)).await.map_or(0, |(_, version)| version);
        accounts.append(account(id), version, vec![paid(1_000), paid(3)]).await.unwrap();
    }
    let ids: Vec<_> = (1..=60).map(account).collect();
    let store = accounts.store.clone();
    let many = accounts.test.db.read(&accounts.ctx, move |view| store.load_many(view, &ids)).await.unwrap();
    assert_eq!(many.len(), 50);
    for id in 1..=60 {
        let loaded = many.get(&account(id)).map(|loaded| (loaded.aggregate.clone(), loaded.version));
        assert_eq!(loaded, accounts.load(account(id)).await, "{id}");
    }
    // What lacks an event is refused and not told as less.
    accounts.execute("DELETE FROM aggregate_events WHERE version = 4").await;
    let store = accounts.store.clone();
    let read = accounts.test.db.read(&accounts.ctx, move |view| store.load_many(view, &[account(45)]));
    assert!(read.await.is_ok());
    let store = accounts.store.clone();
    let read = accounts.test.db.read(&accounts.ctx, move |view| store.load_many(view, &[account(35)]));
    assert_eq!(code(read.await), codes::DATA_LOSS.name);
}

#[tokio::test]
async fn the_newest_event_stays_so_that_no_position_is_used_twice() {
    let accounts = Accounts::with(store(1)).await;
    accounts.append(account(1), 0, vec![paid(1)]).await.unwrap();
    accounts.append(account(2), 0, vec![paid(1)]).await.unwrap();
    let newest = history(&accounts, 2, 0, 10).await[0].2;
    accounts.test.manual.advance(2 * DAY);
    assert_eq!(archive(&accounts, now(&accounts) - DAY).await.aggregates, 1);
    accounts.append(account(3), 0, vec![paid(1)]).await.unwrap();
    assert!(history(&accounts, 3, 0, 10).await[0].2 > newest);
}

#[tokio::test]
async fn an_archived_aggregate_goes_on_and_is_archived_again() {
    let accounts = Accounts::with(AggregateStore::builder().snapshots(2, 1).build()).await;
    accounts.append(account(1), 0, vec![paid(1), paid(2), paid(3)]).await.unwrap();
    accounts.append(account(2), 0, vec![paid(1)]).await.unwrap();
    accounts.test.manual.advance(2 * DAY);
    archive(&accounts, now(&accounts) - DAY).await;
    assert_eq!(rows(&accounts, "aggregate_snapshots").await, 0);
    for stale in [0, 1, 2, 4] {
        let refused = accounts.append(account(1), stale, vec![paid(9)]).await;
        assert_eq!(code(refused), codes::CONFLICT.name, "{stale}");
    }
    assert_eq!(accounts.append(account(1), 3, vec![paid(4)]).await.unwrap(), 4);
    assert_eq!(accounts.load(account(1)).await.unwrap(), (balance(10), 4));
    let versions =
        |page: Vec<(u64, AccountEvent, i64)>| -> Vec<u64> { page.iter().map(|one| one.0).collect() };
    assert_eq!(versions(history(&accounts, 1, 0, 10).await), [1, 2, 3, 4]);
    assert_eq!(versions(history(&accounts, 1, 1, 2).await), [2, 3]);
    assert_eq!(versions(history(&accounts, 1, 3, 2).await), [4]);

    accounts.append(account(3), 0, vec![paid(1)]).await.unwrap();
    accounts.test.manual.advance(2 * DAY);
    assert_eq!(
        archive(&accounts, now(&accounts) - DAY).await,
        Archived { aggregates: 2, events: 2, next: None }
    );
    assert_eq!(accounts.load(account(1)).await.unwrap(), (balance(10), 4));
    assert_eq!(versions(history(&accounts, 1, 0, 10).await), [1, 2, 3, 4]);
    assert_eq!(rows(&accounts, "aggregate_archive").await, 2);
}

fn balance(minor: i64) -> Balance {
    Balance { minor, ..Balance::default() }
}

#[tokio::test]
async fn a_rebuild_takes_what_is_archived_and_what_came_after() {
    let accounts = Accounts::with(store(1)).await;
    accounts.store.prepare(&accounts.test.db, &accounts.ctx).await.unwrap();
    // More than a rebuild takes in one step.
    for id in 0..=250 {
        accounts.append(account(id), 0, vec![paid(1), paid(2)]).await.unwrap();
    }
    accounts.test.manual.advance(2 * DAY);
    accounts.append(account(255), 0, vec![paid(10)]).await.unwrap();
    assert_eq!(archive(&accounts, now(&accounts) - DAY).await.aggregates, 251);
    accounts.append(account(3), 2, vec![paid(100)]).await.unwrap();
    let accounts = Accounts { store: store(10), ..accounts };
    let rebuilt = accounts.store.rebuild(&accounts.test.db, &accounts.ctx, "test.balances").await;
    assert_eq!(rebuilt.unwrap().unwrap().events, 251 * 2 + 2);
    assert_eq!(total(&accounts).await, (251 * 3 + 10 + 100) * 10);
}

#[tokio::test]
async fn nothing_is_archived_under_a_projection_that_is_being_built() {
    let accounts = Accounts::with(store(1)).await;
    accounts.append(account(1), 0, vec![paid(1)]).await.unwrap();
    accounts.append(account(2), 0, vec![paid(1)]).await.unwrap();
    accounts.test.manual.advance(2 * DAY);
    accounts
        .execute("INSERT INTO projections (name, generation, stage, position) VALUES ('other', 1, 0, 0)")
        .await;
    assert_eq!(archive(&accounts, now(&accounts) - DAY).await.aggregates, 0);
    accounts.execute("UPDATE projections SET stage = 1 WHERE name = 'other'").await;
    assert_eq!(archive(&accounts, now(&accounts) - DAY).await.aggregates, 1);
}

#[tokio::test]
async fn a_pass_that_fails_or_dies_has_moved_nothing() {
    let mut accounts = Accounts::with(store(1)).await;
    for id in 1..=40 {
        accounts.append(account(id), 0, vec![paid(1), paid(2)]).await.unwrap();
    }
    accounts.test.manual.advance(2 * DAY);
    let before = now(&accounts) - DAY;
    let store = accounts.store.clone();
    let refused = accounts.test.db.write(&accounts.ctx, move |tx| {
        store.archive(tx, before, 0, |_: &Balance| true)?;
        Err::<(), _>(codes::INTERNAL.error("as planned"))
    });
    assert!(refused.await.is_err());
    let store = accounts.store.clone();
    let died = accounts.test.db.write(&accounts.ctx, move |tx| -> Result<()> {
        store.archive(tx, before, 0, |_: &Balance| true)?;
        panic!("as planned")
    });
    assert!(died.await.is_err());
    accounts.test.reopen().await;
    assert_eq!(
        (rows(&accounts, "aggregate_events").await, rows(&accounts, "aggregate_archive").await),
        (80, 0)
    );
    assert_eq!(archive(&accounts, before).await.aggregates, 39);
}

#[tokio::test]
async fn what_was_damaged_is_refused_and_not_passed_over() {
    let accounts = Accounts::with(store(1)).await;
    for id in 1..=3 {
        accounts.append(account(id), 0, vec![paid(1), paid(2)]).await.unwrap();
    }
    accounts.test.manual.advance(2 * DAY);
    archive(&accounts, now(&accounts) - DAY).await;
    let load = async |id| {
        let store = accounts.store.clone();
        code(accounts.test.db.read(&accounts.ctx, move |view| store.load(view, account(id)).map(drop)).await)
    };
    accounts
        .execute("UPDATE aggregate_archive SET packed = x'00' WHERE id = x'01010101010101010101010101010101'")
        .await;
    assert_eq!(load(1).await, codes::DATA_LOSS.name);
    accounts.append(account(2), 2, vec![paid(1)]).await.unwrap();
    accounts.execute("DELETE FROM aggregate_archive WHERE id = x'02020202020202020202020202020202'").await;
    assert_eq!(load(2).await, codes::DATA_LOSS.name, "its first events are gone");
}

#[tokio::test]
async fn a_release_without_an_archive_is_not_gone_back_to_while_it_has_rows() {
    let accounts = Accounts::with(store(1)).await;
    for id in 1..=2 {
        accounts.append(account(id), 0, vec![paid(1)]).await.unwrap();
    }
    accounts.test.manual.advance(2 * DAY);
    archive(&accounts, now(&accounts) - DAY).await;
    let back = || accounts.test.db.migrate_down(&mainstay_workflow::MIGRATIONS, 2);
    assert!(back().await.is_err());
    assert_eq!(accounts.load(account(1)).await.unwrap().0.minor, 1);
    accounts.execute("DELETE FROM aggregate_archive").await;
    back().await.unwrap();
}
