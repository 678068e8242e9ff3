//! The peer: Socket.IO on Node, installed into the folder of built things, with what its documentation advises for
//! speed: WebSockets only, no compression.

use std::error::Error;
use std::path::PathBuf;
use std::process::Command;

const VERSION: &str = "4.8";

const SERVER: &str = r#"
const http = require("http").createServer();
const io = new (require("socket.io").Server)(http, { transports: ["websocket"], perMessageDeflate: false });
const filling = "x".repeat(40);
let number = 0;
require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
  for (let left = Number(line); left > 0; left -= 1) io.emit("message", { number: ++number, filling });
}).on("close", () => process.exit(0));
http.listen(0, "127.0.0.1", () => console.log(`127.0.0.1:${http.address().port}`));
"#;

/// Installs it when it is not there yet; gives what starts a server.
pub fn command() -> Result<impl Fn() -> Command, Box<dyn Error>> {
    let folder = folder()?;
    if !folder.join("node_modules/socket.io").is_dir() {
        let installed = Command::new("npm")
            .args(["install", "--no-audit", "--no-fund", "--loglevel=error", "--prefix"])
            .arg(&folder)
            .arg(format!("socket.io@{VERSION}"))
            .stdout(std::process::Stdio::null())
            .status()?;
        if !installed.success() {
            return Err("npm could not install it".into());
        }
    }
    let script = folder.join("server.cjs");
    std::fs::write(&script, SERVER)?;
    Ok(move || {
        let mut command = Command::new("node");
        command.arg(&script).env("NODE_ENV", "production");
        command
    })
}

// Beside the release folder that this runs from.
fn folder() -> Result<PathBuf, Box<dyn Error>> {
    let binary = std::env::current_exe()?;
    let target = binary.parent().and_then(|release| release.parent()).ok_or("no folder of built things")?;
    let folder = target.join("bench-peers").join("socket.io");
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}
