//! A log read from another process: in order, whole, and on again after every kind of interruption.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use mainstay_core::{Clock, Context, Id, Principal, Result, Shutdown, Timestamp, codes};
use mainstay_events::codes::HISTORY_PRUNED;
use mainstay_events::{Envelope, EventSource, Feed, Page, Position};
use mainstay_rpc::v1::FollowRequest;
use mainstay_rpc::v1::event_log_client::EventLogClient;
use mainstay_rpc::{Listening, Network, RemoteLog, answer, event_log, open_ended_request};
use tokio::sync::watch;

use crate::world::{SOON, process};

const PRODUCER: &str = "shop.orders";
const CONSUMER: &str = "shop.notifications";
const TOPIC: &str = "shop.orders.order";

/// A log in memory: even positions belong to the topic, odd ones to others.
#[derive(Clone)]
struct Memory {
    last: Arc<watch::Sender<i64>>,
    pruned_below: i64,
    event_bytes: usize,
}

impl Memory {
    fn new(last: i64) -> Self {
        Self { last: Arc::new(watch::channel(last).0), pruned_below: 0, event_bytes: 10 }
    }

    fn grow(&self, to: i64) {
        self.last.send_replace(to);
    }
}

#[async_trait]
impl EventSource for Memory {
    fn name(&self) -> &str {
        PRODUCER
    }

    fn follow(&self, _: &str, after: Position, limit: usize) -> Box<dyn Feed> {
        Box::new(MemoryFeed { log: self.clone(), changed: self.last.subscribe(), after: after.0, limit })
    }

    async fn newest(&self) -> Result<Position> {
        Ok(Position(*self.last.borrow()))
    }
}

struct MemoryFeed {
    log: Memory,
    changed: watch::Receiver<i64>,
    after: i64,
    limit: usize,
}

#[async_trait]
impl Feed for MemoryFeed {
    async fn next(&mut self) -> Result<Page> {
        if self.after < self.log.pruned_below {
            return Err(HISTORY_PRUNED.error("what followed is gone"));
        }
        let after = self.after;
        let last = *self.changed.wait_for(|last| *last > after).await.unwrap();
        let events: Vec<Envelope> = (after + 1..=last)
            .filter(|position| position % 2 == 0)
            .take(self.limit)
            .map(|position| envelope(position, self.log.event_bytes))
            .collect();
        let through =
            if events.len() == self.limit { events.last().map_or(last, |e| e.position.0) } else { last };
        self.after = through;
        Ok(Page { events, through: Position(through) })
    }
}

fn envelope(position: i64, bytes: usize) -> Envelope {
    Envelope {
        position: Position(position),
        id: Id::from_bytes(i128::from(position).to_be_bytes()),
        source: PRODUCER.into(),
        event_type: "shop.orders.v1.OrderEvent".into(),
        key: format!("ord_{}", position % 7),
        time: Timestamp::from_micros(position),
        trace: None,
        data: vec![position as u8; bytes],
    }
}

async fn producer(log: &Memory, address: &str) -> (Network, Listening, Shutdown) {
    let (network, shutdown) = (process(), Shutdown::new());
    network.mount(PRODUCER, vec![event_log(Arc::new(log.clone()), shutdown.child())]).await.unwrap();
    let listening = network.listen(address, &shutdown).await.unwrap();
    (network, listening, shutdown)
}

fn reader_of(listening: &Listening) -> RemoteLog {
    let network = process();
    network.locate(PRODUCER, &format!("http://{}", listening.address())).unwrap();
    RemoteLog::new(CONSUMER, network.channel(CONSUMER, PRODUCER).unwrap(), Clock::system())
}

/// Reads until the log was read up to `through`, passing over errors; the events' positions.
async fn read_to(feed: &mut dyn Feed, through: i64) -> Vec<i64> {
    let mut seen = Vec::new();
    let clock = Clock::system();
    let end = clock.monotonic() + SOON;
    loop {
        assert!(clock.monotonic() < end, "got to {:?} only", seen.last());
        match feed.next().await {
            Ok(page) => {
                seen.extend(page.events.iter().map(|event| event.position.0));
                if page.through.0 >= through {
                    return seen;
                }
            }
            Err(error) => assert!(error.is_temporary(), "{error:?}"),
        }
    }
}

