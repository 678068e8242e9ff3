//! Opens connections.

use std::fmt;
use std::future::Future;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::Uri;
use hyper_util::rt::TokioIo;
use mainstay_core::{Result, codes};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::Resumption;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{self, ClientConfig};

use crate::certificate::OnlyTheFiles;
use crate::stream::Stream;

/// How a listener is spoken to. For hyper's pooling client it is a connector.
#[derive(Clone, Default)]
pub struct Dialer {
    tls: Option<TlsConnector>,
}

impl Dialer {
    /// Without TLS.
    pub fn plain() -> Self {
        Self::default()
    }

    /// With TLS, to whoever has the first certificate of this file (PEM) and its key. HTTP/1.1 is what is spoken.
    ///
    /// # Errors
    /// `core.internal` when TLS cannot be set up. The file is read when somebody is called.
    pub fn pinned(certificate: &Path) -> Result<Self> {
        let provider = Arc::new(ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
            .map_err(|error| codes::INTERNAL.because("TLS cannot be set up", error))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(OnlyTheFiles::new(certificate, provider)))
            .with_no_client_auth();
        // A session that is resumed is not verified again, so it would outlive its certificate.
        config.resumption = Resumption::disabled();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { tls: Some(TlsConnector::from(Arc::new(config))) })
    }

    /// `http` or `https`.
    pub const fn scheme(&self) -> &'static str {
        if self.tls.is_some() { "https" } else { "http" }
    }

    /// Connects to `host:port`.
    ///
    /// # Errors
    /// What the system says of the connection; `InvalidData` when somebody else is there than was expected.
    pub async fn dial(&self, authority: &str) -> io::Result<Stream> {
        let stream = TcpStream::connect(authority).await?;
        stream.set_nodelay(true)?;
        let Some(tls) = &self.tls else { return Ok(Stream::Plain(stream)) };
        let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let name = ServerName::try_from(host).map_err(io::Error::other)?;
        Ok(Stream::Tls(Box::new(tls.connect(name, stream).await?)))
    }
}

impl fmt::Debug for Dialer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Dialer").field(&self.scheme()).finish()
    }
}

impl tower::Service<Uri> for Dialer {
    type Response = TokioIo<Stream>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let dialer = self.clone();
        Box::pin(async move {
            let host = uri.host().ok_or_else(|| io::Error::other("the address has no host"))?;
            let port = uri.port_u16().unwrap_or(if dialer.tls.is_some() { 443 } else { 80 });
            Ok(TokioIo::new(dialer.dial(&format!("{host}:{port}")).await?))
        })
    }
}
