//! Both sagas of the service through everything that can happen to them.

use std::sync::Arc;

use async_trait::async_trait;
use mainstay_core::{Clock, Context, Currency, Id, Money, Shutdown, Tasks, Timestamp};
use mainstay_events::Outbox;
use mainstay_sql::{Database, Leadership, MigrationSet};
use mainstay_telemetry::Registry;
use mainstay_testkit::TestDatabase;
use mainstay_testkit::database::BEGINNING;
use mainstay_testkit::saga::{Harness, World, assert_covered};
use mainstay_workflow::{Definition, Options, RunState, Sagas};
use shop_orders::checkout::{self, CheckoutState};
use shop_orders::model::{Fact, Owner, Refund, RefundLine, State};
use shop_orders::refund::{self, RefundState};
use shop_orders::{MIGRATIONS, Peers, store};
use shop_payments_contracts::PaymentState;

use crate::fakes::{Fakes, Hold, OWNER, PIECES, TOTAL, sale};

const OUTBOX: &str = "shop.orders";

struct CheckoutWorld {
    fakes: Fakes,
    peers: Peers,
}

async fn outbox_events(db: &Database) -> Result<i64, String> {
    let ctx = Context::background("test");
    db.read(&ctx, |view| view.query_one("SELECT count(*) FROM outbox", &[], |row| row.get(0)))
        .await
        .map(Option::unwrap_or_default)
        .map_err(|error| error.chain())
}

#[async_trait]
impl World for CheckoutWorld {
    type State = CheckoutState;

    fn migrations(&self) -> Vec<MigrationSet> {
        vec![mainstay_events::MIGRATIONS, MIGRATIONS]
    }

    fn definition(&self, db: &Database) -> Definition<CheckoutState> {
        checkout::definition(&self.peers, &Outbox::new(db.clone(), OUTBOX))
    }

    fn state(&self) -> CheckoutState {
        CheckoutState {
            checkout_id: Id::from_bytes([1; 16]),
            owner: Owner(OWNER.into()),
            cart_id: Id::from_bytes([2; 16]),
            expected_total: Some(TOTAL),
            replayed_at: None,
            // Longer than all retries of the harness.
            hold_until: BEGINNING + std::time::Duration::from_secs(86_400),
            payment_token: String::new(),
            sale: None,
            order_number: String::new(),
            placed_at: None,
            authorised: false,
        }
    }

    async fn check(&self, db: &Database, end: &RunState, state: &CheckoutState) -> Result<(), String> {
        let (memory, id) = (&self.fakes.0, state.checkout_id.to_vec());
        let order = db
            .read(&Context::background("test"), {
                let order = state.order_id();
                move |view| store::order(view, order)
            })
            .await
            .map_err(|error| error.chain())?;
        let payment = memory.payments.lock().get(&id).map(|payment| payment.state);
        let hold = memory.holds.lock().get(&id).copied();
        let stock = *memory.stock.lock();
        let locked = memory.cart.lock().locked_by.is_some();
        let told = outbox_events(db).await?;
        let seen =
            format!("payment {payment:?}, hold {hold:?}, stock {stock}, locked {locked}, events {told}");
        let fits = match end {
            RunState::Done => {
                order.is_some_and(|order| order.state() == State::Paid)
                    && payment == Some(PaymentState::Captured)
                    && hold == Some(Hold::Committed)
                    && stock == 10 - i64::from(PIECES)
                    && told == 2
            }
            _ => {
                order.is_none()
                    && payment.is_none_or(|payment| payment == PaymentState::Voided)
                    && hold.is_none_or(|hold| hold == Hold::Released)
                    && stock == 10
                    && !locked
            }
        };
        if fits { Ok(()) } else { Err(seen) }
    }
}

struct RefundWorld {
    fakes: Fakes,
    peers: Peers,
}

fn sold() -> Fact {
    let sale = sale(Owner(OWNER.into()));
    Fact::Placed {
        number: "S-10001".into(),
        checkout_id: Id::from_bytes([1; 16]),
        placed_at: Timestamp::from_micros(1),
        sale: Arc::new(sale),
    }
}

