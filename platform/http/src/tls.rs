//! TLS without a proxy in front: rustls with ring, TLS 1.2 and 1.3, HTTP/2 and HTTP/1.1 offered by ALPN.
//!
//! The files are looked at every few seconds. When they have changed and are usable, new connections get the new
//! certificate; those that are open go on. When they are not usable the old one stays, and it is told and counted.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;
use mainstay_core::{Clock, Result, Shutdown};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ServerConfig};

use crate::codes::TLS_UNUSABLE;
use crate::metrics::Metrics;
use crate::options::TlsOptions;

/// Both spoken here, the better one first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// The certificate in use.
pub(crate) struct Tls {
    options: TlsOptions,
    current: ArcSwap<ServerConfig>,
}

/// When each of the two files was changed, and how long it is: enough to see that it was replaced.
type Marks = [Option<(SystemTime, u64)>; 2];

impl Tls {
    /// Reads the files; `None` without TLS.
    ///
    /// # Errors
    /// `http.tls_unusable`.
    pub(crate) fn open(options: &TlsOptions) -> Result<Option<Arc<Self>>> {
        if !options.is_on() {
            return Ok(None);
        }
        let current = ArcSwap::from(load(options)?);
        Ok(Some(Arc::new(Self { options: options.clone(), current })))
    }

    /// What a new connection is to use.
    pub(crate) fn config(&self) -> Arc<ServerConfig> {
        self.current.load_full()
    }

    fn marks(&self) -> Marks {
        [&self.options.certificate, &self.options.key].map(|path| {
            let metadata = fs::metadata(path).ok()?;
            Some((metadata.modified().ok()?, metadata.len()))
        })
    }

    /// Takes changed files into use, until the shutdown.
    pub(crate) async fn watch(self: Arc<Self>, clock: Clock, metrics: Metrics, shutdown: Shutdown) {
        let mut known = self.marks();
        loop {
            tokio::select! {
                () = shutdown.requested() => return,
                () = clock.sleep(Duration::from_secs(self.options.reload_seconds.max(1))) => {}
            }
            let found = self.marks();
            if found == known {
                continue;
            }
            match load(&self.options) {
                Ok(config) => {
                    self.current.store(config);
                    known = found;
                    metrics.certificates_loaded.inc();
                    tracing::info!("a new certificate is in use");
                }
                // Often only one of the two files is there yet; it is looked at again next time.
                Err(error) => {
                    metrics.certificates_refused.inc();
                    tracing::warn!(
                        error = error.chain(),
                        "the changed certificate cannot be used; the old one stays"
                    );
                }
            }
        }
    }
}

fn load(options: &TlsOptions) -> Result<Arc<ServerConfig>> {
    let unusable = |path: &Path| format!("{} cannot be used", path.display());
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(&options.certificate)
        .and_then(Iterator::collect)
        .map_err(|error| TLS_UNUSABLE.because(unusable(&options.certificate), error))?;
    if chain.is_empty() {
        return Err(TLS_UNUSABLE.error(format!("{} has no certificate", options.certificate.display())));
    }
    only_its_owner_reads(&options.key)?;
    let key = PrivateKeyDer::from_pem_file(&options.key)
        .map_err(|error| TLS_UNUSABLE.because(unusable(&options.key), error))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(|error| TLS_UNUSABLE.because("TLS cannot be set up", error))?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|error| TLS_UNUSABLE.because("the certificate and the key do not belong together", error))?;
    config.alpn_protocols = PROTOCOLS.iter().map(|name| name.to_vec()).collect();
    Ok(Arc::new(config))
}

fn only_its_owner_reads(key: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let metadata = fs::metadata(key)
        .map_err(|error| TLS_UNUSABLE.because(format!("{} cannot be read", key.display()), error))?;
    if metadata.permissions().mode() & 0o077 != 0 {
        return Err(TLS_UNUSABLE.error(format!("others can read the key {}; chmod 600 it", key.display())));
    }
    Ok(())
}
