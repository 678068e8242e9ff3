//! A `mainstay` process on free ports, with its own data folder.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use mainstay_core::Stopwatch;

/// A start does eight migrations and puts demo data in place; on a busy machine that takes a while.
const START_LIMIT: Duration = Duration::from_secs(60);

/// A process that serves. Killed when dropped.
pub struct Serving {
    child: Child,
    pub http: SocketAddr,
    pub rpc: Option<SocketAddr>,
    pub provider: Option<SocketAddr>,
    /// What it said until it was ready.
    pub welcome: String,
    output: mpsc::Receiver<String>,
}

/// The binary with these words, on free ports, with its data in `folder`.
pub fn mainstay(folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mainstay"));
    command
        .current_dir(folder)
        .env_clear()
        // Below what the words say.
        .env("MAINSTAY_HTTP__LISTEN", "127.0.0.1:0")
        .env("MAINSTAY_SHOP__TEST_PROVIDER__LISTEN", "127.0.0.1:0")
        .env("MAINSTAY_TELEMETRY__LOG", "warn")
        .args(words)
        .stdin(Stdio::null());
    command
}

/// Runs it to its end.
pub fn run(folder: &Path, words: &[&str]) -> Output {
    mainstay(folder, words).output().unwrap()
}

impl Serving {
    /// Starts it and waits until it says where it listens.
    pub fn start(folder: &Path, words: &[&str]) -> Self {
        Self::of(mainstay(folder, words))
    }

    pub fn of(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let stderr = child.stderr.take().unwrap();
        let (send, output) = mpsc::channel();
        // Read to the end, or the process would block on a full pipe.
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines() {
                let Ok(line) = line else { return };
                if send.send(line).is_err() {
                    return;
                }
            }
        });
        let mut serving = Self {
            child,
            http: SocketAddr::from(([0, 0, 0, 0], 0)),
            rpc: None,
            provider: None,
            welcome: String::new(),
            output,
        };
        let watch = Stopwatch::start();
        loop {
            let left = START_LIMIT.saturating_sub(watch.elapsed());
            let Ok(line) = serving.output.recv_timeout(left) else {
                panic!("it did not start:\n{}", serving.welcome)
            };
            if let Some(address) =
                address_in(&line, "/v1/products").or_else(|| address_in(&line, " serving "))
            {
                serving.http = address;
            }
            if line.contains("gRPC for peers") || line.contains("peers call") {
                serving.rpc = address_in(&line, "http://");
            }
            if line.contains("payment provider") {
                serving.provider = address_in(&line, "http://");
            }
            let is_last = line.contains("Ctrl-C finishes");
            serving.welcome.push_str(&line);
            serving.welcome.push('\n');
            if is_last {
                return serving;
            }
        }
    }

    /// Where operators call it.
    pub fn operators(&self) -> SocketAddr {
        self.welcome.lines().find_map(|line| address_in(line, "/metrics")).unwrap()
    }

    /// Sends a signal, such as `TERM`.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }

    /// Waits for the end; panics when it takes longer. What it said since the start comes with it.
    pub fn ended_within(mut self, limit: Duration) -> (ExitStatus, String) {
        let watch = Stopwatch::start();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (status, self.output.try_iter().collect::<Vec<_>>().join("\n"));
            }
            assert!(watch.elapsed() < limit, "it did not end within {limit:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Stops it as a supervisor does.
    pub fn stop(self) {
        self.signal("TERM");
        let (status, said) = self.ended_within(Duration::from_secs(10));
        assert!(status.success(), "{status}: {said}");
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // Gone already in the good case.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The `http://host:port`, or the same over TLS, in a line that contains the mark.
fn address_in(line: &str, mark: &str) -> Option<SocketAddr> {
    line.contains(mark).then_some(())?;
    let rest = line.split("://").nth(1)?;
    rest.split(['/', ' ']).next()?.parse().ok()
}

/// Status and body of one request, with the session that came back or the one that was given.
pub struct Answer {
    pub status: u16,
    pub body: serde_json::Value,
    pub session: String,
}

/// One HTTP request over one connection, by hand: a test of processes needs no client library. `None` when the
/// connection was refused or cut.
pub fn call(
    address: SocketAddr,
    method: &str,
    path: &str,
    session: &str,
    headers: &str,
    body: &str,
) -> Option<Answer> {
    use std::io::Write;
    let mut stream = std::net::TcpStream::connect(address).ok()?;
    let authorization =
        if session.is_empty() { String::new() } else { format!("authorization: Bearer {session}\r\n") };
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n{authorization}{headers}\r\n{body}",
        body.len()
    )
    .ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let issued = head.lines().find_map(|line| line.strip_prefix("mainstay-session: "));
    Some(Answer {
        status,
        // Chunked bodies are not sent to a client that closes; what is no JSON is shown as text.
        body: serde_json::from_str(body).unwrap_or_else(|_| serde_json::Value::String(body.to_owned())),
        session: issued.unwrap_or(session).to_owned(),
    })
}
