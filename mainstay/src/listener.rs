//! The public listener of a system, as the commands beside it call it.

use std::io;
use std::net::SocketAddr;

use mainstay_core::Result;
use mainstay_dial::{Dialer, Stream};
use mainstay_http::Options;

/// Where a system listens, and how it is spoken to there.
#[derive(Clone, Debug)]
pub struct Listener {
    pub address: SocketAddr,
    pub dialer: Dialer,
}

impl Listener {
    /// The one of this configuration, or one elsewhere that is set up alike.
    ///
    /// # Errors
    /// `core.internal` when TLS cannot be set up.
    pub fn of(http: &Options, at: SocketAddr) -> Result<Self> {
        let dialer = if http.tls.is_on() { Dialer::pinned(&http.tls.certificate)? } else { Dialer::plain() };
        Ok(Self { address: at, dialer })
    }

    /// A connection.
    ///
    /// # Errors
    /// Those of [`Dialer::dial`].
    pub async fn connect(&self) -> io::Result<Stream> {
        self.dialer.dial(&self.address.to_string()).await
    }

    /// `https://127.0.0.1:8443`.
    pub fn url(&self) -> String {
        format!("{}://{}", self.dialer.scheme(), self.address)
    }
}
