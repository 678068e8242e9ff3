//! TLS: both protocols, and certificates that change while it runs.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use mainstay_http::codes::TLS_UNUSABLE;
use mainstay_http::options::TlsOptions;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::site::Site;

/// Writes a new certificate for `localhost`, and returns it.
fn certify(folder: &Path) -> CertificateDer<'static> {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = folder.join("key.pem");
    fs::write(&key, signing_key.serialize_pem()).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(folder.join("chain.pem"), cert.pem()).unwrap();
    cert.der().clone()
}

fn options(folder: &Path) -> TlsOptions {
    TlsOptions { certificate: folder.join("chain.pem"), key: folder.join("key.pem"), ..TlsOptions::default() }
}

async fn shake(
    address: SocketAddr,
    trusted: &CertificateDer<'static>,
    protocol: &[u8],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    let stream = TcpStream::connect(address).await?;
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

#[tokio::test]
async fn both_protocols_are_spoken_and_the_certificate_changes_without_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let first = certify(folder.path());
    let (site, manual) = Site::still(|settings| settings.tls = options(folder.path()));
    let listening = site.listen().await;
    let mut plain = shake(listening.address, &first, b"http/1.1").await.unwrap();
    assert_eq!(plain.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    plain.write_all(b"GET /v1/hello HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    plain.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("world"), "{answer}");
    assert!(answer.contains("strict-transport-security: max-age=31536000"), "{answer}");
    let second_protocol = shake(listening.address, &first, b"h2").await.unwrap();
    assert_eq!(second_protocol.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));

    // Half a change: the old one stays.
    fs::write(folder.path().join("chain.pem"), "-----BEGIN CERTIFICATE-----\nAAAA").unwrap();
    while !site.registry.encode().contains("mainstay_http_certificates_refused_total{} 1") {
        manual.advance(Duration::from_secs(10));
        tokio::task::yield_now().await;
    }
    assert!(shake(listening.address, &first, b"h2").await.is_ok());

    let second = certify(folder.path());
    while !site.registry.encode().contains("mainstay_http_certificates_loaded_total{} 1") {
        manual.advance(Duration::from_secs(10));
        tokio::task::yield_now().await;
    }
    assert!(shake(listening.address, &second, b"h2").await.is_ok(), "new connections get the new one");
    assert!(shake(listening.address, &first, b"h2").await.is_err());
}

#[tokio::test]
async fn who_does_not_shake_hands_is_let_go() {
    let folder = tempfile::tempdir().unwrap();
    certify(folder.path());
    let site = Site::with(|settings| {
        settings.tls = options(folder.path());
        settings.header_timeout_ms = 200;
    });
    let listening = site.listen().await;
    for words in [&b""[..], b"GET / HTTP/1.1\r\nhost: x\r\n\r\n", b"\x16\x03\x01\x02\x00\x01"] {
        let mut stream = TcpStream::connect(listening.address).await.unwrap();
        stream.write_all(words).await.unwrap();
        let heard = crate::wire::hear(&mut stream).await;
        assert!(!heard.contains("HTTP/1.1 200"), "{heard}");
    }
    assert!(site.registry.encode().contains("mainstay_http_handshake_failures_total{} 3"));
    assert_eq!(listening.stop().await.cut, 0);
}

#[tokio::test]
async fn files_that_cannot_be_used_are_named_before_anything_listens() {
    let folder = tempfile::tempdir().unwrap();
    let refused = async |settings: TlsOptions, words: &str| {
        let error = Site::with(|options| options.tls = settings).app.bind().await.map(drop).unwrap_err();
        assert!(error.is(&TLS_UNUSABLE) && error.message().contains(words), "{error}");
    };
    refused(options(folder.path()), "chain.pem").await;
    certify(folder.path());
    fs::set_permissions(folder.path().join("key.pem"), fs::Permissions::from_mode(0o644)).unwrap();
    refused(options(folder.path()), "chmod 600").await;
    let other = tempfile::tempdir().unwrap();
    certify(other.path());
    let mixed = TlsOptions { certificate: folder.path().join("chain.pem"), ..options(other.path()) };
    refused(mixed, "belong together").await;
}
