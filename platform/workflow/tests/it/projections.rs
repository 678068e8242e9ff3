//! Projections: up to date with each append, and rebuilt while they are read.

use mainstay_core::{Result, codes};
use mainstay_sql::{Migration, MigrationSet, Tx};
use mainstay_workflow::aggregate::{REBUILD_BATCH, generation};
use mainstay_workflow::{AggregateStore, Projection, Recorded};

use crate::aggregates::{AccountEvent, Accounts, Balance, account, paid};

pub const MIGRATIONS: MigrationSet = MigrationSet {
    module: "test.balances",
    migrations: &[Migration {
        version: 1,
        name: "balances",
        up: "CREATE TABLE balances (
                 generation INTEGER NOT NULL, id BLOB NOT NULL, minor INTEGER NOT NULL, PRIMARY KEY (generation, id)
             ) STRICT",
        down: "DROP TABLE balances",
    }],
};

struct Balances {
    /// What one unit counts for: a rule that a release may change.
    factor: i64,
    refuses: bool,
}

impl Projection<Balance> for Balances {
    fn name(&self) -> &'static str {
        "test.balances"
    }

    fn apply(&self, tx: &Tx<'_>, generation: i64, event: &Recorded<Balance>) -> Result<()> {
        if self.refuses {
            return Err(codes::PRECONDITION.error("as planned"));
        }
        let AccountEvent::Paid { minor, .. } = &event.event else { return Ok(()) };
        tx.execute(
            "INSERT INTO balances (generation, id, minor) VALUES (?1, ?2, ?3)
             ON CONFLICT (generation, id) DO UPDATE SET minor = minor + excluded.minor",
            &[generation.into(), (&event.id).into(), (minor * self.factor).into()],
        )?;
        Ok(())
    }

    fn clear(&self, tx: &Tx<'_>, generation: i64, limit: u32) -> Result<u64> {
        tx.execute(
            "DELETE FROM balances WHERE rowid IN (SELECT rowid FROM balances WHERE generation = ?1 LIMIT ?2)",
            &[generation.into(), limit.into()],
        )
    }
}

pub fn store(factor: i64) -> AggregateStore<Balance> {
    AggregateStore::builder().projection(Balances { factor, refuses: false }).build()
}

pub async fn total(accounts: &Accounts) -> i64 {
    accounts
        .test
        .db
        .read(&accounts.ctx, |view| {
            let sum = view.query_one(
                "SELECT coalesce(sum(minor), 0) FROM balances
                 WHERE generation = (SELECT generation FROM projections WHERE name = 'test.balances' AND stage = 1)",
                &[],
                |row| row.get(0),
            )?;
            assert!(generation(view, "test.balances")? > 0);
            Ok(sum.unwrap_or_default())
        })
        .await
        .unwrap()
}

async fn prepare(accounts: &Accounts) {
    accounts.store.prepare(&accounts.test.db, &accounts.ctx).await.unwrap();
}

#[tokio::test]
async fn a_projection_follows_in_the_transaction_of_the_append() {
    let accounts = Accounts::with(store(1)).await;
    prepare(&accounts).await;
    accounts.append(account(1), 0, vec![paid(3), paid(4)]).await.unwrap();
    assert_eq!(total(&accounts).await, 7);
    assert!(accounts.append(account(1), 0, vec![paid(100)]).await.is_err());
    assert_eq!(total(&accounts).await, 7, "what was not appended is not projected");
    prepare(&accounts).await;
    assert_eq!(total(&accounts).await, 7);
    let refusing = AggregateStore::builder().projection(Balances { factor: 1, refuses: true }).build();
    let accounts = Accounts { store: refusing, ..accounts };
    assert!(accounts.append(account(1), 2, vec![paid(1)]).await.is_err());
    assert_eq!(accounts.load(account(1)).await.unwrap().1, 2, "and the other way round");
}

#[tokio::test]
async fn a_projection_that_comes_later_begins_with_the_first_event() {
    let accounts = Accounts::with(AggregateStore::builder().build()).await;
    let many = REBUILD_BATCH as usize * 2 + 1;
    accounts.append(account(1), 0, vec![paid(1); many]).await.unwrap();
    let accounts = Accounts { store: store(1), ..accounts };
    accounts.append(account(2), 0, vec![paid(1)]).await.unwrap();
    prepare(&accounts).await;
    assert_eq!(total(&accounts).await, many as i64 + 1);
}

#[tokio::test]
async fn a_rebuild_replaces_what_is_read_at_once_and_forgets_the_rest() {
    let accounts = Accounts::with(store(1)).await;
    prepare(&accounts).await;
    let many = REBUILD_BATCH as usize * 3;
    for id in 0..3 {
        accounts.append(account(id), 0, vec![paid(1); many / 3]).await.unwrap();
    }
    let accounts = Accounts { store: store(10), ..accounts };
    let (store, db, ctx) = (accounts.store.clone(), accounts.test.db.clone(), accounts.ctx.clone());
    let rebuild = async { store.rebuild(&db, &ctx, "test.balances").await.unwrap().unwrap() };
    // Readers and writers go on meanwhile; what they see is one generation or the other.
    let traffic = async {
        let mut totals = Vec::new();
        for version in 0..20 {
            accounts.append(account(9), version, vec![paid(0)]).await.unwrap();
            totals.push(total(&accounts).await);
        }
        totals
    };
    let (rebuilt, totals) = tokio::join!(rebuild, traffic);
    let (old, new) = (many as i64, many as i64 * 10);
    assert!(totals.iter().all(|total| [old, new].contains(total)), "{totals:?}");
    assert_eq!(total(&accounts).await, new);
    assert_eq!(rebuilt.generation, 2);
    accounts.append(account(1), many as u64 / 3, vec![paid(1)]).await.unwrap();
    assert_eq!(total(&accounts).await, new + 10);
    let rows = accounts.test.db.read(&accounts.ctx, |view| {
        view.query("SELECT DISTINCT generation FROM balances", &[], |row| row.get::<i64>(0))
    });
    assert_eq!(rows.await.unwrap(), [2]);
    let unknown = accounts.store.rebuild(&accounts.test.db, &accounts.ctx, "nothing").await.unwrap();
    assert!(unknown.is_none());
}

#[tokio::test]
async fn a_rebuild_that_was_cut_off_is_finished_at_the_next_start() {
    let accounts = Accounts::with(store(1)).await;
    prepare(&accounts).await;
    accounts.append(account(1), 0, vec![paid(5)]).await.unwrap();
    // Half of a second generation, and a third that was begun and given up, as crashes leave them.
    accounts
        .execute(
            "INSERT INTO projections (name, generation, stage, position) VALUES ('test.balances', 2, 2, 0)",
        )
        .await;
    accounts
        .execute(
            "INSERT INTO projections (name, generation, stage, position) VALUES ('test.balances', 3, 0, 0)",
        )
        .await;
    accounts.execute("INSERT INTO balances (generation, id, minor) VALUES (2, x'01', 99)").await;
    prepare(&accounts).await;
    assert_eq!(total(&accounts).await, 5);
    let generations = accounts.test.db.read(&accounts.ctx, |view| {
        view.query("SELECT generation FROM projections UNION SELECT generation FROM balances", &[], |row| {
            row.get::<i64>(0)
        })
    });
    assert_eq!(generations.await.unwrap(), [3]);
}
