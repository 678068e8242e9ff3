//! Server-sent events: the same messages for who asks without a WebSocket.

use mainstay_core::Clock;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::world::{FACTS, PATIENCE, Raw, STATE, World, customer};

struct Stream {
    raw: Raw,
    seen: String,
}

impl Stream {
    async fn open(world: &World, path: &str, headers: &str) -> (String, Self) {
        let mut raw = Raw(TcpStream::connect(world.address).await.unwrap());
        let head = format!("GET {path} HTTP/1.1\r\nhost: x\r\naccept: text/event-stream\r\n{headers}\r\n");
        raw.0.write_all(head.as_bytes()).await.unwrap();
        (raw.head().await, Self { raw, seen: String::new() })
    }

    /// Reads until the text is there, and takes everything up to and with it.
    async fn until(&mut self, text: &str) -> String {
        let reading = async {
            loop {
                if let Some(at) = self.seen.find(text) {
                    let rest = self.seen.split_off(at + text.len());
                    return std::mem::replace(&mut self.seen, rest);
                }
                let mut bytes = [0; 4_096];
                let read = self.raw.0.read(&mut bytes).await.unwrap();
                assert_ne!(read, 0, "it ended after {:?}", self.seen);
                self.seen.push_str(std::str::from_utf8(&bytes[..read]).unwrap());
            }
        };
        Clock::system().timeout(PATIENCE, reading).await.expect("in time")
    }
}

#[tokio::test]
async fn messages_of_all_rooms_come_in_the_order_of_the_log_with_their_place() {
    let world = World::start().await;
    let (head, mut stream) = Stream::open(&world, "/live?rooms=state:a,state:b", "").await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert!(head.contains("content-type: text/event-stream"), "{head}");
    stream.until("\"room\":\"state:b\"").await;
    for (key, number) in [("a", 1), ("b", 2), ("c", 3), ("a", 4)] {
        world.tell(STATE, key, &number.to_string()).await;
    }
    let seen = stream.until("\"data\":4}\n\n").await;
    let ids: Vec<&str> = seen.lines().filter_map(|line| line.strip_prefix("id: ")).collect();
    assert_eq!(ids[ids.len() - 3..], ["1", "2", "4"], "{seen}");
}

#[tokio::test]
async fn a_browser_that_reconnects_gets_what_it_missed() {
    let world = World::start().await;
    for number in 1..=5 {
        world.tell(STATE, if number % 2 == 0 { "a" } else { "b" }, &number.to_string()).await;
    }
    let (_, mut stream) = Stream::open(&world, "/live?rooms=state:a,state:b", "last-event-id: 2\r\n").await;
    let seen = stream.until("\"data\":5}\n\n").await;
    let data: Vec<&str> = seen.lines().filter(|line| line.contains("\"message\"")).collect();
    assert_eq!(data.len(), 3, "{seen}");
    // A heartbeat moves the place on.
    world.tell(STATE, "c", "6").await;
    world.pass(31).await;
    assert!(stream.until("\"heartbeat\"").await.contains("id: 6\n"));
}

#[tokio::test]
async fn a_stream_is_refused_like_any_other_answer_and_ends_with_the_session() {
    let world = World::start().await;
    for (path, status) in [
        ("/live", "400"),
        ("/live?rooms=facts:mine", "404"),
        ("/live?rooms=state:a,facts:mine", "400"),
        ("/live?rooms=state:a&x=1", "400"),
        ("/live?rooms=state:a", "200"),
    ] {
        let (head, _) = Stream::open(&world, path, "").await;
        assert!(head.starts_with(&format!("HTTP/1.1 {status}")), "{path}: {head}");
    }
    let token = customer(1);
    let headers = format!("authorization: Bearer {token}\r\n");
    let (_, mut stream) = Stream::open(&world, "/live?rooms=facts:mine", &headers).await;
    stream.until("subscribed").await;
    world.tell(FACTS, "mine", "1").await;
    stream.until("\"data\":1}").await;
    world.revoked.lock().insert(token);
    world.pass(31).await;
    // The end of a chunked body.
    stream.until("\r\n0\r\n\r\n").await;
}

#[tokio::test]
async fn streams_end_when_the_process_does() {
    let world = World::start().await;
    let (_, mut stream) = Stream::open(&world, "/live?rooms=state:a", "").await;
    stream.until("subscribed").await;
    world.shutdown.request();
    stream.until("\r\n0\r\n\r\n").await;
}
