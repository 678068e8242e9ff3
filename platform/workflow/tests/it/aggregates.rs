//! Aggregates: versions, history, upcasters, snapshots.

use mainstay_core::{Context, Id, IdKind, codes};
use mainstay_testkit::TestDatabase;
use mainstay_workflow::aggregate::Sample;
use mainstay_workflow::codes::{BAD_DEFINITION, UNREADABLE_EVENT};
use mainstay_workflow::{Aggregate, AggregateStore, DomainEvent, Upcaster};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::lab::code;

pub enum Account {}

impl IdKind for Account {
    const PREFIX: &'static str = "tac";
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountEvent {
    Opened { owner: String },
    Paid { minor: i64, currency: String },
}

impl DomainEvent for AccountEvent {
    fn kind(&self) -> &'static str {
        match self {
            Self::Opened { .. } => "opened",
            Self::Paid { .. } => "paid",
        }
    }

    fn schema(&self) -> u32 {
        match self {
            Self::Opened { .. } => 1,
            Self::Paid { .. } => 3,
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balance {
    pub owner: String,
    pub minor: i64,
}

impl Aggregate for Balance {
    const NAME: &'static str = "account";
    type Kind = Account;
    type Event = AccountEvent;

    fn apply(&mut self, event: &AccountEvent) {
        match event {
            AccountEvent::Opened { owner } => self.owner.clone_from(owner),
            AccountEvent::Paid { minor, .. } => self.minor += minor,
        }
    }
}

const SAMPLES: [Sample; 4] = [
    Sample { kind: "opened", schema: 1, json: r#"{"opened":{"owner":"Ada"}}"# },
    // The first release called it a deposit and counted whole pounds.
    Sample { kind: "deposited", schema: 1, json: r#"{"deposited":{"pounds":3}}"# },
    Sample { kind: "paid", schema: 2, json: r#"{"paid":{"minor":300}}"# },
    Sample { kind: "paid", schema: 3, json: r#"{"paid":{"minor":300,"currency":"GBP"}}"# },
];

fn upcasters() -> [Upcaster; 2] {
    [
        Upcaster {
            from: ("deposited", 1),
            to: ("paid", 2),
            change: |value| {
                let pounds = value["deposited"]["pounds"]
                    .as_i64()
                    .ok_or_else(|| codes::DATA_LOSS.error("no pounds"))?;
                Ok(json!({ "paid": { "minor": pounds * 100 } }))
            },
        },
        Upcaster {
            from: ("paid", 2),
            to: ("paid", 3),
            change: |mut value| {
                value["paid"]["currency"] = json!("GBP");
                Ok(value)
            },
        },
    ]
}

fn store() -> AggregateStore<Balance> {
    let mut builder = AggregateStore::builder();
    for upcaster in upcasters() {
        builder = builder.upcaster(upcaster).unwrap();
    }
    builder.build()
}

pub fn paid(minor: i64) -> AccountEvent {
    AccountEvent::Paid { minor, currency: "GBP".into() }
}

pub fn account(last: u8) -> Id<Account> {
    Id::from_bytes([last; 16])
}

pub struct Accounts {
    pub test: TestDatabase,
    pub store: AggregateStore<Balance>,
    pub ctx: Context,
}

impl Accounts {
    async fn open(store: AggregateStore<Balance>) -> Self {
        let test = TestDatabase::open(&[mainstay_workflow::MIGRATIONS, crate::projections::MIGRATIONS]).await;
        Self { test, store, ctx: Context::background("test.service") }
    }

    pub async fn with(store: AggregateStore<Balance>) -> Self {
        Self::open(store).await
    }

    pub async fn append(
        &self,
        id: Id<Account>,
        expected: u64,
        events: Vec<AccountEvent>,
    ) -> mainstay_core::Result<u64> {
        let (store, ctx) = (self.store.clone(), self.ctx.clone());
        self.test.db.write(&self.ctx, move |tx| store.append(tx, &ctx, id, expected, &events)).await
    }

    pub async fn load(&self, id: Id<Account>) -> Option<(Balance, u64)> {
        let store = self.store.clone();
        let loaded = self.test.db.read(&self.ctx, move |view| store.load(view, id)).await.unwrap();
        loaded.map(|loaded| (loaded.aggregate, loaded.version))
    }

    pub async fn execute(&self, sql: &'static str) -> u64 {
        self.test.db.write(&self.ctx, move |tx| tx.execute(sql, &[])).await.unwrap()
    }
}

#[tokio::test]
async fn an_aggregate_is_the_fold_of_its_events() {
    let accounts = Accounts::open(store()).await;
    assert!(accounts.load(account(1)).await.is_none());
    let opened = AccountEvent::Opened { owner: "Ada".into() };
    assert_eq!(accounts.append(account(1), 0, vec![opened.clone(), paid(300)]).await.unwrap(), 2);
    assert_eq!(accounts.append(account(1), 2, vec![paid(-100)]).await.unwrap(), 3);
    accounts.append(account(2), 0, vec![paid(7)]).await.unwrap();
    let balance = Balance { owner: "Ada".into(), minor: 200 };
    assert_eq!(accounts.load(account(1)).await, Some((balance, 3)));
    let store = accounts.store.clone();
    let history = accounts
        .test
        .db
        .read(&accounts.ctx, move |view| store.history(view, account(1), 1, 10))
        .await
        .unwrap();
    let seen: Vec<(u64, AccountEvent)> = history.into_iter().map(|one| (one.version, one.event)).collect();
    assert_eq!(seen, [(2, paid(300)), (3, paid(-100))]);
}

#[tokio::test]
async fn of_two_who_read_the_same_version_one_wins() {
    let accounts = Accounts::open(store()).await;
    accounts.append(account(1), 0, vec![paid(1)]).await.unwrap();
    let both = tokio::join!(
        accounts.append(account(1), 1, vec![paid(10)]),
        accounts.append(account(1), 1, vec![paid(20)])
    );
    let won = [both.0.is_ok(), both.1.is_ok()];
    assert!(won == [true, false] || won == [false, true], "{won:?}");
    let lost = code(if both.0.is_ok() { both.1 } else { both.0 });
    assert_eq!(lost, codes::CONFLICT.name);
    assert_eq!(accounts.load(account(1)).await.unwrap().1, 2);
    assert_eq!(
        code(accounts.append(account(1), 9, vec![paid(1)]).await),
        codes::CONFLICT.name,
        "nor from the future"
    );
    assert_eq!(code(accounts.append(account(1), 0, vec![paid(1)]).await), codes::CONFLICT.name);
}

#[tokio::test]
async fn events_of_every_release_are_read() {
    let store = store();
    let events = store.check_samples(&SAMPLES).unwrap();
    assert_eq!(events[1..], [paid(300), paid(300), paid(300)]);
    let missing = store.check_samples(&SAMPLES[2..]).unwrap_err();
    assert!(missing.message().contains("deposited"), "{missing:?}");
    let bare = AggregateStore::<Balance>::builder().build();
    assert_eq!(code(bare.check_samples(&SAMPLES)), UNREADABLE_EVENT.name);

    let accounts = Accounts::open(store).await;
    accounts.append(account(1), 0, vec![paid(1)]).await.unwrap();
    accounts
        .execute(r#"UPDATE aggregate_events SET kind = 'deposited', schema = 1, data = '{"deposited":{"pounds":3}}'"#)
        .await;
    assert_eq!(accounts.load(account(1)).await.unwrap().0.minor, 300);
}

#[tokio::test]
async fn upcasters_that_lead_nowhere_are_refused() {
    let [first, second] = upcasters();
    let circle = Upcaster { from: ("paid", 3), to: ("deposited", 1), change: Ok };
    let builder = || AggregateStore::<Balance>::builder().upcaster(first).unwrap().upcaster(second).unwrap();
    assert_eq!(code(builder().upcaster(circle)), BAD_DEFINITION.name);
    assert_eq!(code(builder().upcaster(first)), BAD_DEFINITION.name);
    assert_eq!(
        code(builder().upcaster(Upcaster { to: ("paid", 9), from: ("paid", 9), change: Ok })),
        BAD_DEFINITION.name
    );
}

#[tokio::test]
async fn snapshots_are_a_cache_that_may_be_dropped() {
    let accounts = Accounts::open(AggregateStore::builder().snapshots(3, 1).build()).await;
    for version in 0..7 {
        accounts.append(account(1), version, vec![paid(1)]).await.unwrap();
    }
    assert_eq!(accounts.load(account(1)).await.unwrap().0.minor, 7);
    // Only the events after the snapshot are read.
    accounts.execute("UPDATE aggregate_events SET data = 'spoilt' WHERE version <= 6").await;
    assert_eq!(accounts.load(account(1)).await.unwrap(), (Balance { owner: String::new(), minor: 7 }, 7));
    accounts.execute(r#"UPDATE aggregate_events SET data = '{"paid":{"minor":1,"currency":"GBP"}}'"#).await;
    // One of another shape, and one that cannot be read, are as good as none.
    accounts.execute("UPDATE aggregate_snapshots SET schema = 9, data = '{}'").await;
    assert_eq!(accounts.load(account(1)).await.unwrap().0.minor, 7);
    accounts.execute("UPDATE aggregate_snapshots SET schema = 1, data = 'spoilt'").await;
    assert_eq!(accounts.load(account(1)).await.unwrap().0.minor, 7);
    let store = accounts.store.clone();
    accounts.test.db.write(&accounts.ctx, move |tx| store.drop_snapshots(tx)).await.unwrap();
    assert_eq!(accounts.load(account(1)).await.unwrap(), (Balance { owner: String::new(), minor: 7 }, 7));
}
