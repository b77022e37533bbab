//! TLS by rustls, with a certificate that can be replaced while connections are open.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::config::TlsFiles;

/// What clients and servers call HTTP/2 when they agree on a protocol (RFC 7301).
pub const H2: &[u8] = b"h2";
const HTTP_1_1: &[u8] = b"http/1.1";

/// Why a certificate is not used. Never says what is in the key's file.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read, or has nothing of its kind in it.
    #[error("{setting}: {} cannot be used: {reason}", .path.display())]
    File {
        /// `tls_cert` or `tls_key`.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The certificate and the key do not belong together, or are of a kind that is not supported.
    #[error("tls_cert and tls_key cannot be used together: {0}")]
    Pair(rustls::Error),
    /// TLS cannot be set up at all.
    #[error("TLS cannot be set up: {0}")]
    Setup(rustls::Error),
}

/// The certificate that new connections are shown.
pub struct Certificate {
    files: TlsFiles,
    current: ArcSwap<CertifiedKey>,
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate").field("files", &self.files).finish_non_exhaustive()
    }
}

impl Certificate {
    /// Reads a certificate and its key.
    ///
    /// # Errors
    /// See [`TlsError`].
    pub fn load(files: &TlsFiles) -> Result<Arc<Certificate>, TlsError> {
        let current = ArcSwap::from_pointee(read(files)?);
        Ok(Arc::new(Certificate { files: files.clone(), current }))
    }

    /// Reads the files again. What was shown before is shown on if they cannot be used.
    ///
    /// # Errors
    /// See [`TlsError`].
    pub fn reload(&self) -> Result<(), TlsError> {
        self.current.store(Arc::new(read(&self.files)?));
        Ok(())
    }

    /// The files it is read from.
    pub fn files(&self) -> [PathBuf; 2] {
        [self.files.cert.clone(), self.files.key.clone()]
    }

    /// Settings for a listener that shows this certificate. TLS 1.2 and 1.3, and HTTP/2 only where it is wanted.
    ///
    /// # Errors
    /// [`TlsError::Setup`].
    pub fn server_config(self: &Arc<Self>, http2: bool) -> Result<ServerConfig, TlsError> {
        let resolver: Arc<dyn ResolvesServerCert> = Arc::clone(self) as _;
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Setup)?
            .with_no_client_auth()
            .with_cert_resolver(resolver);
        let protocols: &[&[u8]] = if http2 { &[H2, HTTP_1_1] } else { &[HTTP_1_1] };
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        Ok(config)
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current.load_full())
    }
}

fn read(files: &TlsFiles) -> Result<CertifiedKey, TlsError> {
    let unusable =
        |setting, path: &PathBuf, reason: String| TlsError::File { setting, path: path.clone(), reason };
    let chain = CertificateDer::pem_file_iter(&files.cert)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unusable("tls_cert", &files.cert, error.to_string()))?;
    if chain.is_empty() {
        return Err(unusable("tls_cert", &files.cert, "there is no certificate in it".to_owned()));
    }
    let key = PrivateKeyDer::from_pem_file(&files.key)
        .map_err(|error| unusable("tls_key", &files.key, error.to_string()))?;
    CertifiedKey::from_der(chain, key, &ring::default_provider()).map_err(TlsError::Pair)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::Path;

    fn write_pair(directory: &Path, name: &str) -> TlsFiles {
        let made = rcgen::generate_simple_self_signed(vec![format!("{name}.test")]).unwrap();
        let files = TlsFiles {
            cert: directory.join(format!("{name}.crt")),
            key: directory.join(format!("{name}.pem")),
        };
        fs::write(&files.cert, made.cert.pem()).unwrap();
        fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
        files
    }

    #[test]
    fn a_new_certificate_is_shown_and_a_bad_one_is_not() {
        let directory = tempfile::tempdir().unwrap();
        let (files, other) = (write_pair(directory.path(), "one"), write_pair(directory.path(), "two"));
        let certificate = Certificate::load(&files).unwrap();
        let first = certificate.current.load_full().cert.clone();
        for broken in ["", "-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n"] {
            fs::write(&files.cert, broken).unwrap();
            assert!(matches!(certificate.reload(), Err(TlsError::File { setting: "tls_cert", .. })));
        }
        fs::copy(&other.cert, &files.cert).unwrap();
        assert!(matches!(certificate.reload(), Err(TlsError::Pair(_))), "the key is still the old one");
        assert_eq!(certificate.current.load_full().cert, first);
        fs::copy(&other.key, &files.key).unwrap();
        certificate.reload().unwrap();
        assert_ne!(certificate.current.load_full().cert, first);
        assert_eq!(certificate.server_config(false).unwrap().alpn_protocols, [HTTP_1_1]);
        assert_eq!(certificate.server_config(true).unwrap().alpn_protocols, [H2, HTTP_1_1]);
    }

    #[test]
    fn files_that_cannot_be_used_are_named() {
        let directory = tempfile::tempdir().unwrap();
        let files = write_pair(directory.path(), "one");
        let missing = TlsFiles { cert: "/nowhere/cert.pem".into(), ..files.clone() };
        assert!(Certificate::load(&missing).unwrap_err().to_string().contains("/nowhere/cert.pem"));
        let swapped = TlsFiles { cert: files.key.clone(), key: files.cert.clone() };
        assert!(Certificate::load(&swapped).unwrap_err().to_string().contains("tls_cert"));
    }
}
