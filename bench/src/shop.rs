//! The shop as its own process: the release binary with its production settings, demo goods and the test provider.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use tempfile::TempDir;

use crate::process;

type Failure = Box<dyn std::error::Error + Send + Sync>;

const READY_WITHIN: Duration = Duration::from_secs(60);
const ENDED_WITHIN: Duration = Duration::from_secs(20);

/// Where mails go if it is there: into memory, since in production they go to another machine. Thousands of files that
/// were deleted a moment ago slow the creation of new ones down on some file systems, and one run would slow down the
/// next.
const MEMORY: &str = "/dev/shm";

pub struct ShopProcess {
    child: Child,
    // Deleted with the process.
    _mail: TempDir,
    pub address: SocketAddr,
    /// Where its metrics are.
    pub admin: SocketAddr,
}

impl ShopProcess {
    /// Starts the binary that lies beside this one, with everything it keeps in `folder`.
    pub fn start(folder: &Path) -> Result<Self, Failure> {
        Self::start_with(folder, &[])
    }

    /// The same with keys of the configuration set.
    pub fn start_with(folder: &Path, keys: &[&str]) -> Result<Self, Failure> {
        let binary = std::env::current_exe()?.with_file_name("mainstay");
        let data = format!("process.data={}", folder.join("data").display());
        let memory = Path::new(MEMORY);
        let mail = tempfile::tempdir_in(if memory.is_dir() { memory } else { folder })?;
        let notify = format!("notify.url=folder:{}", mail.path().display());
        let mut child = Command::new(&binary)
            .args(["up", "shop", "--demo", "--listen", "127.0.0.1:0", "--set", &data, "--set", &notify])
            .args([
                "--set",
                "shop.test_provider.listen=127.0.0.1:0",
                "--set",
                "http.admin.listen=127.0.0.1:0",
            ])
            .args(keys.iter().flat_map(|key| ["--set", key]))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{} does not start: {error}", binary.display()))?;
        let (found, addresses) = mpsc::channel();
        let (output, errors) = (child.stdout.take(), child.stderr.take());
        for stream in [output.map(boxed), errors.map(boxed)].into_iter().flatten() {
            let found = found.clone();
            // Read to the end, so that the process never waits for a reader.
            std::thread::spawn(move || {
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    if let Some(address) = listening_at(&line) {
                        // Later ones are waited for by nobody.
                        let _ = found.send((address, line.ends_with("/metrics")));
                    }
                }
            });
        }
        let (mut shop, mut admin) = (None, None);
        while let Ok((address, is_metrics)) = addresses.recv_timeout(READY_WITHIN) {
            if is_metrics {
                admin = Some(address);
            } else {
                // The shop's own comes first.
                shop = shop.or(Some(address));
            }
            if let (Some(address), Some(admin)) = (shop, admin) {
                return Ok(Self { child, _mail: mail, address, admin });
            }
        }
        let _ = child.kill();
        Err("the shop was not ready within a minute".into())
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for ShopProcess {
    fn drop(&mut self) {
        // In good order: only a process that ends by itself writes what it has counted (`cargo xtask train`).
        process::end(&mut self.child, ENDED_WITHIN);
    }
}

fn boxed(stream: impl Read + Send + 'static) -> Box<dyn Read + Send> {
    Box::new(stream)
}

fn listening_at(line: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once("http://")?;
    rest.split(|letter: char| letter != '.' && letter != ':' && !letter.is_ascii_digit()).next()?.parse().ok()
}
