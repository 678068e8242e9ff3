//! Broadcasts to two thousand WebSockets, with sixteen in flight and with one, and what an idle client costs. Socket.IO is
//! measured in the same run, by the same client, with the same messages.
//!
//! The server is a process of its own that publishes as many messages as it is told on its standard input; the client
//! is one thread over epoll that does nothing but count frames. Both share the machine's cores.

mod clients;
mod peer;
mod server;

use std::error::Error;
use std::io::Write;
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use crate::report::{Peer, Report, median};

use clients::{Clients, Dialect};
pub use server::serve;

type Failure = Box<dyn Error>;

const CLIENTS: usize = 2_000;
const IN_FLIGHT: usize = 16;

/// After the last client has connected; what was only needed for the handshakes is given back by then.
const SETTLE: Duration = Duration::from_secs(2);

pub fn run(quick: bool, report: &mut Report) -> Result<(), Failure> {
    let (rounds, seconds) = if quick { (3, 3) } else { (5, 8) };
    let duration = Duration::from_secs(seconds);
    // The connections of both ends, and some to spare.
    rustix::process::setrlimit(rustix::process::Resource::Nofile, limit(16_384))?;
    let peer = match peer::command() {
        Ok(command) => Some(command),
        Err(error) => {
            report.remark(&format!("Socket.IO is not measured, since it cannot be installed: {error}"));
            None
        }
    };
    let (mut ours, mut theirs) = (Figures::default(), Figures::default());
    // In turn, so that a machine that changes its mood changes it for both.
    for _ in 0..rounds {
        let mut own = Command::new(std::env::current_exe()?);
        own.arg("realtime-server");
        ours.add(measure(own, Dialect::Mainstay, duration)?);
        if let Some(make) = &peer {
            theirs.add(measure(make(), Dialect::SocketIo, duration)?);
        }
    }
    let peer = |values: &Vec<f64>, recorded: f64| match values.is_empty() {
        false => Peer::Measured { name: "Socket.IO 4.8", value: median(values.clone()) },
        true => Peer::Recorded { name: "Socket.IO 4.8", value: recorded },
    };
    let figures = [
        ("deliveries", "deliveries/s", ours.many, peer(&theirs.many, 132_000.0)),
        ("deliveries-p99", "ms", ours.many_p99, peer(&theirs.many_p99, 22.0)),
        ("deliveries-lockstep", "deliveries/s", ours.one, peer(&theirs.one, 132_000.0)),
        ("deliveries-lockstep-p99", "ms", ours.one_p99, peer(&theirs.one_p99, 22.0)),
        ("client-kb", "kB", ours.client_kb, peer(&theirs.client_kb, 17.0)),
    ];
    for (name, unit, values, peer) in figures {
        report.figure("realtime", name, median(values), unit, peer);
    }
    Ok(())
}

#[derive(Default)]
struct Figures {
    many: Vec<f64>,
    many_p99: Vec<f64>,
    one: Vec<f64>,
    one_p99: Vec<f64>,
    client_kb: Vec<f64>,
}

struct Round {
    many: (f64, f64),
    one: (f64, f64),
    client_kb: f64,
}

impl Figures {
    fn add(&mut self, round: Round) {
        self.many.push(round.many.0);
        self.many_p99.push(round.many.1);
        self.one.push(round.one.0);
        self.one_p99.push(round.one.1);
        self.client_kb.push(round.client_kb);
    }
}

fn measure(command: Command, dialect: Dialect, duration: Duration) -> Result<Round, Failure> {
    let mut server = Server::start(command)?;
    // A few first, so that what the first connection ever costs is not counted as a client's.
    let warm = Clients::connect(server.address, dialect, 20)?;
    std::thread::sleep(SETTLE / 4);
    let before = resident_kb(server.child.id())?;
    let mut clients = Clients::connect(server.address, dialect, CLIENTS)?;
    std::thread::sleep(SETTLE);
    let client_kb = (resident_kb(server.child.id())? - before) / CLIENTS as f64;
    drop(warm);
    // Pages are in place and the code is compiled before it counts.
    clients.broadcast(&mut server.publish, IN_FLIGHT, duration / 4)?;
    let many = clients.broadcast(&mut server.publish, IN_FLIGHT, duration)?;
    let one = clients.broadcast(&mut server.publish, 1, duration)?;
    Ok(Round { many, one, client_kb })
}

/// A server that listens where it says, and publishes as much as it is told.
struct Server {
    child: Child,
    publish: ChildStdin,
    address: SocketAddr,
}

impl Server {
    fn start(mut command: Command) -> Result<Self, Failure> {
        use std::io::{BufRead, BufReader};
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let publish = child.stdin.take().ok_or("no way to tell the server")?;
        let output = child.stdout.take().ok_or("the server says nothing")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let address =
            line.trim().parse().map_err(|_| format!("the server said {line:?} and not where it listens"))?;
        Ok(Self { child, publish, address })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.publish.flush();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn resident_kb(pid: u32) -> Result<f64, Failure> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no resident size")?;
    Ok(line.trim().trim_end_matches(" kB").trim().parse()?)
}

fn limit(files: u64) -> rustix::process::Rlimit {
    let now = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    let most = now.maximum.map_or(files, |most| most.min(files));
    rustix::process::Rlimit { current: Some(most), maximum: now.maximum }
}
