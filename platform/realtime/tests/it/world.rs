//! A hub behind the real layers and a real listener, with time that a test moves and credentials that it takes away.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use mainstay_core::{
    Clock, Context, Id, ManualClock, Principal, Result, Session, Shutdown, Tasks, Timestamp, codes,
};
use mainstay_events::Position;
use mainstay_http::{App, Authenticator, Catalogue, Door, Health, Options as HttpOptions, SessionIssued};
use mainstay_identity::Identified;
use mainstay_realtime::{
    Batch, Doorkeeper, Fanout, Hub, InMemory, Message, Options, Parts, Public, RoomKind, RoomName,
    SlowConsumer, routes,
};
use mainstay_telemetry::Registry;
use parking_lot::Mutex;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

/// Each message is the whole state.
pub const STATE: RoomKind = RoomKind { name: "state", slow: SlowConsumer::Conflate, ring: 8 };
/// Each message counts; only the room `mine` lets anybody in who is no visitor.
pub const FACTS: RoomKind = RoomKind { name: "facts", slow: SlowConsumer::Disconnect, ring: 8 };

/// Longer than a busy machine takes, shorter than a test's patience.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub struct World {
    pub address: SocketAddr,
    pub hub: Hub,
    pub manual: ManualClock,
    pub registry: Registry,
    pub shutdown: Shutdown,
    pub revoked: Arc<Mutex<HashSet<String>>>,
    fanout: InMemory,
    next: AtomicI64,
}

/// A customer's name, which is its token.
pub fn customer(number: u8) -> String {
    Principal::Customer(Id::from_bytes([number; 16])).to_string()
}

struct Mine;

#[async_trait]
impl Doorkeeper for Mine {
    async fn admit(&self, ctx: &Context, key: &str) -> Result<()> {
        match ctx.principal() {
            Principal::Customer(_) if key == "mine" => Ok(()),
            _ => Err(codes::NOT_FOUND.error("there is no such thing")),
        }
    }
}

/// Believes every token that was not revoked.
struct ByName {
    clock: Clock,
    revoked: Arc<Mutex<HashSet<String>>>,
}

#[async_trait]
impl Authenticator for ByName {
    async fn authenticate(&self, _: &Context, token: &str) -> Result<Identified> {
        let nobody = || codes::UNAUTHENTICATED.error("this is nobody's name");
        if self.revoked.lock().contains(token) {
            return Err(nobody());
        }
        token.parse::<Principal>().map(Identified::from).map_err(|_| nobody())
    }

    fn visitor(&self) -> Result<(Id<Session>, SessionIssued)> {
        let session = Id::generate(&self.clock);
        let token = Principal::Anonymous(session).to_string();
        Ok((session, SessionIssued { token: token.into(), max_age: Duration::from_secs(3_600) }))
    }
}

impl World {
    pub async fn start() -> Self {
        Self::with(Options::default()).await
    }

    pub async fn with(options: Options) -> Self {
        let world = Self::closed(options).await;
        for kind in [STATE, FACTS] {
            world.open(kind, 0).await;
        }
        world
    }

    /// Before any log is followed.
    pub async fn closed(options: Options) -> Self {
        let (clock, manual) = Clock::manual(Timestamp::from_micros(1_700_000_000_000_000));
        let (tasks, registry, fanout) = (Tasks::new(), Registry::new(), InMemory::new());
        let parts = Parts {
            options,
            clock: clock.clone(),
            tasks: tasks.clone(),
            registry: registry.clone(),
            fanout: Arc::new(fanout.clone()),
        };
        let hub = Hub::new(parts, vec![(STATE, Arc::new(Public)), (FACTS, Arc::new(Mine))]);
        let revoked: Arc<Mutex<HashSet<String>>> = Arc::default();
        let parts = mainstay_http::Parts {
            options: HttpOptions { listen: ([127, 0, 0, 1], 0).into(), ..HttpOptions::default() },
            telemetry: mainstay_telemetry::Options::default(),
            clock: clock.clone(),
            registry: registry.clone(),
            tasks: tasks.clone(),
            health: Health::new(&clock),
            door: Door::Public(Arc::new(ByName { clock, revoked: Arc::clone(&revoked) })),
        };
        let bound =
            App::new(parts, Catalogue::default(), routes("/live").with_state(hub.clone()).into_parts().0)
                .bind()
                .await
                .unwrap();
        let address = bound.address();
        let shutdown = Shutdown::new();
        tasks.spawn("test.http", bound.serve(Shutdown::new()));
        tasks.spawn("test.hub", hub.clone().run(shutdown.clone()));
        Self { address, hub, manual, registry, shutdown, revoked, fanout, next: AtomicI64::new(1) }
    }

    /// The kind's log begins after a place.
    pub async fn open(&self, kind: RoomKind, after: i64) {
        let through = Position(after);
        let batch = Batch { kind: kind.name, begins_after: Some(through), messages: Vec::new(), through };
        self.fanout.publish(batch).await.unwrap();
    }

    /// One message; its position.
    pub async fn tell(&self, kind: RoomKind, key: &str, data: &str) -> i64 {
        let position = self.next.fetch_add(1, Ordering::Relaxed);
        self.tell_at(kind, key, data, position).await;
        position
    }

    pub async fn tell_at(&self, kind: RoomKind, key: &str, data: &str, position: i64) {
        let room = RoomName::new(kind.name, key).unwrap();
        let data = Bytes::copy_from_slice(data.as_bytes());
        let message = Message { room, position: Position(position), data };
        let through = Position(position);
        let batch = Batch { kind: kind.name, begins_after: None, messages: vec![message], through };
        self.fanout.publish(batch).await.unwrap();
    }

