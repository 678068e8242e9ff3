//! Who is at the other end is known by the certificate itself.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{DigitallySignedStruct, Error, SignatureScheme};

/// Takes the first certificate of the file, and no other.
///
/// The file is read at each handshake: it may be replaced while everything runs. The listener takes a new one into use
/// within seconds, and is refused until then.
#[derive(Debug)]
pub(crate) struct OnlyTheFiles {
    file: PathBuf,
    provider: Arc<CryptoProvider>,
}

impl OnlyTheFiles {
    pub(crate) fn new(file: &Path, provider: Arc<CryptoProvider>) -> Self {
        Self { file: file.to_owned(), provider }
    }
}

impl ServerCertVerifier for OnlyTheFiles {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let expected = CertificateDer::from_pem_file(&self.file)
            .map_err(|error| Error::General(format!("{} cannot be read: {error}", self.file.display())))?;
        if *end_entity == expected {
            return Ok(ServerCertVerified::assertion());
        }
        Err(Error::General(format!("it has another certificate than {}", self.file.display())))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