fn wanted() -> Refund {
    Refund {
        id: Id::from_bytes([5; 16]),
        amount: Money::new(400, Currency::GBP),
        lines: vec![RefundLine { variant_id: Id::from_bytes([9; 16]), quantity: 1 }],
        reason: "chipped".into(),
        cancels: false,
    }
}

#[async_trait]
impl World for RefundWorld {
    type State = RefundState;

    fn migrations(&self) -> Vec<MigrationSet> {
        vec![mainstay_events::MIGRATIONS, MIGRATIONS]
    }

    async fn prepare(&self, db: &Database) {
        let ctx = Context::background("test");
        db.write(&ctx, {
            let ctx = ctx.clone();
            move |tx| {
                let order = Id::from_bytes([1; 16]);
                store::append(tx, &ctx, order, sold())?;
                store::append(
                    tx,
                    &ctx,
                    order,
                    Fact::Paid { payment_id: Id::from_bytes([1; 16]), amount: TOTAL },
                )?;
                store::append(tx, &ctx, order, Fact::RefundRequested { refund: wanted() })
            }
        })
        .await
        .unwrap();
    }

    fn definition(&self, db: &Database) -> Definition<RefundState> {
        refund::definition(&self.peers, &Outbox::new(db.clone(), OUTBOX))
    }

    fn state(&self) -> RefundState {
        RefundState {
            order_id: Id::from_bytes([1; 16]),
            payment_id: Id::from_bytes([1; 16]),
            refund: wanted(),
            replayed_at: None,
        }
    }

    async fn check(&self, db: &Database, end: &RunState, state: &RefundState) -> Result<(), String> {
        let order_id = state.order_id;
        let order = db
            .read(&Context::background("test"), move |view| store::order(view, order_id))
            .await
            .map_err(|error| error.chain())?
            .ok_or("the order is gone")?;
        let given: i64 =
            self.fakes.0.payments.lock().values().flat_map(|payment| payment.refunds.values()).sum();
        let stock = *self.fakes.0.stock.lock();
        let told = outbox_events(db).await?;
        let seen = format!("{:?}, given {given}, stock {stock}, events {told}", order.state());
        let fits = match end {
            RunState::Done => {
                order.state() == State::PartlyRefunded && given == 400 && stock == 11 && told == 1
            }
            // Refused at the provider: the amount is free to be refunded in another way.
            _ => order.state() == State::Paid && order.refunds.is_empty() && stock == 10 && told == 0,
        };
        if fits { Ok(()) } else { Err(seen) }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_saga_of_the_service_holds_whatever_happens_to_its_steps() {
    let peers_of = |fakes: &Fakes| {
        let fakes = fakes.clone();
        tokio::task::block_in_place(move || {
            // The harness counts time by itself; by this clock none passes, so that no deadline of its is missed here.
            let (clock, _) = Clock::manual(Timestamp::from_micros(0));
            tokio::runtime::Handle::current().block_on(async move { fakes.peers(&clock).await })
        })
    };
    let checkout = Harness::new(|| {
        let fakes = Fakes::new();
        CheckoutWorld { peers: peers_of(&fakes), fakes }
    })
    .run()
    .await;
    let refund = Harness::new(|| {
        let fakes = Fakes::new();
        RefundWorld { peers: peers_of(&fakes), fakes }
    })
    .run()
    .await;

    // What the service registers is what went through the harness.
    let test = TestDatabase::open(&[mainstay_workflow::MIGRATIONS]).await;
    let (tasks, shutdown) = (Tasks::new(), Shutdown::new());
    let leadership = Leadership::start(&test.db, &test.clock, &tasks, &shutdown);
    let sagas = Sagas::new(&test.db, &leadership, &tasks, &Registry::new(), Options::default());
    let outbox = Outbox::new(test.db.clone(), OUTBOX);
    let peers = peers_of(&Fakes::new());
    sagas.register(checkout::definition(&peers, &outbox)).unwrap();
    sagas.register(refund::definition(&peers, &outbox)).unwrap();
    assert_covered(&sagas, &[checkout, refund]);
    shutdown.request();
}
