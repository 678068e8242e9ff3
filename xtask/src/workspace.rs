//! Where things are: the root of the clone, the target folder, and whether this is CI.

use std::env;
use std::path::{Path, PathBuf};

/// What went wrong, as the one sentence that the person reads.
pub type Result<T, E = String> = std::result::Result<T, E>;

/// The folder that holds the workspace's Cargo.toml.
pub fn root() -> Result<PathBuf> {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map(Path::to_path_buf)
        .ok_or_else(|| "xtask does not lie in a workspace".into())
}

/// Where cargo puts what it builds, with `CARGO_TARGET_DIR` honoured.
pub fn target() -> Result<PathBuf> {
    let named = env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    // Cargo is run at the root.
    Ok(root()?.join(named.unwrap_or_else(|| "target".into())))
}

/// Where tools that xtask fetched for itself live, outside the clone, so that the next clone finds them.
pub fn tools() -> Result<PathBuf> {
    let cache = env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| env::var_os("HOME").map(|home| Path::new(&home).join(".cache")))
        .ok_or("neither HOME nor XDG_CACHE_HOME says where tools may be kept")?;
    Ok(cache.join("mainstay").join("tools"))
}

/// True under CI, where a skipped test is a failed run.
pub fn is_ci() -> bool {
    env::var("CI").is_ok_and(|value| !matches!(value.as_str(), "" | "0" | "false"))
}
