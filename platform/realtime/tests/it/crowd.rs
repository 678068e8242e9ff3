//! Twenty thousand idle sockets from several addresses: bounded memory, and the last of them still hears a message.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use futures::StreamExt;
use mainstay_realtime::Options;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::world::{STATE, World, frame};

const CROWD: usize = 20_000;

/// Descriptors that the test needs beside both ends of its connections.
const SPARE: u64 = 500;

/// Per address, so that no local port is used twice.
const FROM_ONE_ADDRESS: usize = 4_000;

/// Both ends of an idle connection in this process, in an unoptimised build. The server's own share is measured by the
/// benchmark; this bound is to notice a buffer that somebody gives to each connection.
const BYTES_MAX: usize = 12 * 1024;

/// As many descriptors as the system grants: how many connections that makes.
fn connections() -> usize {
    let wanted = 2 * CROWD as u64 + SPARE;
    let most = getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX);
    // Whoever may, raises the limit itself.
    let raised = Rlimit { current: Some(wanted), maximum: Some(most.max(wanted)) };
    let granted = if setrlimit(Resource::Nofile, raised).is_ok() { wanted } else { most.min(wanted) };
    setrlimit(Resource::Nofile, Rlimit { current: Some(granted), maximum: Some(most.max(granted)) }).unwrap();
    usize::try_from((granted - SPARE) / 2).unwrap()
}

fn resident_bytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").trim().parse::<usize>().unwrap() * 1_024
}

async fn open(to: SocketAddr, number: usize) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    let from = Ipv4Addr::new(127, 0, 1, u8::try_from(number / FROM_ONE_ADDRESS + 1).unwrap());
    socket.bind(SocketAddr::new(IpAddr::V4(from), 0)).unwrap();
    let mut stream = socket.connect(to).await.unwrap();
    let head = "GET /live HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n\
                sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&frame(0x81, br#"{"subscribe":"state:a"}"#)).await.unwrap();
    let mut seen = Vec::new();
    while !seen.windows(12).any(|part| part == b"\"subscribed\"") {
        let mut bytes = [0; 512];
        let read = stream.read(&mut bytes).await.unwrap();
        assert_ne!(read, 0, "{}", String::from_utf8_lossy(&seen));
        seen.extend_from_slice(&bytes[..read]);
    }
    stream
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_thousand_idle_sockets_cost_little_and_all_hear() {
    let count = connections();
    let world = World::with(Options::default()).await;
    let address = world.address;
    // What the first connections ever cost is not theirs.
    let mut crowd: Vec<TcpStream> = futures::stream::iter(0..100)
        .map(|number| open(address, number))
        .buffer_unordered(50)
        .collect()
        .await;
    let before = resident_bytes();
    let mut rest = futures::stream::iter(100..count).map(|number| open(address, number)).buffer_unordered(50);
    while let Some(stream) = rest.next().await {
        crowd.push(stream);
    }
    drop(rest);
    assert_eq!(world.hub.connections(), count);
    let each = resident_bytes().saturating_sub(before) / (count - 100);
    eprintln!("{count} connections, {each} bytes each, both ends");
    assert!(each <= BYTES_MAX, "{each} bytes a connection");

    world.tell(STATE, "a", "7").await;
    for stream in &mut crowd {
        let mut seen = Vec::new();
        while !seen.ends_with(b"\"data\":7}") {
            let mut bytes = [0; 256];
            let read = stream.read(&mut bytes).await.unwrap();
            assert_ne!(read, 0);
            seen.extend_from_slice(&bytes[..read]);
        }
    }
    drop(crowd);
    world.until("all have gone", || world.hub.connections() == 0).await;
    assert_eq!(world.metric("mainstay_realtime_rooms"), 0.0);
}
