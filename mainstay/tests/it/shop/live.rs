//! Stock and orders, pushed to those who look at them: from the process that sells, and from one beside it.

use std::net::SocketAddr;
use std::time::Duration;

use futures::{SinkExt, StreamExt};
use mainstay_core::Clock;
use mainstay_ports::free_address;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use super::buyer::Buyer;
use super::goods::variants;
use super::world::World;

/// A message is there within a second of the commit; a debug build on a busy machine may take its time.
const PATIENCE: Duration = Duration::from_secs(20);

struct Live(WebSocketStream<TcpStream>);

impl Live {
    async fn open(address: SocketAddr, who: &Buyer) -> Self {
        let mut request = format!("ws://{address}/v1/live").into_client_request().unwrap();
        if let Some(bearer) = &who.client.bearer {
            request.headers_mut().insert("authorization", format!("Bearer {bearer}").parse().unwrap());
        }
        let stream = TcpStream::connect(address).await.unwrap();
        Self(tokio_tungstenite::client_async(request, stream).await.unwrap().0)
    }

    async fn subscribe(&mut self, room: &str, after: Option<i64>) {
        let asked = match after {
            Some(after) => json!({"subscribe": room, "after": after}),
            None => json!({"subscribe": room}),
        };
        self.0.send(Message::Text(asked.to_string().into())).await.unwrap();
    }

    /// The next that is said; a heartbeat may come at any time.
    async fn next(&mut self) -> Value {
        loop {
            let frame = Clock::system().timeout(PATIENCE, self.0.next()).await.expect("a message in time");
            if let Message::Text(text) = frame.expect("an open connection").unwrap() {
                let said: Value = serde_json::from_str(text.as_str()).unwrap();
                if said["type"] != "heartbeat" {
                    return said;
                }
            }
        }
    }

    async fn next_of(&mut self, kind: &str) -> Value {
        loop {
            let said = self.next().await;
            if said["type"] == kind {
                return said;
            }
        }
    }

    /// Reads messages of the room until one says so, and gives its position.
    async fn until(&mut self, field: &str, value: Value) -> i64 {
        loop {
            let message = self.next_of("message").await;
            if message["data"][field] == value {
                return message["position"].as_i64().unwrap();
            }
        }
    }
}

async fn buy(guest: &mut Buyer, variant: &str, quantity: u32, key: &str) -> String {
    let cart = guest.filled_cart(&[(variant, quantity)], "tok_ok").await.unwrap();
    let order = guest.check_out(&cart, key).await.unwrap().expect(201);
    order["id"].as_str().unwrap().to_owned()
}

async fn available(guest: &mut Buyer, variant: &str) -> i64 {
    let level = guest.client.get(&format!("/v1/stock/{variant}")).await.unwrap().expect(200);
    level["available"].as_i64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_looks_at_it_sees_stock_and_orders_change_wherever_the_connection_is() {
    let rpc = free_address();
    let world = World::single(&[&format!("rpc.listen={rpc}")]).await;
    let beside = world.serve_beside("shop/live", rpc, &["shop.inventory", "shop.orders", "shop.auth"]);
    let variant = &variants()[0];
    let stock = format!("stock:{variant}");
    for address in [world.address(), beside.address] {
        let mut guest = world.buyer();
        let before = available(&mut guest, variant).await;
        let mut page = Live::open(address, &guest).await;
        page.subscribe(&stock, None).await;
        page.next_of("subscribed").await;
        let order = buy(&mut guest, variant, 2, "key").await;
        page.until("available", json!(before - 2)).await;

        // The log is young, so all that happened to the order is still there for one who comes late.
        let room = format!("order:{order}");
        let mut mine = Live::open(address, &guest).await;
        mine.subscribe(&room, Some(0)).await;
        mine.until("change", json!("placed")).await;
        mine.until("change", json!("paid")).await;
        let staff = world.staff().await;
        let mut desk = Live::open(address, &staff).await;
        desk.subscribe(&room, None).await;
        desk.next_of("subscribed").await;
        let mut stranger = Live::open(address, &world.buyer()).await;
        stranger.subscribe(&room, Some(0)).await;
        assert_eq!(stranger.next().await["code"], "core.not_found");

        let cancel = json!({"reason": "changed their mind"});
        let path = format!("/v1/orders/{order}/cancel");
        guest.client.post(&path, &cancel).await.unwrap().expect(202);
        mine.until("change", json!("cancelled")).await;
        desk.until("change", json!("cancelled")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_around_a_power_cut_is_given_to_whoever_comes_back() {
    let mut world = World::single(&[]).await;
    let variant = &variants()[0];
    let stock = format!("stock:{variant}");
    let mut guest = world.buyer();
    let before = available(&mut guest, variant).await;
    let mut page = Live::open(world.address(), &guest).await;
    page.subscribe(&stock, None).await;
    page.next_of("subscribed").await;
    buy(&mut guest, variant, 1, "first").await;
    let place = page.until("available", json!(before - 1)).await;

    world.restart().await;
    // It happens before the page is back.
    let mut other = world.buyer();
    buy(&mut other, variant, 3, "second").await;
    let mut page = Live::open(world.address(), &guest).await;
    page.subscribe(&stock, Some(place)).await;
    assert_eq!(page.next().await["type"], "subscribed");
    // Nothing that was seen comes again, nothing is reset, and what happened meanwhile is there.
    let mut last = place;
    loop {
        let message = page.next().await;
        assert_eq!(message["type"], "message", "{message}");
        assert!(message["position"].as_i64().unwrap() > last, "{message}");
        last = message["position"].as_i64().unwrap();
        if message["data"]["available"] == before - 4 {
            break;
        }
        assert_eq!(message["data"]["available"], before - 1, "{message}");
    }
}
