//! The load: 64 connections, each with one request under way, driven by one thread that looks all the time for whichever is
//! readable. It does as little as it can for a request, and never sleeps: on a virtual machine, waking a core that
//! sleeps costs the server more than the request, and a server that is slower would have to do it more often.

use std::error::Error;
use std::fmt::Write as _;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use mainstay_core::Stopwatch;
use rustix::buffer::spare_capacity;
use rustix::event::{Timespec, epoll};

type Failure = Box<dyn Error + Send + Sync>;

const CONNECTIONS: usize = 64;

/// Visitors, by address. Each is then far below what an address may ask.
const ADDRESSES: usize = 4_096;

/// A server that says nothing for as long has stopped.
const PATIENCE: Duration = Duration::from_secs(5);

/// No answer here is as long.
const ANSWER_MAX: usize = 64 * 1_024;

/// Requests, ready to be sent, one for each address.
pub struct Ask(Vec<Vec<u8>>);

impl Ask {
    pub fn new(path: &str, session: Option<&str>) -> Self {
        let request = |number: usize| {
            let mut text = format!(
                "GET {path} HTTP/1.1\r\nhost: localhost\r\naccept: */*\r\naccept-encoding: gzip, br\r\n"
            );
            // Writing into a string cannot fail.
            let _ = write!(text, "x-forwarded-for: 203.0.{}.{}\r\n", number / 256, number % 256);
            if let Some(session) = session {
                let _ = write!(text, "authorization: Bearer {session}\r\n");
            }
            text.push_str("\r\n");
            text.into_bytes()
        };
        Self((0..ADDRESSES).map(request).collect())
    }
}

/// What came of a push.
pub struct Outcome {
    pub answered: u64,
    pub took: Duration,
}

struct Connection {
    stream: TcpStream,
    got: Vec<u8>,
}

/// Sends as fast as answers come, for so long. Any answer but 200 ends it.
pub fn push(address: SocketAddr, ask: &Ask, length: Duration) -> Result<Outcome, Failure> {
    let poll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    let mut connections = Vec::with_capacity(CONNECTIONS);
    for number in 0..CONNECTIONS {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        epoll::add(&poll, &stream, epoll::EventData::new_u64(number as u64), epoll::EventFlags::IN)?;
        connections.push(Connection { stream, got: Vec::with_capacity(4_096) });
    }
    let mut next = 0;
    let mut send = |connection: &mut Connection| -> Result<(), Failure> {
        next = (next + 1) % ask.0.len();
        // A request fits into the socket's buffer, which is empty: the last answer has been read.
        Ok(connection.stream.write_all(&ask.0[next])?)
    };
    let watch = Stopwatch::start();
    for connection in &mut connections {
        send(connection)?;
    }
    let mut events = Vec::with_capacity(CONNECTIONS);
    let mut buffer = vec![0; ANSWER_MAX];
    let mut answered = 0;
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    let mut heard = Duration::ZERO;
    while watch.elapsed() < length {
        events.clear();
        if epoll::wait(&poll, spare_capacity(&mut events), Some(&at_once))? == 0 {
            if watch.elapsed() > heard + PATIENCE {
                return Err("the server answers no more".into());
            }
            continue;
        }
        heard = watch.elapsed();
        for event in &events {
            let connection = &mut connections[event.data.u64() as usize];
            match connection.stream.read(&mut buffer) {
                Ok(0) => return Err("the server closed a connection".into()),
                Ok(count) => connection.got.extend_from_slice(&buffer[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
                Err(error) => return Err(error.into()),
            }
            if is_whole(&connection.got)? {
                answered += 1;
                connection.got.clear();
                send(connection)?;
            }
        }
    }
    Ok(Outcome { answered, took: watch.elapsed() })
}

/// Whether an answer with a declared length is there to its end.
fn is_whole(got: &[u8]) -> Result<bool, Failure> {
    let Some(end) = got.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(false) };
    if !got.starts_with(b"HTTP/1.1 200") {
        return Err(format!("answered {}", String::from_utf8_lossy(&got[..end])).into());
    }
    const NAME: &[u8] = b"content-length: ";
    let at =
        got[..end].windows(NAME.len()).position(|name| name == NAME).ok_or("an answer without a length")?;
    let digits = got[at + NAME.len()..].iter().take_while(|byte| byte.is_ascii_digit());
    let length = digits.fold(0_usize, |sum, digit| sum * 10 + usize::from(digit - b'0'));
    Ok(got.len() >= end + 4 + length)
}
