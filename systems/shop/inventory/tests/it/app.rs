//! Inventory with its doors open, on a clock that stands still.

use std::sync::Arc;
use std::time::Duration;

use mainstay_core::{Clock, Context, Error, Id, Principal, Result, Shutdown, Tasks, Timestamp};
use mainstay_events::Outbox;
use mainstay_host::{Loops, NoConfig, Service};
use mainstay_rpc::{Channel, Peer, answer, request};
use mainstay_sql::Leadership;
use mainstay_telemetry::Registry;
use mainstay_testkit::{FrontDoors, TestDatabase};
use shop_inventory::{Inventory, MIGRATIONS, Needs, audit};
use shop_inventory_contracts as wire;
use wire::{InventoryClient, Level, SERVICE, StockChanged};

pub type VariantId = Id<shop_catalog_contracts::Variant>;
pub type ReservationId = Id<wire::Reservation>;

/// How long the tests' holds last.
pub const HOLD: Duration = Duration::from_secs(900);

/// The service under test.
pub struct TestApp {
    pub test: TestDatabase,
    pub doors: FrontDoors,
    pub loops: Loops,
    pub leadership: Arc<Leadership>,
    pub tasks: Tasks,
    /// As orders, the service that checks out.
    pub ctx: Context,
    inventory: Peer<InventoryClient<Channel>>,
}

impl TestApp {
    pub async fn start() -> Self {
        let test =
            TestDatabase::open(&[mainstay_events::MIGRATIONS, mainstay_audit::MIGRATIONS, MIGRATIONS]).await;
        let (tasks, leadership) = (Tasks::new(), Leadership::idle());
        let loops = Loops::new(Arc::clone(&leadership), tasks.clone());
        let needs = Needs {
            db: test.db.clone(),
            outbox: Outbox::new(test.db.clone(), SERVICE),
            loops: loops.clone(),
            registry: Registry::new(),
            audit: mainstay_audit::Audit::new(&mainstay_secrets::Key::from_bytes([5; 32])),
        };
        let mounted = Inventory::start(needs, NoConfig {}, test.clock.clone()).unwrap();
        let (routes, contracts) = mounted.into_parts();
        let mut doors = FrontDoors::new(&test.clock);
        doors.mount(SERVICE, contracts).await;
        doors.serve(routes);
        let inventory = doors.peer("shop.orders", SERVICE, InventoryClient::new);
        let ctx = Context::background("shop.orders");
        TestApp { test, doors, loops, leadership, tasks, ctx, inventory }
    }

    /// Begins the sweeps, as the host does once everything has started.
    pub fn begin_loops(&self, shutdown: &Shutdown) {
        self.leadership.begin("background", &self.test.db, &self.test.clock, &self.tasks, shutdown);
        let (loops, shutdown) = (self.loops.clone(), shutdown.clone());
        self.tasks.spawn("loops", async move { loops.run(shutdown).await });
    }

    pub fn clock(&self) -> &Clock {
        &self.test.clock
    }

    pub fn client(&self) -> InventoryClient<Channel> {
        self.inventory.client()
    }

    pub fn later(&self) -> Timestamp {
        self.clock().now() + HOLD
    }

    pub async fn reserve(&self, id: ReservationId, lines: &[(VariantId, u32)]) -> Result<()> {
        self.reserve_until(id, lines, self.later()).await
    }

    pub async fn reserve_until(
        &self,
        id: ReservationId,
        lines: &[(VariantId, u32)],
        expires_at: Timestamp,
    ) -> Result<()> {
        let line = |&(variant, quantity): &(VariantId, u32)| wire::ReserveLine {
            variant_id: variant.to_vec(),
            quantity,
        };
        let message = wire::ReserveRequest {
            reservation_id: id.to_vec(),
            lines: lines.iter().map(line).collect(),
            expires_at_micros: expires_at.as_micros(),
        };
        answer(self.client().reserve(request(&self.ctx, message)).await).map(drop)
    }

