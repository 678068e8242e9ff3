//! The host's own sections of the configuration. Each service has its own beside them.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use mainstay_core::config::BAD_CONFIGURATION;
use mainstay_core::{Configuration, Result};
use mainstay_events::Retention;
use mainstay_notify::Address;
use serde::{Deserialize, Serialize};

/// Where the root key lies in the data folder.
const ROOT_KEY: &str = "keys/root";

/// `[process]`: what concerns the process as a whole.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProcessSettings {
    /// The folder for everything that outlives the process: keys, mail, databases unless their URL says otherwise.
    /// Default: `data`.
    pub data: PathBuf,
    /// Seconds from the request to stop until the process ends at the latest. Default: 10.
    pub drain_seconds: u64,
    /// Threads for work that computes, such as hashing passwords; 0 is one for each two cores. Default: 0.
    pub cpu_threads: usize,
    /// Pieces of such work that may wait; more are refused as overload. Default: 64.
    pub cpu_queue: usize,
    /// Threads for calls that block, such as writing a mail and syncing it. Default: 8.
    pub blocking_threads: usize,
    /// Such calls that may wait; more are refused as overload. Default: 1024.
    pub blocking_queue: usize,
}

impl Default for ProcessSettings {
    fn default() -> Self {
        Self {
            data: "data".into(),
            drain_seconds: 10,
            cpu_threads: 0,
            cpu_queue: 64,
            blocking_threads: 8,
            blocking_queue: 1_024,
        }
    }
}

impl ProcessSettings {
    pub fn drain(&self) -> Duration {
        Duration::from_secs(self.drain_seconds)
    }
}

/// `[rpc]`: the way in for peers in other processes.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RpcSettings {
    /// Where peers in other processes call, such as `127.0.0.1:9000`; empty opens no port. Default: empty.
    pub listen: String,
}

impl RpcSettings {
    /// The address to listen on, when there is one.
    pub fn address(&self) -> Result<Option<SocketAddr>> {
        if self.listen.is_empty() {
            return Ok(None);
        }
        address("rpc.listen", &self.listen).map(Some)
    }
}

/// `[database]`: where services keep their rows.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DatabaseSettings {
    /// Engine and place, such as `sqlite:data`: each service has a database of its own there. A path is relative to
    /// the working folder. Empty: SQLite in the data folder. Default: empty.
    pub url: String,
}

/// `[cache]`: where values are kept that were read once and are told often.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CacheSettings {
    /// Engine and place, such as `memory:256` for as many megabytes of this process. Default: `memory:64`.
    pub url: String,
}

impl Default for CacheSettings {
    fn default() -> Self {
        Self { url: "memory:64".into() }
    }
}

/// `[blobs]`: where objects are kept, such as pictures.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BlobSettings {
    /// Engine and place, such as `file:data/blobs`. Empty: files in `blobs` of the data folder. Default: empty.
    pub url: String,
}

/// `[notify]`: where mail leaves.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NotifySettings {
    /// Engine and place, such as `folder:data/mail`. Empty: files in `mail` of the data folder. Default: empty.
    pub url: String,
    /// The address that mail is from. Default: `shop@mainstay.example`.
    pub from: String,
}

impl Default for NotifySettings {
    fn default() -> Self {
        Self { url: String::new(), from: "shop@mainstay.example".into() }
    }
}

impl NotifySettings {
    /// The sender as an address.
    pub fn address(&self) -> Result<Address> {
        self.from.parse().map_err(|_| {
            BAD_CONFIGURATION
                .error(format!("notify.from is {:?}; write one address, such as shop@example.org", self.from))
        })
    }
}

/// `[retention]`: how long what the platform writes beside a service's own rows is kept. Each is deleted in small pieces in
/// the background. Services' own ages are in their sections, such as `shop.orders.archive_days`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetentionSettings {
    /// Days that events are kept for consumers. One in the same process never misses any; one elsewhere that was away for
    /// longer stops and says so. Default: 30.
    pub outbox_days: u32,
    /// Days that a consumer remembers which events it handled; longer than every producer's `outbox_days`. Default: 31.
    pub inbox_days: u32,
    /// Days that a saga can be looked at after its end. Default: 30.
    pub sagas_days: u32,
    /// Days that a job can be looked at after it was done. Dead ones stay until a person decides. Default: 1.
    pub jobs_days: u32,
}

impl Default for RetentionSettings {
    fn default() -> Self {
        Self { outbox_days: 30, inbox_days: 31, sagas_days: 30, jobs_days: 1 }
    }
}

impl RetentionSettings {
    /// Refuses what would lose effects or answers.
    pub fn check(&self) -> Result<()> {
        for (key, days) in [
            ("outbox_days", self.outbox_days),
            ("sagas_days", self.sagas_days),
            ("jobs_days", self.jobs_days),
        ] {
            if days == 0 {
                return Err(BAD_CONFIGURATION
                    .error(format!("retention.{key} is 0; write how many days it is kept, such as 30")));
            }
        }
        if self.inbox_days <= self.outbox_days {
            return Err(BAD_CONFIGURATION.error(format!(
                "retention.inbox_days is {}, so an event of an outbox could have its effect twice; write more than \
                 retention.outbox_days, which is {}",
                self.inbox_days, self.outbox_days
            )));
        }
        Ok(())
    }

