//! The floors: which crate may depend on which. ARCHITECTURE.md draws the arrows; this file holds them, over
//! the normal and build dependencies that cargo itself reports. Development dependencies are free, since a
//! test may reach for anything.

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};

use crate::workspace::{self, Result};

/// Platform capabilities from the top down: each may use those after it and none before it.
const PLATFORM: [&str; 26] = [
    "host",
    "conformance",
    "introspection",
    "realtime",
    "observe",
    "http",
    "rpc",
    "identity",
    "access",
    "audit",
    "workflow",
    "jobs",
    "cache",
    "events",
    "search",
    "uploads",
    "sql",
    "blobs",
    "notify",
    "dial",
    "records",
    "resilience",
    "profile",
    "telemetry",
    "secrets",
    "core",
];

/// Where a crate stands, read off the folder that it lies in.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Floor {
    /// A capability, with its place in [`PLATFORM`].
    Platform(usize),
    Engine,
    /// A service of the named system.
    Service(String),
    /// What a service of the named system says to its peers.
    Contracts(String),
    Testkit,
    Crashbox,
    Parsers,
    Mainstay,
    Bench,
    Xtask,
}

impl Floor {
    /// `folder` is relative to the root of the workspace.
    fn of(folder: &str) -> Option<Self> {
        let parts: Vec<&str> = folder.split('/').collect();
        Some(match parts[..] {
            ["platform", name] => Self::Platform(PLATFORM.iter().position(|known| *known == name)?),
            ["engines", _] => Self::Engine,
            ["systems", system, name] if name.ends_with("-contracts") => Self::Contracts(system.into()),
            ["systems", system, _] => Self::Service(system.into()),
            ["testkit"] => Self::Testkit,
            ["testkit", "crashbox"] => Self::Crashbox,
            ["testkit", "parsers"] => Self::Parsers,
            ["mainstay"] => Self::Mainstay,
            ["bench"] => Self::Bench,
            ["xtask"] => Self::Xtask,
            _ => return None,
        })
    }

    /// Whether a crate on this floor may be built with one on the `other`.
    fn may_use(&self, other: &Self) -> bool {
        use Floor::{
            Bench, Contracts, Crashbox, Engine, Mainstay, Parsers, Platform, Service, Testkit, Xtask,
        };
        const HOST: usize = 0;
        match (self, other) {
            (Platform(own), Platform(theirs)) => own < theirs,
            // An engine fills ports; it does not mount services.
            (Engine, Platform(theirs)) => *theirs != HOST,
            // Contracts are words: what they need is what generated code and typed topics need.
            (Contracts(_), Platform(theirs)) => *theirs != HOST,
            (Contracts(own), Contracts(theirs)) => own == theirs,
            (Service(_), Platform(_)) => true,
            // Two services share no type but the generated ones.
            (Service(own), Contracts(theirs)) => own == theirs,
            (Testkit, Platform(_) | Engine) => true,
            (Parsers, Platform(_) | Service(_)) => true,
            (Mainstay, Platform(_) | Engine | Service(_) | Contracts(_)) => true,
            (Crashbox | Bench, Platform(_) | Engine | Service(_) | Contracts(_) | Mainstay | Testkit) => true,
            (
                Platform(_) | Engine | Contracts(_) | Service(_) | Testkit | Mainstay | Crashbox | Parsers
                | Bench | Xtask,
                Platform(_) | Engine | Contracts(_) | Service(_) | Testkit | Mainstay | Crashbox | Parsers
                | Bench | Xtask,
            ) => false,
        }
    }
}

/// Reads the workspace and refuses with every arrow that points up.
pub fn check() -> Result<()> {
    let metadata = MetadataCommand::new()
        .manifest_path(workspace::root()?.join("Cargo.toml"))
        .no_deps()
        .exec()
        .map_err(|error| format!("cargo metadata failed: {error}"))?;
    let broken = broken(&arrows(&metadata));
    if broken.is_empty() { Ok(()) } else { Err(format!("arrows that point up:\n  {}", broken.join("\n  "))) }
}

/// One folder depends on another.
struct Arrow {
    from: String,
    to: String,
}

fn arrows(metadata: &Metadata) -> Vec<Arrow> {
    let relative = |path: &cargo_metadata::camino::Utf8Path| {
        path.strip_prefix(&metadata.workspace_root).map_or_else(|_| path.to_string(), ToString::to_string)
    };
    metadata
        .packages
        .iter()
        .flat_map(|package| {
            let from = relative(package.manifest_path.parent().unwrap_or(&package.manifest_path));
            package
                .dependencies
                .iter()
                .filter(|dependency| dependency.kind != DependencyKind::Development)
                .filter_map(move |dependency| {
                    let to = relative(dependency.path.as_deref()?);
                    Some(Arrow { from: from.clone(), to })
                })
        })
        .collect()
}

fn broken(arrows: &[Arrow]) -> Vec<String> {
    arrows
        .iter()
        .filter_map(|Arrow { from, to }| match (Floor::of(from), Floor::of(to)) {
            (Some(own), Some(theirs)) if own.may_use(&theirs) => None,
            (Some(_), Some(_)) => Some(format!("{from} must not depend on {to}")),
            (None, _) => Some(format!("{from} has no floor: name it in xtask/src/floors.rs")),
            (_, None) => Some(format!("{to} has no floor: name it in xtask/src/floors.rs")),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_point_down() {
        for (from, to, allowed) in [
            ("platform/host", "platform/http", true),
            ("platform/http", "platform/host", false),
            ("platform/core", "platform/telemetry", false),
            ("platform/sql", "platform/telemetry", true),
            ("platform/sql", "engines/sqlite", false),
            ("engines/sqlite", "platform/sql", true),
            ("engines/sqlite", "platform/host", false),
            ("engines/sqlite", "engines/local", false),
            ("systems/shop/orders", "platform/host", true),
            ("systems/shop/orders", "engines/sqlite", false),
            ("systems/shop/orders", "systems/shop/cart-contracts", true),
            ("systems/shop/orders", "systems/shop/cart", false),
            ("systems/collab/documents", "systems/shop/cart-contracts", false),
            ("systems/shop/orders", "testkit", false),
            ("systems/shop/orders-contracts", "systems/shop/orders", false),
            ("mainstay", "systems/shop/orders", true),
            ("mainstay", "testkit", false),
            ("testkit/crashbox", "mainstay", true),
            ("bench", "mainstay", true),
            ("xtask", "platform/core", false),
            ("platform/sql", "mainstay", false),
            ("platform/misc", "platform/core", false),
        ] {
            let faults = broken(&[Arrow { from: from.into(), to: to.into() }]);
            assert_eq!(faults.is_empty(), allowed, "{from} -> {to}: {faults:?}");
        }
    }

    #[test]
    fn this_workspace_keeps_its_floors() {
        check().unwrap();
    }
}
