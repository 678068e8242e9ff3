//! The clients: one thread over epoll that reads and counts frames, in the words of either server.

use std::collections::VecDeque;
use std::error::Error;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::OwnedFd;
use std::time::Duration;

use hdrhistogram::Histogram;
use mainstay_core::Stopwatch;
use rustix::buffer::spare_capacity;
use rustix::event::epoll;
use rustix::time::Timespec;

type Failure = Box<dyn Error>;

/// Longer than any broadcast takes; a server that lost one would hang the run.
const PATIENCE: Timespec = Timespec { tv_sec: 20, tv_nsec: 0 };

const READ_BYTES: usize = 64 * 1024;

/// Which server is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    Mainstay,
    SocketIo,
}

impl Dialect {
    const fn path(self) -> &'static str {
        match self {
            Self::Mainstay => "/v1/live",
            Self::SocketIo => "/socket.io/?EIO=4&transport=websocket",
        }
    }

    /// What is sent first, and what the answer to it begins with.
    const fn hello(self) -> (&'static [u8], &'static [u8]) {
        match self {
            Self::Mainstay => (br#"{"subscribe":"bench:all"}"#, br#"{"type":"subscribed""#),
            Self::SocketIo => (b"40", b"40"),
        }
    }

    const fn message(self) -> &'static [u8] {
        match self {
            Self::Mainstay => br#"{"type":"message""#,
            Self::SocketIo => b"42",
        }
    }
}

struct Client {
    stream: TcpStream,
    // The beginning of a frame whose end has not come yet.
    left: Vec<u8>,
    // Messages that it has received.
    received: u64,
}

/// Clients that follow one room.
pub struct Clients {
    clients: Vec<Client>,
    dialect: Dialect,
    epoll: OwnedFd,
    published: u64,
}

impl Clients {
    /// Opens connections one after the other, each ready before the next.
    pub fn connect(address: SocketAddr, dialect: Dialect, count: usize) -> Result<Self, Failure> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let mut clients = Vec::with_capacity(count);
        for number in 0..count {
            let stream = open(address, dialect)?;
            stream.set_nonblocking(true)?;
            epoll::add(&epoll, &stream, epoll::EventData::new_u64(number as u64), epoll::EventFlags::IN)?;
            clients.push(Client { stream, left: Vec::new(), received: 0 });
        }
        Ok(Self { clients, dialect, epoll, published: 0 })
    }

    /// Keeps `window` broadcasts in flight for `duration`; deliveries a second, and the 99th percentile from the order to
    /// publish until a client has a message, in milliseconds.
    pub fn broadcast(
        &mut self,
        publish: &mut impl Write,
        window: usize,
        duration: Duration,
    ) -> Result<(f64, f64), Failure> {
        let watch = Stopwatch::start();
        let mut latencies: Histogram<u64> = Histogram::new(3)?;
        // Of each broadcast in flight, the oldest first: when it was ordered, and who has it.
        let mut flying: VecDeque<(Duration, usize)> = VecDeque::new();
        let mut first = self.published + 1;
        let mut delivered = 0_u64;
        let mut events = Vec::with_capacity(1_024);
        let mut bytes = vec![0; READ_BYTES];
        self.order(publish, window, &mut flying, watch.elapsed())?;
        while !flying.is_empty() {
            events.clear();
            epoll::wait(&self.epoll, spare_capacity(&mut events), Some(&PATIENCE))?;
            if events.is_empty() {
                return Err("a broadcast was lost".into());
            }
            let now = watch.elapsed();
            for event in &events {
                let client = &mut self.clients[event.data.u64() as usize];
                let before = client.received;
                client.read(&mut bytes, self.dialect)?;
                for number in before + 1..=client.received {
                    let (ordered, have) = &mut flying[(number - first) as usize];
                    *have += 1;
                    latencies.record((now.saturating_sub(*ordered)).as_micros() as u64)?;
                }
                delivered += client.received - before;
            }
            let mut done = 0;
            while flying.front().is_some_and(|(_, have)| *have == self.clients.len()) {
                flying.pop_front();
                done += 1;
            }
            first += done as u64;
            if done > 0 && now < duration {
                self.order(publish, done, &mut flying, now)?;
            }
        }
        let rate = delivered as f64 / watch.elapsed().as_secs_f64();
        Ok((rate, latencies.value_at_quantile(0.99) as f64 / 1_000.0))
    }

    fn order(
        &mut self,
        publish: &mut impl Write,
        count: usize,
        flying: &mut VecDeque<(Duration, usize)>,
        now: Duration,
    ) -> Result<(), Failure> {
        flying.extend(std::iter::repeat_n((now, 0), count));
        self.published += count as u64;
        publish.write_all(format!("{count}\n").as_bytes())?;
        Ok(publish.flush()?)
    }
}

