//! What the whole shop takes when nobody is in it: memory, time to be ready, disk, and a developer's patience.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use mainstay_core::{Clock, Stopwatch};

use crate::load::Buyer;
use crate::report::{Peer, Report, median};
use crate::shop::ShopProcess;

type Failure = Box<dyn Error + Send + Sync>;

const MEGABYTE: f64 = 1_000_000.0;

/// The service whose change is rebuilt, and the file that is changed.
const CHANGED: &str = "systems/shop/cart/src/lib.rs";

pub async fn run(quick: bool, report: &mut Report) -> Result<(), Box<dyn Error>> {
    measure(quick, report).await.map_err(|error| error.to_string().into())
}

async fn measure(quick: bool, report: &mut Report) -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    // The first start puts the data in place; the others find it.
    drop(ShopProcess::start(folder.path())?);
    let mut ready = Vec::new();
    for _ in 0..if quick { 3 } else { 9 } {
        let watch = Stopwatch::start();
        let shop = ShopProcess::start(folder.path())?;
        let page = Buyer::connect(shop.address).await?.text("/readyz").await?;
        if !page.contains("\"ready\"") {
            return Err(format!("it is not ready: {page}").into());
        }
        ready.push(watch.elapsed().as_secs_f64() * 1_000.0);
    }
    report.figure("footprint", "ready-ms", median(ready), "ms", Peer::None);

    let shop = ShopProcess::start(folder.path())?;
    Buyer::connect(shop.address).await?.text("/v1/products").await?;
    Clock::system().sleep(Duration::from_secs(if quick { 10 } else { 30 })).await;
    let vendure = Peer::Recorded { name: "Vendure 3.7 on SQLite, MB", value: 500.0 };
    report.figure("footprint", "idle-resident-mb", resident(shop.pid())? / MEGABYTE, "MB", vendure);
    drop(shop);

    let binary = std::env::current_exe()?.with_file_name("mainstay");
    let size = std::fs::metadata(binary)?.len() as f64 / MEGABYTE;
    report.figure("footprint", "binary-mb", size, "MB", Peer::None);
    report.figure("footprint", "rebuild-s", rebuild()?, "s", Peer::None);
    Ok(())
}

fn resident(pid: u32) -> Result<f64, Failure> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    let kilobytes: f64 = line.split_whitespace().next().ok_or("no number")?.parse()?;
    Ok(kilobytes * 1_024.0)
}

/// Builds for debugging, changes one service, and builds again; how long the second build took.
fn rebuild() -> Result<f64, Failure> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("no workspace")?;
    build(root)?;
    let changed = Changed::make(root.join(CHANGED))?;
    let watch = Stopwatch::start();
    build(root)?;
    let took = watch.elapsed().as_secs_f64();
    drop(changed);
    Ok(took)
}

fn build(root: &Path) -> Result<(), Failure> {
    let built = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".into()))
        .args(["build", "--quiet", "--package", "mainstay"])
        .current_dir(root)
        .status()?;
    if built.success() { Ok(()) } else { Err("the debug build failed".into()) }
}

/// A file with one more line, which goes with this.
struct Changed {
    file: PathBuf,
    before: String,
}

impl Changed {
    fn make(file: PathBuf) -> Result<Self, Failure> {
        let before = std::fs::read_to_string(&file)?;
        std::fs::write(&file, format!("{before}\n// A change.\n"))?;
        Ok(Self { file, before })
    }
}

impl Drop for Changed {
    fn drop(&mut self) {
        if let Err(error) = std::fs::write(&self.file, &self.before) {
            eprintln!("{} has a line too much at its end: {error}", self.file.display());
        }
    }
}
