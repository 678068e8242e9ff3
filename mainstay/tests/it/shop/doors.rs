//! Every door of the shop against every attack: the routes as the contract has them are compared with the table of
//! attacks, and each line of it is tried on a running shop. What cannot be tried yet is in `exceptions.txt`, which
//! may only get shorter.

mod sources;
mod table;
mod telling;

use std::collections::BTreeSet;

use http::Method;
use mainstay_core::{Clock, Context, Id, Principal, TenantId, TraceContext};
use mainstay_identity::TokenKeys;
use mainstay_secrets::RootKey;
use serde_json::{Value, json};

use super::buyer::Buyer;
use super::client::{Answer, Client};
use super::goods::variants;
use super::world::World;
use sources::{calls, routes};
use table::{CALLS, Caller, Door, ROUTES, Who};

const EXCEPTIONS: &str = include_str!("doors/exceptions.txt");

/// The number of exceptions. Whoever adds one has to raise it here, and will be asked why; whoever mends one lowers it.
const EXCEPTIONS_MAX: usize = 1;

/// More than a message between services may have.
const TOO_LARGE_MESSAGE: usize = 5 * 1_024 * 1_024;

/// Statuses of gRPC.
const NOT_FOUND: &str = "5";
const PERMISSION_DENIED: &str = "7";
const UNAUTHENTICATED: &str = "16";

/// One byte more than a body may have.
const TOO_LARGE: usize = 1_048_577;

#[test]
fn every_route_and_call_of_the_shop_is_in_the_table_of_attacks() {
    let tried: BTreeSet<String> = ROUTES.iter().map(Door::name).collect();
    assert_eq!(tried.len(), ROUTES.len(), "a door stands twice in the table");
    let declared = routes();
    let missing: Vec<_> = declared.difference(&tried).collect();
    let stale: Vec<_> = tried.difference(&declared).collect();
    assert!(missing.is_empty() && stale.is_empty(), "not in the table: {missing:?}; gone: {stale:?}");
    let tried: BTreeSet<String> = CALLS.iter().map(|(call, ..)| (*call).to_owned()).collect();
    assert_eq!(
        (tried.len(), &tried),
        (CALLS.len(), &calls()),
        "calls that are not in the table, or are gone"
    );
}

#[test]
fn exceptions_only_get_fewer() {
    let lines: Vec<&str> =
        EXCEPTIONS.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    assert_eq!(lines.len(), EXCEPTIONS_MAX, "{lines:#?}");
    let known: BTreeSet<String> = ROUTES.iter().map(Door::name).collect();
    for line in lines {
        let (attack, rest) = line.split_once(": ").expect("an attack, a colon and a door");
        let (door, why) = rest.split_once(" — ").expect("a reason");
        assert!(["body", "oversized"].contains(&attack) && known.contains(door) && why.len() > 20, "{line}");
    }
}

fn is_excepted(attack: &str, door: &Door) -> bool {
    EXCEPTIONS.lines().any(|line| line.starts_with(&format!("{attack}: {} ", door.name())))
}

/// Somebody's things, which others try to reach.
struct Things {
    cart: String,
    checkout: String,
    order: String,
    address: String,
    key: String,
    session: String,
    variant: String,
    product: String,
}

