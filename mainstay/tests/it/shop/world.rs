//! The processes of a shop, in a folder of their own.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use super::buyer::Buyer;

/// A debug build on a busy machine makes the demo data in a few seconds.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// One running process.
pub struct Process {
    child: Child,
    pub address: SocketAddr,
}

impl Process {
    /// Starts `program` and waits until it says where it listens: the first address that it prints.
    pub fn start(program: &Path, arguments: &[String]) -> Result<Self, String> {
        let mut child = Command::new(program)
            .args(arguments)
            .env("RUST_BACKTRACE", "0")
            .env_remove("CI")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{} does not start: {error}", program.display()))?;
        let (found, address) = mpsc::channel();
        // The threads read on until the process ends, so that its output never fills up.
        let errors = child.stderr.take().ok_or("no output")?;
        std::thread::spawn(move || watch(errors, &found));
        let output = child.stdout.take().ok_or("no output")?;
        std::thread::spawn(move || watch(output, &mpsc::channel().0));
        match address.recv_timeout(READY_WITHIN) {
            Ok(address) => Ok(Self { child, address }),
            Err(_) => {
                let _ = child.kill();
                let status = child.wait().map(|status| status.to_string()).unwrap_or_default();
                Err(format!("{} was not ready: {status}", program.display()))
            }
        }
    }

    pub fn kill(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().is_ok_and(|status| status.is_some())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

// What the process says goes to the test's own output, which is shown when the test fails.
fn watch(output: impl std::io::Read, found: &mpsc::Sender<SocketAddr>) {
    for line in BufReader::new(output).lines().map_while(Result::ok) {
        eprintln!("| {line}");
        if let Some(address) = listening_at(&line) {
            // Only the first one is waited for.
            let _ = found.send(address);
        }
    }
}

fn listening_at(line: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once("http://")?;
    rest.split(|letter: char| letter != '.' && letter != ':' && !letter.is_ascii_digit()).next()?.parse().ok()
}

/// A shop with demo data in a throw-away folder.
pub struct World {
    folder: tempfile::TempDir,
    pub program: PathBuf,
    pub settings: Vec<String>,
    pub shop: Process,
    /// Other processes of the same shop.
    pub others: Vec<Process>,
}

impl World {
    /// The whole shop in one process.
    pub fn open() -> Self {
        Self::open_with(&[])
    }

    /// The same with settings such as `shop.orders.hold_seconds=2`.
    pub fn open_with(settings: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let program = PathBuf::from(env!("CARGO_BIN_EXE_mainstay"));
        let settings: Vec<String> = settings.iter().map(|setting| (*setting).to_owned()).collect();
        let arguments = arguments(folder.path(), &settings);
        let shop = Process::start(&program, &arguments).unwrap();
        Self { folder, program, settings, shop, others: Vec::new() }
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub fn address(&self) -> SocketAddr {
        self.shop.address
    }

    pub fn buyer(&self) -> Buyer {
        Buyer::new(self.address())
    }

    pub async fn staff(&self) -> Buyer {
        let mut staff = self.buyer();
        staff.log_in("staff@shop.example", "slate-harbour-17").await.unwrap();
        staff
    }

    /// Ends the shop as a power cut does, and starts it again on the same data.
    pub fn restart(&mut self) {
        self.shop.kill();
        self.shop = Process::start(&self.program, &arguments(self.folder.path(), &self.settings)).unwrap();
    }

    /// Starts another program on the same data, with arguments of its own before the usual ones.
    pub fn start(&self, program: &Path, before: &[String]) -> Result<Process, String> {
        let mut all = before.to_vec();
        all.extend(arguments(self.folder.path(), &self.settings));
        Process::start(program, &all)
    }
}

/// The arguments that open the whole shop on free ports with the data in `folder`.
pub fn arguments(folder: &Path, settings: &[String]) -> Vec<String> {
    let mut arguments = vec!["up".to_owned(), "shop".to_owned(), "--demo".to_owned()];
    arguments.extend(["--listen".to_owned(), "127.0.0.1:0".to_owned()]);
    let data = format!("process.data={}", folder.join("data").display());
    let provider = "shop.test_provider.listen=127.0.0.1:0".to_owned();
    for setting in [&data, &provider].into_iter().chain(settings) {
        arguments.extend(["--set".to_owned(), setting.clone()]);
    }
    arguments
}