    /// The ages of events.
    pub fn events(&self) -> Retention {
        Retention { outbox: days(self.outbox_days), inbox: days(self.inbox_days) }
    }

    /// The age of ended sagas.
    pub fn sagas(&self) -> Duration {
        days(self.sagas_days)
    }

    /// The age of jobs that were done.
    pub fn jobs(&self) -> Duration {
        days(self.jobs_days)
    }
}

fn days(days: u32) -> Duration {
    Duration::from_secs(u64::from(days) * 24 * 60 * 60)
}

/// `[peers]`: addresses of services that run elsewhere, by name.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PeerSettings(BTreeMap<String, PeerEntry>);

/// `"shop.orders" = "http://…"`, or the same name as nested tables, as the environment writes it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum PeerEntry {
    Address(String),
    Names(BTreeMap<String, PeerEntry>),
}

impl PeerSettings {
    /// Addresses by full service name.
    pub fn addresses(&self) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        collect(&mut found, "", &self.0);
        found
    }
}

fn collect(found: &mut BTreeMap<String, String>, prefix: &str, entries: &BTreeMap<String, PeerEntry>) {
    for (name, entry) in entries {
        let full = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        match entry {
            PeerEntry::Address(address) => {
                found.insert(full, address.clone());
            }
            PeerEntry::Names(inner) => collect(found, &full, inner),
        }
    }
}

/// Every section that the host reads.
#[derive(Clone, Debug)]
pub struct Settings {
    pub process: ProcessSettings,
    pub rpc: RpcSettings,
    pub database: DatabaseSettings,
    pub cache: CacheSettings,
    pub blobs: BlobSettings,
    pub notify: NotifySettings,
    pub retention: RetentionSettings,
    pub peers: PeerSettings,
    pub http: mainstay_http::Options,
    pub telemetry: mainstay_telemetry::Options,
}

impl Settings {
    /// Reads and checks the sections; the services' own are read when they are mounted.
    pub fn read(configuration: &Configuration) -> Result<Self> {
        let process: ProcessSettings = configuration.section("process")?;
        let mut database: DatabaseSettings = configuration.section("database")?;
        let mut blobs: BlobSettings = configuration.section("blobs")?;
        let mut notify: NotifySettings = configuration.section("notify")?;
        if database.url.is_empty() {
            database.url = format!("sqlite:{}", process.data.display());
        }
        if blobs.url.is_empty() {
            blobs.url = format!("file:{}", process.data.join("blobs").display());
        }
        if notify.url.is_empty() {
            notify.url = format!("folder:{}", process.data.join("mail").display());
        }
        let rpc: RpcSettings = configuration.section("rpc")?;
        rpc.address()?;
        notify.address()?;
        let retention: RetentionSettings = configuration.section("retention")?;
        retention.check()?;
        let http: mainstay_http::Options = configuration.section("http")?;
        http.check()?;
        http.admin_address()?;
        Ok(Self {
            rpc,
            database,
            cache: configuration.section("cache")?,
            blobs,
            notify,
            retention,
            peers: configuration.section("peers")?,
            http,
            telemetry: configuration.section("telemetry")?,
            process,
        })
    }

    /// Where the installation's root key lies.
    pub fn root_key(&self) -> PathBuf {
        self.process.data.join(ROOT_KEY)
    }
}

/// Reads an address to listen on; the sentence names the key and shows a good value.
pub(crate) fn address(key: &str, text: &str) -> Result<SocketAddr> {
    text.parse().map_err(|_| {
        BAD_CONFIGURATION
            .error(format!("{key} is {text:?}; write an address and a port, such as 127.0.0.1:8080"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peers_are_named_in_quotes_or_nested() {
        for text in [
            "[peers]\n\"shop.payments\" = \"http://127.0.0.1:9001\"",
            "[peers.shop]\npayments = \"http://127.0.0.1:9001\"",
            "[peers]\nshop.payments = \"http://127.0.0.1:9001\"",
        ] {
            let table: toml::Table = text.parse().unwrap();
            let peers: PeerSettings = table["peers"].clone().try_into().unwrap();
            assert_eq!(peers.addresses()["shop.payments"], "http://127.0.0.1:9001", "{text}");
        }
    }

    #[test]
    fn an_inbox_that_forgets_before_an_outbox_is_refused() {
        let error =
            RetentionSettings { outbox_days: 40, ..RetentionSettings::default() }.check().unwrap_err();
        assert!(error.message().contains("inbox_days is 31"), "{error}");
        let error = RetentionSettings { sagas_days: 0, ..RetentionSettings::default() }.check().unwrap_err();
        assert!(error.message().contains("retention.sagas_days"), "{error}");
        RetentionSettings::default().check().unwrap();
    }

    #[test]
    fn a_bad_address_is_named_with_its_key() {
        let error = RpcSettings { listen: "nine".into() }.address().unwrap_err();
        assert!(error.is(&BAD_CONFIGURATION));
        assert!(error.message().contains("rpc.listen"), "{error}");
    }
}
