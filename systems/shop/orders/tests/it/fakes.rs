//! The peers of orders, as small as they can be and still keep a real peer's promises: each call is idempotent by its
//! id, and an undo that came first bars the action.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use mainstay_core::{BasisPoints, Clock, Currency, Id, Money, Result, codes};
use mainstay_rpc::RpcService;
use mainstay_testkit::front_doors::FrontDoors;
use parking_lot::Mutex;
use shop_cart_contracts as cart;
use shop_inventory_contracts as inventory;
use shop_orders::Peers;
use shop_orders::model::{Address, Line, Owner, Sale};
use shop_payments_contracts as payments;
use shop_payments_contracts::PaymentState;
use shop_pricing_contracts as pricing;
use tonic::{Request, Response, Status};

pub const OWNER: &str = "ses_00000000000000000000000001";
pub const TOTAL: Money = Money::new(1_560, Currency::GBP);
pub const PIECES: u32 = 3;

/// What the peers remember.
#[derive(Default)]
pub struct Memory {
    pub cart: Mutex<CartMemory>,
    pub holds: Mutex<BTreeMap<Vec<u8>, Hold>>,
    pub stock: Mutex<i64>,
    pub causes: Mutex<BTreeMap<String, i64>>,
    pub payments: Mutex<BTreeMap<Vec<u8>, PaymentMemory>>,
}

#[derive(Default)]
pub struct CartMemory {
    pub locked_by: Option<Vec<u8>>,
    unlocked: Vec<Vec<u8>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hold {
    Held,
    Committed,
    Released,
}

#[derive(Clone, Debug)]
pub struct PaymentMemory {
    pub state: PaymentState,
    pub refunds: BTreeMap<Vec<u8>, i64>,
}

#[derive(Clone)]
pub struct Fakes(pub Arc<Memory>);

impl Fakes {
    pub fn new() -> Self {
        let memory = Memory::default();
        *memory.stock.lock() = 10;
        Self(Arc::new(memory))
    }

    /// Puts the fakes on a network and hands out the way to them.
    pub async fn peers(&self, clock: &Clock) -> Peers {
        let doors = FrontDoors::new(clock);
        let server = RpcService::new(cart::CartServer::new(self.clone()), cart::FILE_DESCRIPTOR_SET);
        doors.mount(cart::SERVICE, vec![server]).await;
        let server = RpcService::new(pricing::PricingServer::new(self.clone()), pricing::FILE_DESCRIPTOR_SET);
        doors.mount(pricing::SERVICE, vec![server]).await;
        let server =
            RpcService::new(inventory::InventoryServer::new(self.clone()), inventory::FILE_DESCRIPTOR_SET);
        doors.mount(inventory::SERVICE, vec![server]).await;
        let server =
            RpcService::new(payments::PaymentsServer::new(self.clone()), payments::FILE_DESCRIPTOR_SET);
        doors.mount(payments::SERVICE, vec![server]).await;
        Peers {
            cart: doors.peer("shop.orders", cart::SERVICE, cart::CartClient::new),
            pricing: doors.peer("shop.orders", pricing::SERVICE, pricing::PricingClient::new),
            inventory: doors.peer("shop.orders", inventory::SERVICE, inventory::InventoryClient::new),
            payments: doors.peer("shop.orders", payments::SERVICE, payments::PaymentsClient::new),
        }
    }
}

fn answer<T>(outcome: Result<T>) -> Result<Response<T>, Status> {
    mainstay_rpc::reply(outcome)
}

#[async_trait]
impl cart::v1::cart_server::Cart for Fakes {
    async fn lock(
        &self,
        request: Request<cart::LockRequest>,
    ) -> Result<Response<cart::LockResponse>, Status> {
        let checkout = request.into_inner().checkout_id;
        let mut memory = self.0.cart.lock();
        if memory.unlocked.contains(&checkout) {
            return answer(Err(cart::codes::UNLOCKED.error("unlocked before")));
        }
        if memory.locked_by.as_ref().is_some_and(|holder| *holder != checkout) {
            return answer(Err(cart::codes::CHECKOUT_RUNNING.error("another checkout runs")));
        }
        memory.locked_by = Some(checkout);
        answer(Ok(cart::LockResponse {
            currency: "GBP".into(),
            email: "ada@home.example".into(),
            address: Some(cart::Address {
                name: "Ada".into(),
                line1: "1 Road".into(),
                city: "York".into(),
                postcode: "YO1".into(),
                country: "GB".into(),
                ..cart::Address::default()
            }),
            shipping_method: "standard".into(),
            payment_token: "tok_ok".into(),
            lines: vec![cart::Line {
                variant_id: vec![9; 16],
                quantity: PIECES,
                sku: "sku".into(),
                name: "thing".into(),
            }],
            owner: OWNER.into(),
        }))
    }

