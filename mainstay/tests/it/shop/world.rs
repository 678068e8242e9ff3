//! The processes of a shop, in a folder of their own.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use mainstay::listener::Listener;
use mainstay::shop::SERVICES;
use mainstay::shop::demo::LOGINS;
use mainstay::shop::provider::Provider;
use mainstay_core::{Clock, Configuration};
use mainstay_dial::Dialer;
use mainstay_ports::free_address;
use shop_auth_contracts::Role;
use tokio::net::TcpStream;

use super::buyer::Buyer;
use super::client::spawn;

/// A debug build on a busy machine makes the demo data in a few seconds.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// One running process.
pub struct Process {
    child: Child,
    pub address: SocketAddr,
    watched: Vec<JoinHandle<String>>,
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
        let errors = std::thread::spawn(move || watch(errors, &found));
        let output = child.stdout.take().ok_or("no output")?;
        let output = std::thread::spawn(move || watch(output, &mpsc::channel().0));
        match address.recv_timeout(READY_WITHIN) {
            Ok(address) => Ok(Self { child, address, watched: vec![errors, output] }),
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

    /// Asks it to stop as a supervisor does, and waits until it has: it drains.
    pub fn stop(&mut self) {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(asked.unwrap().success());
        assert!(self.child.wait().unwrap().success(), "it did not drain");
    }

    /// All that it said until it ended.
    pub fn told(&mut self) -> String {
        self.watched.drain(..).map(|watched| watched.join().unwrap()).collect()
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
fn watch(output: impl std::io::Read, found: &mpsc::Sender<SocketAddr>) -> String {
    let mut told = String::new();
    for line in BufReader::new(output).lines().map_while(Result::ok) {
        eprintln!("| {line}");
        told.push_str(&line);
        told.push('\n');
        if let Some(address) = listening_at(&line) {
            // Only the first one is waited for.
            let _ = found.send(address);
        }
    }
    told
}

fn listening_at(line: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once("http://")?;
    rest.split(|letter: char| letter != '.' && letter != ':' && !letter.is_ascii_digit()).next()?.parse().ok()
}

/// How the services are spread over processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topology {
    /// All in one process.
    One,
    /// Payments in a process of its own, reached over HTTP/2; orders and the others in another.
    Split,
}

/// A shop with demo data in a throw-away folder.
pub struct World {
    folder: tempfile::TempDir,
    settings: Vec<String>,
    topology: Topology,
    pub program: PathBuf,
    /// Where peers reach it, when it listens for them.
    rpc: Option<SocketAddr>,
    /// What buyers reach.
    pub shop: Process,
    apart: Option<Apart>,
}

/// What runs beside the buyers' process when the shop is split. The fields are ended in this order.
struct Apart {
    payments: Process,
    _provider: Provider,
}

impl World {
    /// The shop in one process, with settings such as `shop.orders.hold_seconds=2`.
    pub async fn single(settings: &[&str]) -> Self {
        Self::open(Topology::One, settings).await
    }

    /// The shop in one process that also listens for peers.
    pub async fn with_rpc() -> Self {
        let rpc = free_address();
        let mut world = Self::single(&[&format!("rpc.listen={rpc}")]).await;
        world.rpc = Some(rpc);
        world
    }

    /// Makes a call as a stranger on the network would; the gRPC status of the answer.
    pub async fn call(&self, path: &str, authorization: Option<&[u8]>, message: &[u8]) -> String {
        let address = self.rpc.unwrap();
        let stream = TcpStream::connect(address).await.unwrap();
        let (mut sender, driver) =
            http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
        spawn(async move {
            // How the connection ended shows in the answer.
            let _ = driver.await;
        });
        let mut request = Request::post(format!("http://{address}{path}"))
            .header("content-type", "application/grpc")
            .header("te", "trailers");
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        let length = u32::try_from(message.len()).unwrap().to_be_bytes();
        let framed = [&[0], &length[..], message].concat();
        let request = request.body(Full::new(Bytes::from(framed))).unwrap();
        let (head, body) = sender.send_request(request).await.unwrap().into_parts();
        let trailers = body.collect().await.unwrap().trailers().cloned().unwrap_or_default();
        let status = head.headers.get("grpc-status").or_else(|| trailers.get("grpc-status"));
        status.and_then(|status| status.to_str().ok()).unwrap_or("none").to_owned()
    }

    pub async fn open(topology: Topology, settings: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let program = PathBuf::from(env!("CARGO_BIN_EXE_mainstay"));
        let settings: Vec<String> = settings.iter().map(|setting| (*setting).to_owned()).collect();
        // The demo data is put there by one process in either case: the same files then serve the other topology.
        let shop = Process::start(&program, &up(folder.path(), &settings)).unwrap();
        let mut world = Self { folder, settings, topology, program, rpc: None, shop, apart: None };
        if topology == Topology::Split {
            world.restart().await;
        }
        world
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
        let staff = LOGINS.iter().find(|login| login.role == Role::Staff).unwrap();
        let mut buyer = self.buyer();
        buyer.log_in(staff.email, staff.password).await.unwrap();
        buyer
    }

    /// Ends every process as a power cut does, and starts them again on the same data.
    pub async fn restart(&mut self) {
        self.shop.kill();
        self.apart = None;
        match self.topology {
            Topology::One => {
                self.shop = Process::start(&self.program, &up(self.folder.path(), &self.settings)).unwrap();
            }
            Topology::Split => self.start_apart().await,
        }
    }

    /// Drains every process and leaves it ended.
    pub fn stop(&mut self) {
        self.shop.stop();
        if let Some(apart) = &mut self.apart {
            apart.payments.stop();
        }
    }

    /// Another process beside the shop, on the same data folder, with its peers at `rpc`.
    pub fn serve_beside(&self, service: &str, rpc: SocketAddr, peers: &[&str]) -> Process {
        let mut arguments = ["serve", service, "--listen", "127.0.0.1:0"].map(str::to_owned).to_vec();
        for peer in peers {
            arguments.extend(["--peer".to_owned(), format!("{peer}=http://{rpc}")]);
        }
        let data = format!("process.data={}", self.data().display());
        arguments.extend(["--set".to_owned(), data]);
        Process::start(&self.program, &arguments).unwrap()
    }

    /// Starts the crash harness on the same data, to abort where `abort` says, such as `before:17`.
    pub fn start_fragile(&self, crashbox: &Path, abort: &str) -> Result<Process, String> {
        let mut arguments = vec!["--abort".to_owned(), abort.to_owned()];
        let listen = "http.listen=127.0.0.1:0".to_owned();
        for setting in settings_of(self.folder.path(), &self.settings).into_iter().chain([listen]) {
            arguments.extend(["--set".to_owned(), setting]);
        }
        Process::start(crashbox, &arguments)
    }

    async fn start_apart(&mut self) {
        let flags = settings_of(self.folder.path(), &self.settings);
        let configuration = Configuration::load(None, [], &flags).unwrap();
        let provider =
            Provider::start(&configuration, &mainstay::engines::all(), &Clock::system()).await.unwrap();
        let (rpc_shop, rpc_payments) = (free_address(), free_address());
        let serve = |services: &[&str], rpc: SocketAddr, peers: &[(&str, SocketAddr)]| {
            let mut arguments = vec!["serve".to_owned()];
            arguments.extend(services.iter().map(|service| (*service).to_owned()));
            arguments.extend(["--listen".to_owned(), "127.0.0.1:0".to_owned()]);
            arguments.extend(["--rpc".to_owned(), rpc.to_string()]);
            for (name, address) in peers {
                arguments.extend(["--peer".to_owned(), format!("{name}=http://{address}")]);
            }
            for setting in flags.iter().chain(&provider.keys()) {
                arguments.extend(["--set".to_owned(), setting.clone()]);
            }
            Process::start(&self.program, &arguments).unwrap()
        };
        let payments = serve(&["shop/payments"], rpc_payments, &[]);
        let rest: Vec<&str> =
            SERVICES.iter().map(|service| service.name).filter(|name| *name != "shop.payments").collect();
        self.shop = serve(&rest, rpc_shop, &[("shop.payments", rpc_payments)]);
        provider.tell(&Listener { address: payments.address, dialer: Dialer::plain() });
        self.apart = Some(Apart { payments, _provider: provider });
    }
}

// The arguments that open the whole shop on free ports with the data in `folder`.
fn up(folder: &Path, settings: &[String]) -> Vec<String> {
    let mut arguments: Vec<String> =
        ["up", "shop", "--demo", "--listen", "127.0.0.1:0"].map(str::to_owned).into();
    for setting in settings_of(folder, settings) {
        arguments.extend(["--set".to_owned(), setting]);
    }
    arguments
}

/// Where its data is and where its provider listens, and `settings` on top.
pub fn settings_of(folder: &Path, settings: &[String]) -> Vec<String> {
    let data = format!("process.data={}", folder.join("data").display());
    let provider = "shop.test_provider.listen=127.0.0.1:0".to_owned();
    [data, provider].into_iter().chain(settings.iter().cloned()).collect()
}