impl Client {
    fn read(&mut self, bytes: &mut [u8], dialect: Dialect) -> Result<(), Failure> {
        let read = match self.stream.read(bytes) {
            Ok(0) => return Err("the server closed a connection".into()),
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let whole;
        let mut input: &[u8] = if self.left.is_empty() {
            &bytes[..read]
        } else {
            self.left.extend_from_slice(&bytes[..read]);
            whole = std::mem::take(&mut self.left);
            &whole
        };
        while let Some((opcode, payload, rest)) = frame(input) {
            input = rest;
            match (opcode, dialect) {
                (1, _) if payload.starts_with(dialect.message()) => self.received += 1,
                (1, Dialect::SocketIo) if payload == b"2" => self.stream.write_all(&masked(1, b"3"))?,
                (9, _) => self.stream.write_all(&masked(10, payload))?,
                (8, _) => return Err(format!("a connection was closed: {payload:?}").into()),
                _ => {}
            }
        }
        self.left.extend_from_slice(input);
        Ok(())
    }
}

/// The first frame, when it is whole: its opcode, its payload and what follows. Servers do not mask.
fn frame(input: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (first, second) = (*input.first()?, *input.get(1)?);
    let (length, head) = match second {
        126 => (usize::from(u16::from_be_bytes(input.get(2..4)?.try_into().ok()?)), 4),
        127 => (usize::try_from(u64::from_be_bytes(input.get(2..10)?.try_into().ok()?)).ok()?, 10),
        short => (usize::from(short), 2),
    };
    let payload = input.get(head..head + length)?;
    Some((first & 0x0F, payload, &input[head + length..]))
}

/// A frame with a mask of zeros, which leaves the payload as it is.
fn masked(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x80 | opcode, 0x80 | payload.len() as u8, 0, 0, 0, 0];
    bytes.extend_from_slice(payload);
    bytes
}

fn open(address: SocketAddr, dialect: Dialect) -> Result<TcpStream, Failure> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let path = dialect.path();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nhost: {address}\r\nupgrade: websocket\r\nconnection: upgrade\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )?;
    let mut input = Vec::new();
    let head = loop {
        read_more(&mut stream, &mut input)?;
        if let Some(at) = input.windows(4).position(|end| end == b"\r\n\r\n") {
            break at + 4;
        }
    };
    if !input.starts_with(b"HTTP/1.1 101") {
        return Err(format!("no WebSocket: {}", String::from_utf8_lossy(&input)).into());
    }
    input.drain(..head);
    let (hello, answer) = dialect.hello();
    stream.write_all(&masked(1, hello))?;
    loop {
        let mut rest: &[u8] = &input;
        while let Some((_, payload, after)) = frame(rest) {
            rest = after;
            if payload.starts_with(answer) {
                return Ok(stream);
            }
        }
        read_more(&mut stream, &mut input)?;
    }
}

fn read_more(stream: &mut TcpStream, input: &mut Vec<u8>) -> Result<(), Failure> {
    let mut bytes = [0; 4_096];
    match stream.read(&mut bytes)? {
        0 => Err("the server closed a connection".into()),
        read => {
            input.extend_from_slice(&bytes[..read]);
            Ok(())
        }
    }
}