impl Things {
    async fn of_ada(world: &World, ada: &mut Buyer) -> Self {
        ada.log_in("ada@shop.example", "kelp-lantern-42").await.unwrap();
        let variant = variants()[0].clone();
        let bought = ada.filled_cart(&[(&variant, 1)], "tok_ok").await.unwrap();
        let placed = ada.check_out(&bought, "doors").await.unwrap();
        let placed = match placed.status.as_u16() {
            201 => placed.body,
            _ => ada.settled(placed.body["id"].as_str().unwrap()).await.unwrap().body,
        };
        let address = json!({
            "name": "Ada Marlow", "line1": "1 High Street", "city": "York", "postcode": "YO1 7HH", "country": "GB"
        });
        let address = ada.client.post("/v1/addresses", &address).await.unwrap().expect(201);
        let key = json!({"name": "robot", "scopes": ["carts"]});
        let key = ada.client.post("/v1/api-keys", &key).await.unwrap().expect(201);
        let sessions = ada.client.get("/v1/sessions").await.unwrap().expect(200);
        let products = world.buyer().client.get("/v1/products?limit=1").await.unwrap().expect(200);
        let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("no id: {value}")).to_owned();
        Self {
            cart: ada.filled_cart(&[(&variant, 1)], "tok_ok").await.unwrap(),
            checkout: text(&placed["checkout_id"]),
            order: text(&placed["id"]),
            address: text(&address["id"]),
            key: text(&key["id"]),
            session: text(&sessions["sessions"][0]["id"]),
            product: text(&products["products"][0]["id"]),
            variant,
        }
    }

    fn fill(&self, text: &str) -> String {
        text.replace("$cart", &self.cart)
            .replace("$checkout", &self.checkout)
            .replace("$order", &self.order)
            .replace("$address", &self.address)
            .replace("$key", &self.key)
            .replace("$session", &self.session)
            .replace("$variant", &self.variant)
            .replace("$product", &self.product)
    }
}

struct Siege {
    world: World,
    ada: Buyer,
    things: Things,
}

impl Siege {
    async fn lay() -> Self {
        Self::within(World::single(&[]).await).await
    }

    async fn within(world: World) -> Self {
        let mut ada = world.buyer();
        let things = Things::of_ada(&world, &mut ada).await;
        Self { world, ada, things }
    }

    /// Goes to a door as somebody, with the body of the table or another.
    async fn try_door(&self, door: &Door, bearer: Option<&str>, body: Option<String>) -> Answer {
        let mut client = Client::new(self.world.address());
        client.bearer = bearer.map(str::to_owned);
        let body = body.or_else(|| door.body.map(|body| self.things.fill(body)));
        let method: Method = door.method.parse().unwrap();
        let headers = [("idempotency-key", "siege"), ("if-none-match", "*")];
        // Reading with If-None-Match is another question.
        let headers = if method == Method::GET { &headers[..1] } else { &headers[..] };
        let path = self.things.fill(door.sample);
        client
            .send(method, &path, headers, body)
            .await
            .unwrap_or_else(|error| panic!("{}: {error}", door.name()))
    }

    /// A customer who has nothing to do with Ada.
    async fn stranger(&self) -> String {
        let mut eve = Client::new(self.world.address());
        let body = json!({"email": "eve@elsewhere.example", "name": "Eve", "password": "a tall dark tower"});
        eve.post("/v1/accounts", &body).await.unwrap().expect(202);
        let token = self.mailed("eve@elsewhere.example").await;
        let body = json!({"token": token, "password": "a tall dark tower"});
        let answer = eve.post("/v1/accounts/confirm", &body).await.unwrap();
        let session = answer.headers["mainstay-session"].to_str().unwrap().to_owned();
        answer.expect(201);
        session
    }

