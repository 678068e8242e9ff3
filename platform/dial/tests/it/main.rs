//! Who is talked to, and who is not.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use mainstay_core::Tasks;
use mainstay_dial::Dialer;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// Writes a new certificate to the file, for a name that the listener does not have.
fn certify(file: &Path) -> CertifiedKey<rcgen::KeyPair> {
    let made = generate_simple_self_signed(["shop.example".to_owned()]).unwrap();
    fs::write(file, made.cert.pem()).unwrap();
    made
}

/// A listener that sends back what it gets, with this certificate.
async fn echo(certified: CertifiedKey<rcgen::KeyPair>) -> SocketAddr {
    let key = PrivateKeyDer::try_from(certified.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    Tasks::new().spawn("listener", async move {
        while let Ok((stream, _)) = listener.accept().await {
            // Who does not like the certificate hangs up.
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut bytes = [0; 5];
            stream.read_exact(&mut bytes).await.unwrap();
            stream.write_all(&bytes).await.unwrap();
            stream.flush().await.unwrap();
        }
    });
    address
}

async fn exchange(dialer: &Dialer, address: SocketAddr) -> std::io::Result<[u8; 5]> {
    let mut stream = dialer.dial(&address.to_string()).await?;
    stream.write_all(b"hello").await?;
    stream.flush().await?;
    let mut bytes = [0; 5];
    stream.read_exact(&mut bytes).await?;
    Ok(bytes)
}

#[tokio::test]
async fn who_has_the_certificate_of_the_file_is_talked_to_and_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("chain.pem");
    let first = echo(certify(&file)).await;
    let dialer = Dialer::pinned(&file).unwrap();
    assert_eq!(dialer.scheme(), "https");
    assert_eq!(&exchange(&dialer, first).await.unwrap(), b"hello");

    // Another one of the same name is somebody else.
    let second = echo(certify(&folder.path().join("other.pem"))).await;
    assert_eq!(exchange(&dialer, second).await.unwrap_err().kind(), ErrorKind::InvalidData);

    // Replaced while the dialer is there: the new one holds, and the old one does not.
    let third = echo(certify(&file)).await;
    assert_eq!(&exchange(&dialer, third).await.unwrap(), b"hello");
    assert_eq!(exchange(&dialer, first).await.unwrap_err().kind(), ErrorKind::InvalidData);

    fs::remove_file(&file).unwrap();
    let error = exchange(&dialer, third).await.unwrap_err();
    assert!(error.to_string().contains("chain.pem"), "{error}");
}

/// The certificate is public: somebody else who shows it has not its key.
#[tokio::test]
async fn who_shows_the_certificate_without_its_key_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("chain.pem");
    let shown = certify(&file);
    let thief = generate_simple_self_signed(["shop.example".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(thief.signing_key.serialize_der()).unwrap();
    let provider = ring::default_provider();
    let key = provider.key_provider.load_private_key(key).unwrap();
    let chain = vec![shown.cert.der().clone()];
    let resolver = Arc::new(Fixed(Arc::new(tokio_rustls::rustls::sign::CertifiedKey::new(chain, key))));
    let config = ServerConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(resolver);
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    Tasks::new().spawn("listener", async move {
        while let Ok((stream, _)) = listener.accept().await {
            assert!(acceptor.accept(stream).await.is_err());
        }
    });
    let dialer = Dialer::pinned(&file).unwrap();
    assert_eq!(exchange(&dialer, address).await.unwrap_err().kind(), ErrorKind::InvalidData);
}

#[derive(Debug)]
struct Fixed(Arc<tokio_rustls::rustls::sign::CertifiedKey>);

impl tokio_rustls::rustls::server::ResolvesServerCert for Fixed {
    fn resolve(
        &self,
        _: tokio_rustls::rustls::server::ClientHello<'_>,
    ) -> Option<Arc<tokio_rustls::rustls::sign::CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

#[tokio::test]
async fn without_tls_it_is_a_plain_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let dialer = Dialer::plain();
    assert_eq!(dialer.scheme(), "http");
    let (sent, came) = tokio::join!(exchange(&dialer, address), async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut bytes = [0; 5];
        stream.read_exact(&mut bytes).await.unwrap();
        stream.write_all(&bytes).await.unwrap();
        bytes
    });
    assert_eq!((&sent.unwrap(), &came), (b"hello", b"hello"));
}
