//! What a checkout calls. Thin: read the message, call an action, answer.

use mainstay_core::{Id, IdKind, Result, codes};
use mainstay_rpc::handle;
use shop_cart_contracts::{
    self as wire, LockRequest, LockResponse, UnlockRequest, UnlockResponse, cart_server,
};
use tonic::{Request, Response, Status};

use crate::actions::{self, Carts};
use crate::model::{Address, Cart, PaymentToken};

/// The generated trait over the actions.
#[derive(Clone)]
pub struct Rpc(pub Carts);

#[tonic::async_trait]
impl cart_server::Cart for Rpc {
    async fn lock(&self, req: Request<LockRequest>) -> Result<Response<LockResponse>, Status> {
        handle(req, |ctx, message| async move {
            let (cart, checkout) =
                (id(&message.cart_id, "cart_id")?, id(&message.checkout_id, "checkout_id")?);
            actions::lock(&self.0, &ctx, cart, checkout).await.map(frozen)
        })
        .await
    }

    async fn unlock(&self, req: Request<UnlockRequest>) -> Result<Response<UnlockResponse>, Status> {
        handle(req, |ctx, message| async move {
            let (cart, checkout) =
                (id(&message.cart_id, "cart_id")?, id(&message.checkout_id, "checkout_id")?);
            actions::unlock(&self.0, &ctx, cart, checkout).await.map(|()| UnlockResponse {})
        })
        .await
    }
}

fn frozen(cart: Cart) -> LockResponse {
    let lines = cart.lines.into_iter().map(|line| wire::Line {
        variant_id: line.variant.to_vec(),
        quantity: line.quantity,
        sku: line.sku,
        name: line.name,
    });
    let (email, address) = match cart.address {
        None => (String::new(), None),
        Some(Address { email, name, line1, line2, city, postcode, country }) => {
            (email, Some(wire::Address { name, line1, line2, city, postcode, country }))
        }
    };
    LockResponse {
        currency: cart.currency.as_str().to_owned(),
        email,
        address,
        shipping_method: cart.shipping_method.unwrap_or_default(),
        payment_token: cart.payment.as_ref().map(PaymentToken::expose).unwrap_or_default().to_owned(),
        lines: lines.collect(),
        owner: cart.owner,
    }
}

fn id<K: IdKind>(bytes: &[u8], path: &str) -> Result<Id<K>> {
    Id::try_from_slice(bytes).map_err(|_| {
        codes::INVALID.error("an id has 16 bytes").with_field(path, "must be the 16 bytes of an id")
    })
}
