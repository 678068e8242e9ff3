//! What `mainstay up shop` prints when it is ready: addresses, logins, and a first order to place by hand.

use std::net::SocketAddr;
use std::path::Path;

use crate::listener::Listener;
use crate::output::heading;
use crate::shop::demo::{self, LOGINS};
use crate::shop::goods::GOODS;

/// Where the parts of a running shop are.
pub struct Addresses {
    /// `http://127.0.0.1:8080`.
    pub public: String,
    pub admin: SocketAddr,
    pub rpc: Option<SocketAddr>,
    pub provider: Option<SocketAddr>,
    pub mail: String,
}

/// The addresses, in lines.
pub fn addresses(addresses: &Addresses) -> String {
    let mut text = format!("{}\n", heading("The shop is open"));
    let mut line = |what: &str, place: String| text.push_str(&format!("  {what:<18}{place}\n"));
    line("shop", format!("{}/v1/products", addresses.public));
    line("try it in a page", format!("{}/reference", addresses.public));
    line("health", format!("{}/readyz", addresses.public));
    line("metrics", format!("http://{}/metrics", addresses.admin));
    if let Some(rpc) = addresses.rpc {
        line("gRPC for peers", format!("http://{rpc}"));
    }
    if let Some(provider) = addresses.provider {
        line("payment provider", format!("http://{provider} (a test provider: no money moves)"));
    }
    line("mail", addresses.mail.clone());
    text
}

/// The demo logins, in lines.
pub fn logins() -> String {
    let mut text = format!("\n{}\n", heading("Demo logins"));
    for login in LOGINS {
        let role = match login.role {
            shop_auth_contracts::Role::Staff => "staff",
            shop_auth_contracts::Role::Customer | shop_auth_contracts::Role::Unspecified => "customer",
        };
        text.push_str(&format!("  {role:<10}{:<22}{}\n", login.email, login.password));
    }
    text
}

/// A sequence of commands that places an order; it can be pasted into a shell as it is.
pub fn first_order(shop: &Listener, certificate: &Path) -> String {
    let Some(piece) = GOODS.first().and_then(|goods| goods.variants.first()) else { return String::new() };
    let variant = demo::variant(piece);
    format!(
        r#"
{heading}
shop={public}/v1; jar=$(mktemp)
call() {{ curl{trust} --silent --show-error --cookie $jar --cookie-jar $jar --header 'content-type: application/json' "$@"; echo; }}
cart=$(call $shop/carts --data '{{"currency":"GBP"}}' | sed 's/.*"id":"\(crt_[^"]*\)".*/\1/')
call $shop/carts/$cart/items --data '{{"variant_id":"{variant}","quantity":2}}'
call --request PUT $shop/carts/$cart/address --data '{{"email":"you@home.example","name":"You","line1":"1 High Street","city":"York","postcode":"YO1 7HH","country":"GB"}}'
call --request PUT $shop/carts/$cart/shipping --data '{{"method":"standard"}}'
call --request PUT $shop/carts/$cart/payment --data '{{"token":"tok_ok"}}'
call $shop/checkouts --header "idempotency-key: $cart" --data "{{\"cart_id\":\"$cart\"}}"
"#,
        public = shop.url(),
        trust = if certificate.as_os_str().is_empty() {
            String::new()
        } else {
            format!(" --cacert '{}'", certificate.display())
        },
        heading = heading("Place a first order: paste this into another terminal"),
    )
}
