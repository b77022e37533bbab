//! TLS by rustls, with a certificate that can be replaced while connections are open.
//!
//! - `pem`: files and their sections; `foreign`: what people put in their place
//! - `key` and `chain`: which keys and certificates can be used, and what is said of others

mod chain;
mod foreign;
mod key;
mod pem;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::server::{ClientHello, ParsedCertificate, ResolvesServerCert};
use rustls::sign::{CertifiedKey, SigningKey};

use self::chain::Facts;
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
    /// The certificate and the key do not belong together.
    #[error(
        "tls_cert and tls_key: {} and {} cannot be used together: {reason}", .files.cert.display(), .files.key.display()
    )]
    Pair {
        /// Both files.
        files: TlsFiles,
        /// Why.
        reason: String,
    },
    /// TLS cannot be set up at all.
    #[error("TLS cannot be set up: {0}")]
    Setup(rustls::Error),
}

/// Seconds between two warnings of the same end.
const BETWEEN_WARNINGS: u64 = 24 * 3600;

/// A certificate as it was read.
struct Shown {
    key: Arc<CertifiedKey>,
    facts: Facts,
}

/// The certificate that new connections are shown.
pub struct Certificate {
    files: TlsFiles,
    current: ArcSwap<Shown>,
    /// When its end was last warned of, in seconds since 1970; 0: never.
    warned: AtomicU64,
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate").field("files", &self.files).finish_non_exhaustive()
    }
}

impl Certificate {
    /// Reads a certificate and its key, and logs warnings about them.
    ///
    /// # Errors
    /// See [`TlsError`].
    pub fn load(files: &TlsFiles) -> Result<Arc<Certificate>, TlsError> {
        let current = ArcSwap::from_pointee(read(files)?);
        let certificate = Certificate { files: files.clone(), current, warned: AtomicU64::new(0) };
        certificate.remark();
        Ok(Arc::new(certificate))
    }

    /// Reads the files again. What was shown before is shown on if they cannot be used.
    ///
    /// # Errors
    /// See [`TlsError`].
    pub fn reload(&self) -> Result<(), TlsError> {
        self.current.store(Arc::new(read(&self.files)?));
        self.warned.store(0, Ordering::Relaxed);
        self.remark();
        Ok(())
    }

    fn remark(&self) {
        for remark in self.current.load().facts.remarks() {
            tracing::warn!("tls_cert: {}: {remark}", self.files.cert.display());
        }
        self.warn_of_end();
    }

    /// Warns of a certificate that has expired or soon will, at most once a day.
    pub fn warn_of_end(&self) {
        if let Some(warning) = self.warning(chain::now()) {
            tracing::warn!("tls_cert: {}: {warning}", self.files.cert.display());
        }
    }

    fn warning(&self, now: u64) -> Option<String> {
        let last = self.warned.load(Ordering::Relaxed);
        if last != 0 && now < last.saturating_add(BETWEEN_WARNINGS) {
            return None;
        }
        let warning = self.current.load().facts.of_time(now)?;
        self.warned.store(now, Ordering::Relaxed);
        Some(warning)
    }

    /// When it ends, in seconds since 1970, where that can be read.
    pub fn not_after(&self) -> Option<u64> {
        self.current.load().facts.valid.map(|(_, end)| end)
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
        Some(Arc::clone(&self.current.load().key))
    }
}

fn read(files: &TlsFiles) -> Result<Shown, TlsError> {
    let unusable =
        |setting, path: &Path, reason: String| TlsError::File { setting, path: path.to_owned(), reason };
    let of_cert = |reason| unusable("tls_cert", &files.cert, reason);
    let of_key = |reason| unusable("tls_key", &files.key, reason);
    let sections = pem::read(&files.cert).map_err(of_cert)?;
    let chain = chain::read(&sections, &files.cert).map_err(of_cert)?;
    let keys = pem::read(&files.key).and_then(|sections| key::load_all(&sections, &files.key));
    let keys =
        keys.map_err(|reason| match sections.iter().any(|section| section.label.ends_with("PRIVATE KEY")) {
            true => of_key(format!("{reason}; there is one in {}", files.cert.display())),
            false => of_key(reason),
        })?;
    let Some(first) = chain.first() else { return Err(of_cert("it has no certificate".to_owned())) };
    let facts = chain::judge(first, &files.cert).map_err(of_cert)?;
    let usable: Vec<&Arc<dyn SigningKey>> = keys.iter().filter_map(|key| key.as_ref().ok()).collect();
    if let Some(key) = usable.iter().find(|key| belongs(key, first)) {
        let key = Arc::new(CertifiedKey::new(chain.clone(), Arc::clone(key)));
        return Ok(Shown { key, facts });
    }
    // The right key may be one that cannot be used.
    if let Some(reason) = keys.iter().find_map(|key| key.as_ref().err()) {
        return Err(of_key(reason.clone()));
    }
    let reason = not_together(&chain, &usable, &facts, files);
    Err(TlsError::Pair { files: files.clone(), reason })
}

/// Whether a key is that of a certificate. Where the library does not tell the public half, nobody knows better.
fn belongs(key: &Arc<dyn SigningKey>, certificate: &CertificateDer<'_>) -> bool {
    let Some(public) = key.public_key() else { return true };
    ParsedCertificate::try_from(certificate)
        .is_ok_and(|certificate| certificate.subject_public_key_info() == public)
}

fn not_together(
    chain: &[CertificateDer<'_>],
    keys: &[&Arc<dyn SigningKey>],
    facts: &Facts,
    files: &TlsFiles,
) -> String {
    let is_its_own = |certificate: &CertificateDer<'_>| keys.iter().any(|key| belongs(key, certificate));
    if let Some(place) = chain.iter().position(is_its_own) {
        return format!(
            "the server's own certificate, the one of the key, is number {} of {} and has to be the \
             first; after it come those between it and a root",
            place + 1,
            chain.len()
        );
    }
    let keys = match keys.len() {
        1 => "the key does not belong".to_owned(),
        count => format!("none of the {count} keys belongs"),
    };
    format!(
        "{keys} to the certificate for {}; both of these print the same for a pair: `openssl x509 -noout \
         -pubkey -in {}` and `openssl pkey -pubout -in {}`",
        facts.subject,
        files.cert.display(),
        files.key.display()
    )
}