    pub async fn connect(&self, token: Option<&str>) -> Client {
        self.try_connect(token, &[]).await.unwrap()
    }

    /// A WebSocket, or the status that refused it.
    pub async fn try_connect(
        &self,
        token: Option<&str>,
        headers: &[(&'static str, &str)],
    ) -> std::result::Result<Client, u16> {
        let mut request = format!("ws://{}/live", self.address).into_client_request().unwrap();
        if let Some(token) = token {
            request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
        }
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let stream = TcpStream::connect(self.address).await.unwrap();
        match tokio_tungstenite::client_async(request, stream).await {
            Ok((socket, _)) => Ok(Client(socket)),
            Err(tokio_tungstenite::tungstenite::Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    /// Moves time by seconds, one at a time, and lets everybody act on each.
    pub async fn pass(&self, seconds: u32) {
        for _ in 0..seconds {
            while self.manual.sleepers() == 0 {
                tokio::task::yield_now().await;
            }
            self.manual.advance(Duration::from_secs(1));
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
        }
    }

    /// Waits until it holds.
    pub async fn until(&self, what: &str, holds: impl Fn() -> bool) {
        for _ in 0..4_000 {
            if holds() {
                return;
            }
            Clock::system().sleep(Duration::from_millis(5)).await;
        }
        panic!("never: {what}");
    }

    /// A figure of the metrics' text, summed over its series.
    pub fn metric(&self, name: &str) -> f64 {
        let text = self.registry.encode();
        let lines = text.lines().filter(|line| line.starts_with(name) && !line.starts_with('#'));
        lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
    }
}

/// A client that others wrote.
pub struct Client(pub WebSocketStream<TcpStream>);

impl Client {
    pub async fn send(&mut self, text: &str) {
        self.0.send(Frame::Text(text.into())).await.unwrap();
    }

    pub async fn subscribe(&mut self, room: &str, after: Option<i64>) {
        let after = after.map(|after| format!(r#","after":{after}"#)).unwrap_or_default();
        self.send(&format!(r#"{{"subscribe":"{room}"{after}}}"#)).await;
    }

    /// The next text as JSON; pings are passed over.
    pub async fn next(&mut self) -> Value {
        loop {
            match self.frame().await {
                Some(Frame::Text(text)) => return serde_json::from_str(text.as_str()).unwrap(),
                Some(Frame::Ping(_) | Frame::Pong(_)) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    pub async fn frame(&mut self) -> Option<Frame> {
        let frame = Clock::system().timeout(PATIENCE, self.0.next()).await.expect("a frame in time");
        frame.and_then(std::result::Result::ok)
    }

    /// The next of a type; others are passed over.
    pub async fn next_of(&mut self, kind: &str) -> Value {
        loop {
            let value = self.next().await;
            if value["type"] == kind {
                return value;
            }
        }
    }

    /// Subscribes and waits until it is so; the position.
    pub async fn follow(&mut self, room: &str, after: Option<i64>) -> i64 {
        self.subscribe(room, after).await;
        let said = self.next().await;
        assert_eq!(
            (said["type"].as_str(), said["room"].as_str()),
            (Some("subscribed"), Some(room)),
            "{said}"
        );
        said["position"].as_i64().unwrap()
    }

    /// The code of the close frame; whatever comes before is dropped.
    pub async fn closed(&mut self) -> u16 {
        loop {
            match self.frame().await {
                Some(Frame::Close(Some(close))) => return close.code.into(),
                Some(_) => {}
                None => panic!("it ended without a farewell"),
            }
        }
    }
}

/// The bytes of a connection, for what no client would send.
pub struct Raw(pub TcpStream);

impl Raw {
    pub async fn open(world: &World) -> Self {
        let mut raw = Self(TcpStream::connect(world.address).await.unwrap());
        let head = "GET /live HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n\
                    sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
        raw.0.write_all(head.as_bytes()).await.unwrap();
        let answer = raw.head().await;
        assert!(answer.starts_with("HTTP/1.1 101"), "{answer}");
        raw
    }

    /// Everything up to the end of the answer's head.
    pub async fn head(&mut self) -> String {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.0.read_u8().await.unwrap());
        }
        String::from_utf8(head).unwrap()
    }

    pub async fn send(&mut self, bytes: &[u8]) {
        // The other side may have closed already, which is what it is asked about.
        let _ = self.0.write_all(bytes).await;
    }

    /// The code of the close frame that ends it.
    pub async fn closed(&mut self) -> u16 {
        let reading = async {
            loop {
                let first = self.0.read_u8().await.unwrap();
                let length = usize::from(self.0.read_u8().await.unwrap());
                let length =
                    if length == 126 { usize::from(self.0.read_u16().await.unwrap()) } else { length };
                let mut payload = vec![0; length];
                self.0.read_exact(&mut payload).await.unwrap();
                if first & 0x0F == 8 {
                    return u16::from_be_bytes([payload[0], payload[1]]);
                }
            }
        };
        Clock::system().timeout(PATIENCE, reading).await.expect("a farewell in time")
    }
}

/// A masked frame.
pub fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mask = [7, 11, 13, 17];
    let mut bytes = vec![first];
    match payload.len() {
        length @ 0..=125 => bytes.push(0x80 | length as u8),
        length @ 126..=0xFFFF => {
            bytes.push(0x80 | 126);
            bytes.extend((length as u16).to_be_bytes());
        }
        length => {
            bytes.push(0x80 | 127);
            bytes.extend((length as u64).to_be_bytes());
        }
    }
    bytes.extend(mask);
    bytes.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    bytes
}
