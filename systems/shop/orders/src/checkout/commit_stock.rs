//! Step 4, the pivot: take the held pieces out of stock. From here on they are the buyer's.

use async_trait::async_trait;
use mainstay_core::Result;
use mainstay_rpc::Peer;
use mainstay_workflow::{Progress, Step, StepContext};
use shop_inventory_contracts::{CommitRequest, InventoryClient};

use super::CheckoutState;

pub const NAME: &str = "commit_stock";

pub struct CommitStock {
    pub inventory: Peer<InventoryClient<mainstay_rpc::Channel>>,
}

#[async_trait]
impl Step<CheckoutState> for CommitStock {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn run(&self, cx: &StepContext, state: &mut CheckoutState) -> Result<Progress> {
        let commit = CommitRequest { reservation_id: state.reservation_id().to_vec() };
        let request = mainstay_rpc::request(cx.context(), commit);
        mainstay_rpc::answer(self.inventory.client().commit(request).await)?;
        Ok(Progress::Done)
    }

    // No undo: a refusal took nothing, and Reserve's undo gives back what is still held.
}