    /// What was mailed to confirm an address.
    async fn mailed(&self, to: &str) -> String {
        for _ in 0..200 {
            for entry in std::fs::read_dir(self.world.data().join("mail")).into_iter().flatten().flatten() {
                let text = std::fs::read_to_string(entry.path()).unwrap_or_default();
                // Quoted-printable breaks long lines.
                let text = text.replace("=\r\n", "").replace("=\n", "");
                if let Some(at) = text.find("mcf_").filter(|_| text.contains(to)) {
                    return text[at..].chars().take(62).collect();
                }
            }
            Clock::system().sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("no mail for {to}");
    }
}

fn is(answer: &Answer, statuses: &[u16], attack: &str, door: &Door) {
    let status = answer.status.as_u16();
    assert!(statuses.contains(&status), "{attack} {}: {status} {}", door.name(), answer.body);
    let is_problem = answer.body["type"].as_str().is_some_and(|page| page.starts_with("/problems/"));
    assert!(is_problem && !answer.code().is_empty(), "{attack} {}: {}", door.name(), answer.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_door_is_shut_to_those_it_is_not_for() {
    let siege = Siege::lay().await;
    let stranger = siege.stranger().await;
    for door in ROUTES {
        let nobody = siege.try_door(door, None, None).await;
        match door.who {
            Who::Anybody => {
                assert!(!matches!(nobody.status.as_u16(), 403 | 500..), "{}: {}", door.name(), nobody.body)
            }
            Who::LoggedIn => is(&nobody, &[401], "no login", door),
            Who::Owner => is(&nobody, &[401, 404], "no login", door),
            Who::Staff => is(&nobody, &[403], "no login", door),
            Who::Signed => is(&nobody, &[401], "no signature", door),
        }
        let forged =
            siege.try_door(door, Some("mss_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), None).await;
        is(&forged, &[401], "forged session", door);
        let theirs = siege.try_door(door, Some(&stranger), None).await;
        match door.who {
            Who::Owner => is(&theirs, &[404], "another's", door),
            Who::Staff => is(&theirs, &[403], "lower role", door),
            Who::Signed => is(&theirs, &[401], "no signature", door),
            // The stranger's own things; the last ones end the session, so a new one is not needed.
            Who::Anybody | Who::LoggedIn => {
                assert!(theirs.status.as_u16() < 500, "{}: {}", door.name(), theirs.body)
            }
        }
    }
    // Nothing of Ada's was touched.
    let mut ada = siege.ada;
    let order = ada.client.get(&format!("/v1/orders/{}", siege.things.order)).await.unwrap().expect(200);
    assert!(["placed", "paid"].contains(&order["state"].as_str().unwrap()), "{order}");
    ada.client.get(&format!("/v1/carts/{}", siege.things.cart)).await.unwrap().expect(200);
    let sessions = ada.client.get("/v1/sessions").await.unwrap().expect(200);
    assert_eq!(sessions["sessions"][0]["id"], siege.things.session);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_door_refuses_bodies_that_it_did_not_ask_for() {
    let siege = Siege::lay().await;
    let mut staff = siege.world.staff().await;
    let bearer = staff.client.bearer.take().unwrap();
    let large = format!("{{\"a\":\"{}\"}}", "x".repeat(TOO_LARGE));
    for door in ROUTES.iter().filter(|door| door.body.is_some()) {
        if !is_excepted("oversized", door) {
            let answer = siege.try_door(door, Some(&bearer), Some(large.clone())).await;
            is(&answer, &[413], "oversized", door);
        }
        if is_excepted("body", door) {
            continue;
        }
        for body in ["", "{", "[]", "null", "{\"\\u0000\": 1}", "\u{feff}{}", "{\"a\": 1e999}", "true"] {
            let answer = siege.try_door(door, Some(&bearer), Some(body.to_owned())).await;
            is(&answer, &[400, 415, 422], "nonsense", door);
        }
        // Mass assignment: what was not asked for is not taken along.
        let mut body: Value = serde_json::from_str(&siege.things.fill(door.body.unwrap())).unwrap();
        for (name, value) in
            [("role", json!("staff")), ("id", json!(siege.things.order)), ("__proto__", json!({}))]
        {
            if body.get(name).is_some() {
                continue;
            }
            body[name] = value;
            let answer = siege.try_door(door, Some(&bearer), Some(body.to_string())).await;
            is(&answer, &[400, 422], "mass assignment", door);
            body.as_object_mut().unwrap().remove(name);
        }
        // Injection: text is text, in every field that takes one.
        for text in [
            "'; DROP TABLE accounts; --",
            "<script>alert(1)</script>",
            "{{7*7}}",
            "${jndi:ldap://x}",
            "../../etc/passwd",
        ] {
            let body = injected(&siege.things.fill(door.body.unwrap()), text);
            let answer = siege.try_door(door, None, Some(body)).await;
            assert!(answer.status.as_u16() < 500, "{text} {}: {}", door.name(), answer.body);
            let kind =
                answer.headers.get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
            assert!(!kind.contains("html"), "{} answers {kind}", door.name());
        }
    }
    // The shop still stands, and all its tables.
    siege.stranger().await;
}

/// The body with every text replaced.
fn injected(body: &str, text: &str) -> String {
    fn walk(value: &mut Value, text: &str) {
        match value {
            Value::String(old) => *old = text.to_owned(),
            Value::Array(all) => all.iter_mut().for_each(|one| walk(one, text)),
            Value::Object(all) => all.values_mut().for_each(|one| walk(one, text)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    let mut value = serde_json::from_str(body).unwrap();
    walk(&mut value, text);
    value.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_door_may_be_asked_without_limit() {
    // What the setting up takes, and no more for hours.
    let settings = ["http.rates.exempt=[]", "http.rates.address=\"1/h burst 300\""];
    let siege = Siege::within(World::single(&settings).await).await;
    let session = siege.ada.client.bearer.clone();
    let mut asked = 0;
    while siege.world.buyer().client.get("/v1/products?limit=1").await.unwrap().status.as_u16() != 429 {
        asked += 1;
        assert!(asked < 300, "the allowance has no end");
    }
    for door in ROUTES {
        for bearer in [None, session.as_deref()] {
            let answer = siege.try_door(door, bearer, None).await;
            is(&answer, &[429], "unlimited", door);
            assert_eq!(answer.code(), "http.rate_limited", "{}", door.name());
            assert!(answer.headers.contains_key("retry-after"), "{}", door.name());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_sites_page_changes_nothing_at_any_door() {
    let siege = Siege::lay().await;
    let session = siege.ada.client.bearer.clone().unwrap();
    for door in ROUTES.iter().filter(|door| door.method != "GET") {
        let mut client = Client::new(siege.world.address());
        let cookie = format!("session={session}");
        let headers = [
            ("cookie", cookie.as_str()),
            ("sec-fetch-site", "cross-site"),
            ("origin", "https://evil.example"),
        ];
        let body = door.body.map(|body| siege.things.fill(body));
        let path = siege.things.fill(door.sample);
        let answer = client.send(door.method.parse().unwrap(), &path, &headers, body).await.unwrap();
        is(&answer, &[403], "cross-site", door);
        assert_eq!(answer.code(), "http.cross_site", "{}", door.name());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_call_is_shut_to_strangers_and_to_whom_it_is_not_for() {
    let world = World::with_rpc().await;
    let clock = Clock::system();
    let keys = TokenKeys::new(&RootKey::open(&world.data().join("keys/root"), clock.now()).unwrap());
    let person = |principal| Context::new(TenantId::SOLE, principal, TraceContext::root(false));
    let visitor = person(Principal::Anonymous(Id::from_bytes([7; 16])));
    let customer = person(Principal::Customer(Id::from_bytes([7; 16])));
    let staff = person(Principal::Staff(Id::from_bytes([7; 16])));
    let mut open = Vec::new();
    for (call, caller, message) in CALLS {
        for token in [None, Some("Bearer AAAA"), Some("Bearer eyJhbGciOiJub25lIn0.e30.")] {
            let status = world.call(call, token.map(str::as_bytes), b"").await;
            assert_eq!(status, UNAUTHENTICATED, "{call} with {token:?}");
        }
        let callee = call[1..].split(".v1.").next().unwrap();
        let token =
            |to: &str, ctx: &Context| keys.minter("shop.cart", to, &clock).unwrap().authorization(ctx);
        // A token for somebody else, who passes it on.
        let status = world.call(call, Some(&token("shop.elsewhere", &staff)), b"").await;
        assert_eq!(status, UNAUTHENTICATED, "{call} with a token for another");
        let large = vec![0; TOO_LARGE_MESSAGE];
        let status = world.call(call, Some(&token(callee, &staff)), &large).await;
        assert!(["8", "11"].contains(&&*status), "{call} takes {TOO_LARGE_MESSAGE} bytes: {status}");
        let refused: &[&Context] = match caller {
            Caller::Anybody => &[],
            Caller::Owner | Caller::Staff => &[&visitor, &customer],
            Caller::Service => &[&visitor, &customer, &staff],
        };
        for ctx in refused {
            let status = world.call(call, Some(&token(callee, ctx)), message).await;
            let is_hidden = *caller == Caller::Owner && status == NOT_FOUND;
            if !is_hidden && ![PERMISSION_DENIED, UNAUTHENTICATED].contains(&&*status) {
                open.push(format!("{call} for {}: {status}", ctx.principal()));
            }
        }
    }
    assert!(open.is_empty(), "calls are open to whom they are not for: {open:#?}");
}
