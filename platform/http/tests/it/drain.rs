//! The end of a process: nothing that was begun is lost, and nothing keeps it for ever.

use std::time::Duration;

use mainstay_core::Clock;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::site::Site;

async fn asks(address: std::net::SocketAddr, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes()).await.unwrap();
    stream
}

async fn rest(mut stream: TcpStream) -> String {
    let mut text = String::new();
    let _ = stream.read_to_string(&mut text).await;
    text
}

#[tokio::test]
async fn a_request_in_flight_is_finished_and_an_idle_connection_ended() {
    let site = Site::new();
    site.health.set_started();
    let listening = site.listen().await;
    let address = listening.address;
    let in_flight = asks(address, "/v1/wait").await;
    site.gate.reached(&site.gate.entered, 1).await;
    let mut idle = asks(address, "/v1/hello").await;
    let mut head = [0; 12];
    idle.read_exact(&mut head).await.unwrap();

    listening.shutdown.request();
    assert!(rest(idle).await.contains("world"), "and then it is closed");
    assert_eq!(site.get("/readyz").await.json()["status"], "draining");
    assert!(TcpStream::connect(address).await.is_err(), "nobody new is let in");

    site.gate.open();
    let answer = rest(in_flight).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("waited"), "{answer}");
    assert_eq!(listening.drained().await.cut, 0);
}

#[tokio::test]
async fn what_does_not_end_is_cut_at_the_deadline() {
    let site = Site::with(|options| options.drain_timeout_ms = 100);
    let listening = site.listen().await;
    let stuck = asks(listening.address, "/v1/wait").await;
    site.gate.reached(&site.gate.entered, 1).await;
    assert_eq!(listening.stop().await.cut, 1);
    assert_eq!(rest(stuck).await, "");
    site.gate.reached(&site.gate.left_unanswered, 1).await;
    let running = site.tasks.drain(&Clock::system(), Duration::from_secs(2)).await;
    assert!(running.is_empty(), "{running:?}");
}

#[tokio::test]
async fn during_the_lead_requests_are_taken_but_readiness_is_gone() {
    let (site, manual) = Site::still(|options| options.drain_lead_ms = 5_000);
    site.health.set_started();
    let listening = site.listen().await;
    listening.shutdown.request();
    loop {
        let answer = rest_of_one(listening.address, "/readyz").await;
        if answer.contains("503") {
            assert!(answer.contains("draining"), "{answer}");
            break;
        }
    }
    assert!(rest_of_one(listening.address, "/v1/hello").await.contains("200 OK"));
    manual.advance(Duration::from_secs(5));
    assert_eq!(listening.drained().await.cut, 0);
}

async fn rest_of_one(address: std::net::SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    rest(stream).await
}