    pub async fn commit(&self, id: ReservationId) -> Result<()> {
        let message = wire::CommitRequest { reservation_id: id.to_vec() };
        answer(self.client().commit(request(&self.ctx, message)).await).map(drop)
    }

    pub async fn release(&self, id: ReservationId) -> Result<()> {
        let message = wire::ReleaseRequest { reservation_id: id.to_vec() };
        answer(self.client().release(request(&self.ctx, message)).await).map(drop)
    }

    pub async fn adjust(&self, cause: &str, adjustments: &[(VariantId, i64)]) -> Result<()> {
        self.adjust_as(&self.ctx, cause, adjustments).await
    }

    pub async fn adjust_as(
        &self,
        ctx: &Context,
        cause: &str,
        adjustments: &[(VariantId, i64)],
    ) -> Result<()> {
        let line =
            |&(variant, delta): &(VariantId, i64)| wire::Adjustment { variant_id: variant.to_vec(), delta };
        let message =
            wire::AdjustRequest { cause: cause.into(), adjustments: adjustments.iter().map(line).collect() };
        answer(self.client().adjust(request(ctx, message)).await).map(drop)
    }

    /// Counts variants; of which ones more is held.
    pub async fn count(&self, cause: &str, counted: &[(VariantId, i64)]) -> Result<Vec<VariantId>> {
        self.count_as(&self.ctx, cause, counted).await
    }

    pub async fn count_as(
        &self,
        ctx: &Context,
        cause: &str,
        counted: &[(VariantId, i64)],
    ) -> Result<Vec<VariantId>> {
        let one =
            |&(variant, on_hand): &(VariantId, i64)| wire::Counted { variant_id: variant.to_vec(), on_hand };
        let message = wire::CountRequest { cause: cause.into(), counted: counted.iter().map(one).collect() };
        let held = answer(self.client().count(request(ctx, message)).await)?.held_variant_ids;
        held.iter().map(|id| Id::try_from_slice(id)).collect()
    }

    /// (on hand, held) of a variant.
    pub async fn level(&self, variant: VariantId) -> (i64, i64) {
        let message = wire::GetLevelsRequest { variant_ids: vec![variant.to_vec()] };
        let levels = answer(self.client().get_levels(request(&self.ctx, message)).await).unwrap().levels;
        let Some(Level { on_hand, held, available, .. }) = levels.first() else { return (0, 0) };
        assert_eq!(*available, on_hand - held);
        (*on_hand, *held)
    }

    /// Fails the test unless every piece is accounted for.
    pub async fn assert_sound(&self) {
        let breaches = audit(&self.test.db, &self.ctx).await.unwrap();
        assert!(breaches.is_empty(), "{}", breaches[0]);
    }

    /// Every change of stock that was told, in order.
    pub async fn told(&self) -> Vec<StockChanged> {
        let read = |view: &mainstay_sql::View<'_>| {
            view.query("SELECT data FROM outbox ORDER BY position", &[], |row| row.get::<Vec<u8>>(0))
        };
        let stored = self.test.db.read(&self.ctx, read).await.unwrap();
        stored.iter().map(|bytes| prost::Message::decode(bytes.as_slice()).unwrap()).collect()
    }
}

pub fn variant(number: u8) -> VariantId {
    VariantId::from_bytes([number; 16])
}

pub fn reservation(number: u64) -> ReservationId {
    let mut bytes = [9; 16];
    bytes[8..].copy_from_slice(&number.to_be_bytes());
    ReservationId::from_bytes(bytes)
}

pub fn customer() -> Principal {
    Principal::Customer(Id::from_bytes([1; 16]))
}

pub fn staff() -> Principal {
    Principal::Staff(Id::from_bytes([2; 16]))
}

/// The code of a refusal; `done` when there was none.
pub fn code(outcome: Result<(), Error>) -> String {
    outcome.map_or_else(|error| error.code().to_owned(), |()| "done".to_owned())
}