    async fn unlock(
        &self,
        request: Request<cart::UnlockRequest>,
    ) -> Result<Response<cart::UnlockResponse>, Status> {
        let checkout = request.into_inner().checkout_id;
        let mut memory = self.0.cart.lock();
        if memory.locked_by.as_ref() == Some(&checkout) {
            memory.locked_by = None;
        }
        memory.unlocked.push(checkout);
        answer(Ok(cart::UnlockResponse {}))
    }
}

#[async_trait]
impl pricing::v1::pricing_server::Pricing for Fakes {
    async fn quote(
        &self,
        request: Request<pricing::QuoteRequest>,
    ) -> Result<Response<pricing::QuoteResponse>, Status> {
        let money = |minor| Some(Money::new(minor, Currency::GBP).into());
        let lines = request.into_inner().lines;
        answer(Ok(pricing::QuoteResponse {
            lines: lines
                .into_iter()
                .map(|line| pricing::PricedLine {
                    variant_id: line.variant_id,
                    quantity: line.quantity,
                    unit_net: money(334),
                    net: money(1_000),
                    tax: money(200),
                    tax_basis_points: 2_000,
                })
                .collect(),
            shipping_net: money(300),
            shipping_tax: money(60),
            net: money(1_300),
            tax: money(260),
            total: Some(TOTAL.into()),
        }))
    }

    async fn get_prices(
        &self,
        _: Request<pricing::GetPricesRequest>,
    ) -> Result<Response<pricing::GetPricesResponse>, Status> {
        answer(Err(codes::UNIMPLEMENTED.error("orders does not call it")))
    }

    async fn set_prices(
        &self,
        _: Request<pricing::SetPricesRequest>,
    ) -> Result<Response<pricing::SetPricesResponse>, Status> {
        answer(Err(codes::UNIMPLEMENTED.error("orders does not call it")))
    }

    async fn set_shipping_rates(
        &self,
        _: Request<pricing::SetShippingRatesRequest>,
    ) -> Result<Response<pricing::SetShippingRatesResponse>, Status> {
        answer(Err(codes::UNIMPLEMENTED.error("orders does not call it")))
    }

    async fn list_shipping_methods(
        &self,
        _: Request<pricing::ListShippingMethodsRequest>,
    ) -> Result<Response<pricing::ListShippingMethodsResponse>, Status> {
        answer(Err(codes::UNIMPLEMENTED.error("orders does not call it")))
    }
}

#[async_trait]
impl inventory::v1::inventory_server::Inventory for Fakes {
    async fn get_levels(
        &self,
        _: Request<inventory::GetLevelsRequest>,
    ) -> Result<Response<inventory::GetLevelsResponse>, Status> {
        answer(Err(codes::UNIMPLEMENTED.error("orders does not call it")))
    }

    async fn count(
        &self,
        _: Request<inventory::CountRequest>,
    ) -> Result<Response<inventory::CountResponse>, Status> {
        answer(Err(codes::UNIMPLEMENTED.error("orders does not call it")))
    }

    async fn reserve(
        &self,
        request: Request<inventory::ReserveRequest>,
    ) -> Result<Response<inventory::ReserveResponse>, Status> {
        let mut holds = self.0.holds.lock();
        let id = request.into_inner().reservation_id;
        match holds.get(&id) {
            Some(Hold::Released) => answer(Err(inventory::codes::RELEASED.error("released before"))),
            Some(Hold::Held | Hold::Committed) => answer(Ok(inventory::ReserveResponse {})),
            None => {
                holds.insert(id, Hold::Held);
                answer(Ok(inventory::ReserveResponse {}))
            }
        }
    }

    async fn commit(
        &self,
        request: Request<inventory::CommitRequest>,
    ) -> Result<Response<inventory::CommitResponse>, Status> {
        let mut holds = self.0.holds.lock();
        match holds.get_mut(&request.into_inner().reservation_id) {
            Some(hold @ Hold::Held) => {
                *hold = Hold::Committed;
                *self.0.stock.lock() -= i64::from(PIECES);
                answer(Ok(inventory::CommitResponse {}))
            }
            Some(Hold::Committed) => answer(Ok(inventory::CommitResponse {})),
            Some(Hold::Released) | None => answer(Err(inventory::codes::HOLD_EXPIRED.error("no hold"))),
        }
    }

    async fn release(
        &self,
        request: Request<inventory::ReleaseRequest>,
    ) -> Result<Response<inventory::ReleaseResponse>, Status> {
        let mut holds = self.0.holds.lock();
        let hold = holds.entry(request.into_inner().reservation_id).or_insert(Hold::Released);
        if *hold == Hold::Held {
            *hold = Hold::Released;
        }
        answer(Ok(inventory::ReleaseResponse {}))
    }

