//! Talking over a socket by hand, as no decent client would.

use std::net::SocketAddr;
use std::time::Duration;

use mainstay_core::Clock;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// Sends bytes and reads until the other side closes.
pub async fn say(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // It may close before it has read all.
    let _ = stream.write_all(bytes).await;
    hear(&mut stream).await
}

pub async fn hear(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let reading = Clock::system().timeout(PATIENCE, stream.read_to_end(&mut bytes)).await;
    assert!(reading.is_ok(), "not closed after {:?}", String::from_utf8_lossy(&bytes));
    String::from_utf8_lossy(&bytes).into_owned()
}

/// One plain request on a connection of its own.
pub async fn hello(address: SocketAddr) -> String {
    say(address, b"GET /v1/hello HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await
}

/// Resident memory of this process in bytes.
pub fn resident() -> usize {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    text.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4_096
}

/// An HTTP/2 connection, frame by frame.
pub struct Frames(pub TcpStream);

pub const HEADERS: u8 = 1;
pub const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const PING: u8 = 6;
pub const GOAWAY: u8 = 7;
pub const CONTINUATION: u8 = 9;
pub const END_STREAM: u8 = 1;
pub const END_HEADERS: u8 = 4;

/// `GET path` of `x`, as HPACK has it without a table.
pub fn request(path: &str) -> Vec<u8> {
    let mut block = vec![0x82, 0x86, 0x01, 0x01, b'x', 0x04];
    block.push(u8::try_from(path.len()).unwrap());
    block.extend_from_slice(path.as_bytes());
    block
}

pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(9 + payload.len());
    bytes.extend_from_slice(&u32::try_from(payload.len()).unwrap().to_be_bytes()[1..]);
    bytes.extend_from_slice(&[kind, flags]);
    bytes.extend_from_slice(&stream.to_be_bytes());
    bytes.extend_from_slice(payload);
    bytes
}

impl Frames {
    pub async fn open(address: SocketAddr) -> Self {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
        stream.write_all(&frame(SETTINGS, 0, 0, &[])).await.unwrap();
        Self(stream)
    }

    /// Sends the same bytes again and again until the other side takes no more, at most so often; how often it took
    /// them.
    pub async fn flood(&mut self, bytes: &[u8], times: usize) -> usize {
        let clock = Clock::system();
        for time in 0..times {
            match clock.timeout(Duration::from_secs(2), self.0.write_all(bytes)).await {
                Ok(Ok(())) => {}
                _ => return time,
            }
        }
        times
    }

    /// Reads frames until one of this kind comes; its payload, or nothing when the connection ends.
    pub async fn until(&mut self, kind: u8) -> Option<(u32, Vec<u8>)> {
        let read = async {
            loop {
                let mut head = [0; 9];
                self.0.read_exact(&mut head).await.ok()?;
                let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
                let mut payload = vec![0; length as usize];
                self.0.read_exact(&mut payload).await.ok()?;
                if head[3] == kind {
                    return Some((u32::from_be_bytes([head[5], head[6], head[7], head[8]]), payload));
                }
            }
        };
        Clock::system().timeout(PATIENCE, read).await.expect("an answer or an end")
    }

    /// The error code with which the connection ended; nothing when it was just closed.
    pub async fn farewell(&mut self) -> Option<u32> {
        let (_, payload) = self.until(GOAWAY).await?;
        Some(u32::from_be_bytes(payload[4..8].try_into().unwrap()))
    }
}
