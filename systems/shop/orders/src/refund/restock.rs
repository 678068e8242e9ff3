//! Step 2: put the pieces back on the shelf.

use async_trait::async_trait;
use mainstay_core::Result;
use mainstay_rpc::{Channel, Peer};
use mainstay_workflow::{Progress, Step, StepContext};
use shop_inventory_contracts::{AdjustRequest, Adjustment, InventoryClient};

use super::RefundState;

pub struct Restock {
    pub inventory: Peer<InventoryClient<Channel>>,
}

#[async_trait]
impl Step<RefundState> for Restock {
    fn name(&self) -> &'static str {
        "restock"
    }

    async fn run(&self, cx: &StepContext, state: &mut RefundState) -> Result<Progress> {
        let mut adjustments: Vec<Adjustment> = Vec::new();
        for line in &state.refund.lines {
            let variant_id = line.variant_id.to_vec();
            match adjustments.iter_mut().find(|known| known.variant_id == variant_id) {
                Some(known) => known.delta += i64::from(line.quantity),
                None => adjustments.push(Adjustment { variant_id, delta: line.quantity.into() }),
            }
        }
        if adjustments.is_empty() {
            return Ok(Progress::Done);
        }
        // The cause makes a repeat harmless.
        let adjust = AdjustRequest { cause: format!("refund:{}", state.refund.id), adjustments };
        let request = mainstay_rpc::request(cx.context(), adjust);
        mainstay_rpc::answer(self.inventory.client().adjust(request).await)?;
        Ok(Progress::Done)
    }
}