    async fn adjust(
        &self,
        request: Request<inventory::AdjustRequest>,
    ) -> Result<Response<inventory::AdjustResponse>, Status> {
        let adjust = request.into_inner();
        let delta = adjust.adjustments.iter().map(|adjustment| adjustment.delta).sum();
        if self.0.causes.lock().insert(adjust.cause, delta).is_none() {
            *self.0.stock.lock() += delta;
        }
        answer(Ok(inventory::AdjustResponse {}))
    }
}

impl Fakes {
    fn payment(
        &self,
        id: &[u8],
        change: impl FnOnce(&mut PaymentMemory) -> Result<()>,
    ) -> Result<payments::v1::Payment> {
        let mut all = self.0.payments.lock();
        let fresh = PaymentMemory { state: PaymentState::Unspecified, refunds: BTreeMap::new() };
        let payment = all.entry(id.to_vec()).or_insert(fresh);
        change(payment)?;
        Ok(payments::v1::Payment {
            id: id.to_vec(),
            state: payment.state.into(),
            amount: Some(TOTAL.into()),
            ..payments::v1::Payment::default()
        })
    }
}

#[async_trait]
impl payments::v1::payments_server::Payments for Fakes {
    async fn authorise(
        &self,
        request: Request<payments::AuthoriseRequest>,
    ) -> Result<Response<payments::AuthoriseResponse>, Status> {
        let outcome = self.payment(&request.into_inner().payment_id, |payment| match payment.state {
            PaymentState::Voided => Err(payments::codes::VOIDED.error("voided before")),
            PaymentState::Unspecified => {
                payment.state = PaymentState::Authorised;
                Ok(())
            }
            _ => Ok(()),
        });
        answer(outcome.map(|payment| payments::AuthoriseResponse { payment: Some(payment) }))
    }

    async fn capture(
        &self,
        request: Request<payments::CaptureRequest>,
    ) -> Result<Response<payments::CaptureResponse>, Status> {
        let outcome = self.payment(&request.into_inner().payment_id, |payment| {
            if !matches!(payment.state, PaymentState::Authorised | PaymentState::Captured) {
                return Err(payments::codes::VOIDED.error("nothing to capture"));
            }
            payment.state = PaymentState::Captured;
            Ok(())
        });
        answer(outcome.map(|payment| payments::CaptureResponse { payment: Some(payment) }))
    }

    async fn void(
        &self,
        request: Request<payments::VoidRequest>,
    ) -> Result<Response<payments::VoidResponse>, Status> {
        let outcome = self.payment(&request.into_inner().payment_id, |payment| {
            payment.state = PaymentState::Voided;
            Ok(())
        });
        answer(outcome.map(|payment| payments::VoidResponse { payment: Some(payment) }))
    }

    async fn refund(
        &self,
        request: Request<payments::RefundRequest>,
    ) -> Result<Response<payments::RefundResponse>, Status> {
        let refund = request.into_inner();
        let minor = refund.amount.as_ref().map(|amount| amount.minor).unwrap_or_default();
        let outcome = self.payment(&refund.payment_id, |payment| {
            payment.refunds.insert(refund.refund_id.clone(), minor);
            Ok(())
        });
        answer(outcome.map(|payment| payments::RefundResponse { payment: Some(payment) }))
    }

    async fn get_payment(
        &self,
        request: Request<payments::GetPaymentRequest>,
    ) -> Result<Response<payments::GetPaymentResponse>, Status> {
        let outcome = self.payment(&request.into_inner().payment_id, |_| Ok(()));
        answer(outcome.map(|payment| payments::GetPaymentResponse { payment: Some(payment) }))
    }

    async fn reconcile(
        &self,
        _: Request<payments::ReconcileRequest>,
    ) -> Result<Response<payments::ReconcileResponse>, Status> {
        answer(Err(codes::UNIMPLEMENTED.error("orders does not call it")))
    }
}

/// What the fakes sell, as an order keeps it.
pub fn sale(owner: Owner) -> Sale {
    let pounds = |minor| Money::new(minor, Currency::GBP);
    Sale {
        owner,
        email: "ada@home.example".into(),
        address: Address {
            name: "Ada".into(),
            line1: "1 Road".into(),
            line2: String::new(),
            city: "York".into(),
            postcode: "YO1".into(),
            country: "GB".into(),
        },
        lines: vec![Line {
            variant_id: Id::from_bytes([9; 16]),
            sku: "sku".into(),
            name: "thing".into(),
            quantity: PIECES,
            unit_net: pounds(334),
            net: pounds(1_000),
            tax: pounds(200),
            tax_rate: BasisPoints(2_000),
        }],
        shipping_method: "standard".into(),
        shipping_net: pounds(300),
        shipping_tax: pounds(60),
        net: pounds(1_300),
        tax: pounds(260),
        total: TOTAL,
    }
}
