//! Step 2: hold the pieces for this buyer, so that nobody pays for goods that are gone.

use async_trait::async_trait;
use mainstay_core::Result;
use mainstay_rpc::Peer;
use mainstay_workflow::{Progress, Step, StepContext};
use shop_inventory_contracts::{InventoryClient, ReleaseRequest, ReserveLine, ReserveRequest};

use super::CheckoutState;

pub struct Reserve {
    pub inventory: Peer<InventoryClient<mainstay_rpc::Channel>>,
}

#[async_trait]
impl Step<CheckoutState> for Reserve {
    fn name(&self) -> &'static str {
        "reserve"
    }

    async fn run(&self, cx: &StepContext, state: &mut CheckoutState) -> Result<Progress> {
        let reserve = ReserveRequest {
            reservation_id: state.reservation_id().to_vec(),
            lines: state
                .sale()?
                .lines
                .iter()
                .map(|line| ReserveLine { variant_id: line.variant_id.to_vec(), quantity: line.quantity })
                .collect(),
            expires_at_micros: state.hold_until.as_micros(),
        };
        let request = mainstay_rpc::request(cx.context(), reserve);
        mainstay_rpc::answer(self.inventory.client().reserve(request).await)?;
        Ok(Progress::Done)
    }

    async fn undo(&self, cx: &StepContext, state: &mut CheckoutState) -> Result<()> {
        let release = ReleaseRequest { reservation_id: state.reservation_id().to_vec() };
        let request = mainstay_rpc::request(cx.context(), release);
        mainstay_rpc::answer(self.inventory.client().release(request).await).map(drop)
    }
}