fn evens(from: i64, to: i64) -> Vec<i64> {
    (from..=to).filter(|position| position % 2 == 0).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_there_comes_first_and_then_what_comes() {
    let log = Memory::new(5_000);
    let (_network, listening, _shutdown) = producer(&log, "127.0.0.1:0").await;
    let reader = reader_of(&listening);
    assert_eq!(reader.name(), PRODUCER);
    let mut feed = reader.follow(TOPIC, Position(1_000), 64);
    assert_eq!(read_to(&mut *feed, 5_000).await, evens(1_001, 5_000));
    log.grow(5_001);
    log.grow(5_005);
    assert_eq!(read_to(&mut *feed, 5_005).await, [5_002, 5_004]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_arrive_as_they_were_written() {
    let log = Memory::new(2);
    let (_network, listening, _shutdown) = producer(&log, "127.0.0.1:0").await;
    let page = reader_of(&listening).follow(TOPIC, Position::START, 10).next().await.unwrap();
    assert_eq!(page, Page { events: vec![envelope(2, 10)], through: Position(2) });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_events_come_in_answers_that_fit() {
    let log = Memory { event_bytes: 256 * 1024, ..Memory::new(200) };
    let (_network, listening, _shutdown) = producer(&log, "127.0.0.1:0").await;
    let mut feed = reader_of(&listening).follow(TOPIC, Position::START, 1_000);
    assert_eq!(read_to(&mut *feed, 200).await, evens(1, 200));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_goes_on_where_it_stood_when_the_producer_restarts() {
    let log = Memory::new(1_000);
    let (_network, listening, shutdown) = producer(&log, "127.0.0.1:0").await;
    let address = listening.address().to_string();
    let mut feed = reader_of(&listening).follow(TOPIC, Position::START, 10);
    assert_eq!(read_to(&mut *feed, 1_000).await, evens(1, 1_000));
    let restarting = async {
        shutdown.request();
        assert!(listening.drain(SOON).await, "a stream does not hold up a drain");
        log.grow(1_500);
        Clock::system().sleep(Duration::from_millis(20)).await;
        producer(&log, &address).await
    };
    let (seen, _restarted) = futures::join!(read_to(&mut *feed, 1_500), restarting);
    assert_eq!(seen, evens(1_001, 1_500));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_wait_loses_nothing() {
    let log = Memory::new(0);
    let (_network, listening, _shutdown) = producer(&log, "127.0.0.1:0").await;
    let mut feed = reader_of(&listening).follow(TOPIC, Position::START, 10);
    let clock = Clock::system();
    let mut seen = Vec::new();
    for step in 1..=100_i64 {
        let _ = clock.timeout(Duration::from_micros(step as u64 * 20), feed.next()).await.map(|page| {
            seen.extend(page.unwrap().events.iter().map(|event| event.position.0));
        });
        log.grow(step * 2);
    }
    seen.extend(read_to(&mut *feed, 200).await);
    assert_eq!(seen, evens(1, 200));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn history_that_is_gone_is_said_so() {
    let log = Memory { pruned_below: 50, ..Memory::new(100) };
    let (_network, listening, _shutdown) = producer(&log, "127.0.0.1:0").await;
    let mut feed = reader_of(&listening).follow(TOPIC, Position(10), 10);
    let error = feed.next().await.unwrap_err();
    assert!(error.is(&HISTORY_PRUNED), "{error:?}");
    assert!(!error.is_temporary());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_services_follow() {
    let log = Memory::new(10);
    let (network, _listening, _shutdown) = producer(&log, "127.0.0.1:0").await;
    let mut client = EventLogClient::new(network.channel(CONSUMER, PRODUCER).unwrap());
    let asked = FollowRequest { topic: TOPIC.to_owned(), after: 0, batch: 10 };
    let person = Context::background(CONSUMER).with_principal(Principal::Customer(Id::from_bytes([1; 16])));
    let outcome = answer(client.follow(open_ended_request(&person, asked.clone())).await);
    assert!(outcome.err().unwrap().is(&codes::FORBIDDEN));
    for bad in [FollowRequest { topic: String::new(), ..asked.clone() }, FollowRequest { after: -1, ..asked }]
    {
        let outcome = answer(client.follow(open_ended_request(&Context::background(CONSUMER), bad)).await);
        assert!(outcome.err().unwrap().is(&codes::INVALID));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_producer_that_goes_back_is_not_believed() {
    struct Confused;
    #[async_trait]
    impl EventSource for Confused {
        fn name(&self) -> &str {
            PRODUCER
        }
        fn follow(&self, _: &str, _: Position, _: usize) -> Box<dyn Feed> {
            Box::new(Self)
        }
        async fn newest(&self) -> Result<Position> {
            Ok(Position(-1))
        }
    }
    #[async_trait]
    impl Feed for Confused {
        async fn next(&mut self) -> Result<Page> {
            Ok(Page { events: vec![envelope(4, 1), envelope(2, 1)], through: Position(4) })
        }
    }
    let (network, shutdown) = (process(), Shutdown::new());
    network.mount(PRODUCER, vec![event_log(Arc::new(Confused), shutdown.child())]).await.unwrap();
    let channel = network.channel(CONSUMER, PRODUCER).unwrap();
    let log = RemoteLog::new(CONSUMER, channel, Clock::system());
    assert!(log.follow(TOPIC, Position::START, 10).next().await.unwrap_err().is(&codes::DATA_LOSS));
    assert!(log.newest().await.unwrap_err().is(&codes::DATA_LOSS));
}
