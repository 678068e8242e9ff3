//! The doors of the shop, whom each is for, and what is sent to it when it is tried.

/// Whom a door is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Whoever comes; what is reached is the caller's own, or everybody's.
    Anybody,
    /// Whoever has an account; what is reached is their own.
    LoggedIn,
    /// Whose thing it is that the address names. To others it does not exist.
    Owner,
    Staff,
    /// Whoever signed the message.
    Signed,
}

/// A route, and a request to it. In address and body, `$order` and the like are a customer's things.
pub struct Door {
    pub method: &'static str,
    pub path: &'static str,
    pub who: Who,
    pub sample: &'static str,
    pub body: Option<&'static str>,
}

impl Door {
    pub fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

const fn door(
    method: &'static str,
    path: &'static str,
    who: Who,
    sample: &'static str,
    body: Option<&'static str>,
) -> Door {
    Door { method, path, who, sample, body }
}

use Who::{Anybody, LoggedIn, Owner, Signed, Staff};

const ADDRESS: Option<&str> = Some(
    r#"{"name": "Ada", "line1": "1 High Street", "line2": "", "city": "York", "postcode": "YO1", "country": "GB"}"#,
);
const DELIVERY: Option<&str> = Some(
    r#"{"email": "a@b.example", "name": "A", "line1": "1", "city": "York", "postcode": "YO1 7HH", "country": "GB"}"#,
);
const LOGIN: Option<&str> = Some(r#"{"email": "nobody@nowhere.example", "password": "whatever it is"}"#);
const TOKEN: Option<&str> = Some(r#"{"token": "mpr_none", "password": "whatever it is"}"#);
const REFRESH: Option<&str> = Some(r#"{"refresh_token": "mrt_none"}"#);

/// Every route of the shop.
#[rustfmt::skip]
pub const ROUTES: &[Door] = &[
    // auth
    door("POST", "/v1/accounts", Anybody, "/v1/accounts", Some(r#"{"email": "new@elsewhere.example", "name": "New", "password": "long enough it is"}"#)),
    door("POST", "/v1/accounts/confirm", Anybody, "/v1/accounts/confirm", TOKEN),
    door("PUT", "/v1/password", LoggedIn, "/v1/password", Some(r#"{"old_password": "not this one", "new_password": "long enough it is"}"#)),
    door("POST", "/v1/password-resets", Anybody, "/v1/password-resets", Some(r#"{"email": "nobody@nowhere.example"}"#)),
    door("POST", "/v1/password-resets/confirm", Anybody, "/v1/password-resets/confirm", TOKEN),
    door("GET", "/v1/sessions", LoggedIn, "/v1/sessions", None),
    door("POST", "/v1/sessions", Anybody, "/v1/sessions", LOGIN),
    door("DELETE", "/v1/sessions/{id}", Owner, "/v1/sessions/$session", None),
    door("POST", "/v1/tokens", Anybody, "/v1/tokens", LOGIN),
    door("POST", "/v1/tokens/refresh", Anybody, "/v1/tokens/refresh", REFRESH),
    door("POST", "/v1/tokens/revoke", Anybody, "/v1/tokens/revoke", REFRESH),
    door("GET", "/v1/api-keys", LoggedIn, "/v1/api-keys", None),
    door("POST", "/v1/api-keys", LoggedIn, "/v1/api-keys", Some(r#"{"name": "robot", "scopes": ["carts"]}"#)),
    door("DELETE", "/v1/api-keys/{id}", Owner, "/v1/api-keys/$key", None),
    door("POST", "/v1/api-keys/{id}/rotate", Owner, "/v1/api-keys/$key/rotate", None),
    door("GET", "/.well-known/jwks.json", Anybody, "/.well-known/jwks.json", None),
    door("GET", "/v1/addresses", LoggedIn, "/v1/addresses", None),
    door("POST", "/v1/addresses", LoggedIn, "/v1/addresses", ADDRESS),
    door("DELETE", "/v1/addresses/{id}", Owner, "/v1/addresses/$address", None),
    // cart
    door("POST", "/v1/carts", Anybody, "/v1/carts", Some(r#"{"currency": "GBP"}"#)),
    door("GET", "/v1/carts", Anybody, "/v1/carts", None),
    door("GET", "/v1/carts/{cart}", Owner, "/v1/carts/$cart", None),
    door("POST", "/v1/carts/{cart}/items", Owner, "/v1/carts/$cart/items", Some(r#"{"variant_id": "$variant", "quantity": 1}"#)),
    door("PATCH", "/v1/carts/{cart}/items/{variant}", Owner, "/v1/carts/$cart/items/$variant", Some(r#"{"quantity": 2}"#)),
    door("DELETE", "/v1/carts/{cart}/items/{variant}", Owner, "/v1/carts/$cart/items/$variant", None),
    door("PUT", "/v1/carts/{cart}/address", Owner, "/v1/carts/$cart/address", DELIVERY),
    door("PUT", "/v1/carts/{cart}/shipping", Owner, "/v1/carts/$cart/shipping", Some(r#"{"method": "standard"}"#)),
    door("PUT", "/v1/carts/{cart}/payment", Owner, "/v1/carts/$cart/payment", Some(r#"{"token": "tok_ok"}"#)),
    // catalog
    door("GET", "/v1/products", Anybody, "/v1/products", None),
    door("GET", "/v1/products/by-slug/{slug}", Anybody, "/v1/products/by-slug/none", None),
    door("GET", "/v1/products/{product}", Anybody, "/v1/products/$product", None),
    door("PUT", "/v1/products/{product}", Staff, "/v1/products/$product", Some(r#"{"slug": "defaced", "name": "Defaced", "description": "", "pictures": [], "variants": [{"sku": "D-1", "name": "", "sellable": true}], "sellable": true}"#)),
    // Its body is a picture: `pictures.rs` attacks it.
    door("POST", "/v1/products/{product}/pictures", Staff, "/v1/products/$product/pictures", None),
    door("POST", "/v1/products/{product}/picture-uploads", Staff, "/v1/products/$product/picture-uploads", None),
    door("GET", "/v1/picture-uploads/{upload}", Staff, "/v1/picture-uploads/upl_00000000000000000000000001", None),
    door("PATCH", "/v1/picture-uploads/{upload}", Staff, "/v1/picture-uploads/upl_00000000000000000000000001", None),
    door("DELETE", "/v1/picture-uploads/{upload}", Staff, "/v1/picture-uploads/upl_00000000000000000000000001", None),
    door("GET", "/v1/pictures/{picture}/{size}", Anybody, "/v1/pictures/0000000000000000000000000000000000000000000000000000000000000000/large", None),
    door("GET", "/v1/products/{product}/variants", Anybody, "/v1/products/$product/variants", None),
    door("GET", "/v1/search", Anybody, "/v1/search?q=lantern", None),
    door("GET", "/v1/search/suggestions", Anybody, "/v1/search/suggestions?q=lan", None),
    door("GET", "/v1/categories", Anybody, "/v1/categories", None),
    door("GET", "/v1/categories/{category}", Anybody, "/v1/categories/cat_00000000000000000000000001", None),
    door("PUT", "/v1/categories/{category}", Staff, "/v1/categories/cat_00000000000000000000000001", Some(r#"{"parent": null, "slug": "defaced", "name": "Defaced", "place": 1}"#)),
    door("DELETE", "/v1/categories/{category}", Staff, "/v1/categories/cat_00000000000000000000000001", None),
    door("GET", "/v1/attributes", Anybody, "/v1/attributes", None),
    door("PUT", "/v1/attributes/{code}", Staff, "/v1/attributes/defaced", Some(r#"{"name": "Defaced", "kind": "text"}"#)),
    // pricing, inventory
    door("GET", "/v1/shipping-methods", Anybody, "/v1/shipping-methods?country=GB&currency=GBP", None),
    door("PUT", "/v1/prices", Staff, "/v1/prices", Some(r#"{"prices": [{"variant_id": "$variant", "amount": {"amount": "0.01", "currency": "GBP"}, "tax_class": "standard"}]}"#)),
    door("GET", "/v1/stock/{variant}", Anybody, "/v1/stock/$variant", None),
    door("POST", "/v1/stock/adjustments", Staff, "/v1/stock/adjustments", Some(r#"{"cause": "siege", "adjustments": [{"variant_id": "$variant", "delta": 1}]}"#)),
    // orders
    door("POST", "/v1/checkouts", Owner, "/v1/checkouts", Some(r#"{"cart_id": "$cart"}"#)),
    door("GET", "/v1/checkouts/{id}", Owner, "/v1/checkouts/$checkout", None),
    door("GET", "/v1/orders", Anybody, "/v1/orders", None),
    door("GET", "/v1/orders/{id}", Owner, "/v1/orders/$order", None),
    door("POST", "/v1/orders/{id}/cancel", Owner, "/v1/orders/$order/cancel", Some(r#"{"reason": "siege"}"#)),
    door("POST", "/v1/orders/{id}/refunds", Staff, "/v1/orders/$order/refunds", Some(r#"{"amount": {"amount": "1.00", "currency": "GBP"}, "reason": "siege"}"#)),
    door("GET", "/v1/reports/sales", Staff, "/v1/reports/sales?from=2026-01-01&to=2026-12-31", None),
    // payments
    door("POST", "/v1/payments/webhooks/test", Signed, "/v1/payments/webhooks/test", Some(r#"{"id": "evt_1"}"#)),
    door("GET", "/v1/reports/ledger", Staff, "/v1/reports/ledger", None),
    // live
    door("GET", "/v1/live", Anybody, "/v1/live?room=stock:$variant", None),
    // Last: it ends the session that it is tried with.
    door("DELETE", "/v1/sessions/current", LoggedIn, "/v1/sessions/current", None),
];

/// Whom a call between services is for, beside the service that makes it for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// Whoever it is made for: what is answered is everybody's, or their own.
    Anybody,
    /// For staff and for whose thing it is. To others it does not exist.
    Owner,
    /// For staff too.
    Staff,
    /// For nobody: services of ours call it for themselves.
    Service,
}

use Caller::{Anybody as ForAnybody, Owner as ForOwner, Service as ForNobody, Staff as ForStaff};

/// As much of a message that who may do it is asked before what is wrong with it: sixteen bytes are an id.
const NOTHING: &[u8] = b"";
const AN_ID: &[u8] = b"\x0a\x100123456789abcdef";
const TWO_IDS: &[u8] = b"\x0a\x100123456789abcdef\x12\x100123456789abcdef";
const WITH_AN_ID: &[u8] = b"\x0a\x12\x0a\x100123456789abcdef";
const AN_IMPORT: &[u8] = b"\x0a\x100123456789abcdef\x18\x01\x20\x02";
const A_ROLE: &[u8] = b"\x20\x02";

/// Every call of the shop's services.
#[rustfmt::skip]
pub const CALLS: &[(&str, Caller, &[u8])] = &[
    ("/shop.auth.v1.Auth/ResolveSession", ForNobody, NOTHING),
    ("/shop.auth.v1.Auth/ResolveApiKey", ForNobody, NOTHING),
    ("/shop.auth.v1.Auth/GetVerification", ForAnybody, NOTHING),
    ("/shop.auth.v1.Auth/GetAccount", ForOwner, AN_ID),
    ("/shop.auth.v1.Auth/EnsureAccount", ForNobody, A_ROLE),
    ("/shop.cart.v1.Cart/Lock", ForNobody, TWO_IDS),
    ("/shop.cart.v1.Cart/Unlock", ForNobody, TWO_IDS),
    ("/shop.catalog.v1.Catalog/GetVariants", ForAnybody, NOTHING),
    ("/shop.catalog.v1.Catalog/PutProduct", ForStaff, WITH_AN_ID),
    ("/shop.catalog.v1.Catalog/UpsertProducts", ForStaff, NOTHING),
    ("/shop.catalog.v1.Catalog/PutByName", ForStaff, NOTHING),
    ("/shop.catalog.v1.Catalog/PageProducts", ForStaff, NOTHING),
    ("/shop.imports.v1.Imports/Begin", ForStaff, AN_IMPORT),
    ("/shop.imports.v1.Imports/Stage", ForStaff, AN_ID),
    ("/shop.imports.v1.Imports/Finish", ForStaff, AN_ID),
    ("/shop.imports.v1.Imports/GetImport", ForStaff, AN_ID),
    ("/shop.imports.v1.Imports/ListImports", ForStaff, NOTHING),
    ("/shop.imports.v1.Imports/ListFaults", ForStaff, AN_ID),
    ("/shop.inventory.v1.Inventory/GetLevels", ForAnybody, NOTHING),
    ("/shop.inventory.v1.Inventory/Reserve", ForNobody, AN_ID),
    ("/shop.inventory.v1.Inventory/Commit", ForNobody, AN_ID),
    ("/shop.inventory.v1.Inventory/Release", ForNobody, AN_ID),
    ("/shop.inventory.v1.Inventory/Adjust", ForStaff, NOTHING),
    ("/shop.inventory.v1.Inventory/Count", ForStaff, NOTHING),
    ("/shop.orders.v1.Orders/GetOrder", ForAnybody, NOTHING),
    ("/shop.orders.v1.Orders/PageOrders", ForStaff, NOTHING),
    ("/shop.payments.v1.Payments/Authorise", ForNobody, NOTHING),
    ("/shop.payments.v1.Payments/Capture", ForNobody, NOTHING),
    ("/shop.payments.v1.Payments/Void", ForNobody, NOTHING),
    ("/shop.payments.v1.Payments/Refund", ForNobody, NOTHING),
    ("/shop.payments.v1.Payments/GetPayment", ForNobody, AN_ID),
    ("/shop.payments.v1.Payments/Reconcile", ForStaff, NOTHING),
    ("/shop.pricing.v1.Pricing/Quote", ForAnybody, NOTHING),
    ("/shop.pricing.v1.Pricing/GetPrices", ForAnybody, NOTHING),
    ("/shop.pricing.v1.Pricing/SetPrices", ForStaff, NOTHING),
    ("/shop.pricing.v1.Pricing/SetShippingRates", ForStaff, NOTHING),
    ("/shop.pricing.v1.Pricing/ListShippingMethods", ForAnybody, NOTHING),
];
