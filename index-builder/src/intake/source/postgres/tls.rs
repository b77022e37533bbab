//! Encrypted connections, by rustls, with libpq's words for them.
//!
//! | `sslmode` | encrypted | the server's certificate |
//! | --- | --- | --- |
//! | `disable` | no | - |
//! | `allow`, `prefer` (the default) | where the server offers it and it can be done | is not looked at |
//! | `require` | yes | is not looked at, unless there are certificates to trust: then as `verify-ca` |
//! | `verify-ca` | yes | is from an authority that is trusted |
//! | `verify-full` | yes | and is for the host that was asked for |
//!
//! Trusted are the certificates of `sslrootcert`: a file, or `system` for what this machine trusts, which needs
//! `verify-full`. Without it `~/.postgresql/root.crt`; where that is missing, `verify-full` trusts what this machine trusts, and
//! `verify-ca` is refused.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme, version,
};
use tokio_postgres_rustls::MakeRustlsConnect;

/// How much a connection has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Disable,
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

/// Whose certificates are trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Roots {
    System,
    File(PathBuf),
}

impl Roots {
    /// What `sslrootcert` names.
    pub(super) fn named(value: String) -> Roots {
        if value == "system" { Roots::System } else { Roots::File(value.into()) }
    }
}

/// What is asked of a connection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct TlsSettings {
    pub(super) mode: Option<Mode>,
    pub(super) roots: Option<Roots>,
    /// The certificate that is shown to the server, and its key.
    pub(super) certificate: Option<PathBuf>,
    pub(super) key: Option<PathBuf>,
    /// Encrypted from the first byte on.
    pub(super) is_direct: bool,
    /// TLS 1.3 and nothing older.
    pub(super) only_newest: bool,
    /// The server has to prove that it has the certificate's key, whoever it is.
    pub(super) needs_proof: bool,
}

impl TlsSettings {
    /// The mode, by default the one that goes with the other settings.
    ///
    /// # Errors
    /// They do not go together; to be put behind "the address".
    pub(super) fn checked_mode(&self) -> Result<Mode, String> {
        let is_system = self.roots == Some(Roots::System);
        match self.mode {
            Some(mode) if is_system && !matches!(mode, Mode::VerifyFull | Mode::Disable) => Err(
                "has sslrootcert=system, which says something only with sslmode=verify-full: anybody can have a \
                 certificate from one of those authorities"
                    .to_owned(),
            ),
            _ if self.certificate.is_some() != self.key.is_some() => {
                Err("has one of the parameters \"sslcert\" and \"sslkey\" without the other".to_owned())
            }
            None if is_system => Ok(Mode::VerifyFull),
            mode => match mode.unwrap_or(Mode::Prefer) {
                // Who asks for nothing but TLS must not get a connection without it.
                Mode::Disable | Mode::Prefer if self.is_direct => Err(
                    "has sslnegotiation=direct, which goes with sslmode=require, verify-ca or verify-full only"
                        .to_owned(),
                ),
                mode => Ok(mode),
            },
        }
    }
}

/// What encrypts connections, for every mode but [`Mode::Disable`].
///
/// # Errors
/// A file cannot be used, with its path and without a word of what is in it.
pub(super) fn connector(
    settings: &TlsSettings,
    mode: Mode,
    home: Option<&Path>,
) -> Result<MakeRustlsConnect, String> {
    let provider = Arc::new(ring::default_provider());
    let default = home.map(|home| home.join(".postgresql/root.crt")).filter(|path| path.is_file());
    let roots = settings.roots.clone().or(default.map(Roots::File));
    let trusted = match (mode, roots) {
        (Mode::Disable | Mode::Prefer, _) | (Mode::Require, None) => None,
        (Mode::Require | Mode::VerifyCa | Mode::VerifyFull, Some(Roots::File(path))) => {
            Some(certificates("sslrootcert", &path)?)
        }
        // Anybody can have a certificate from one of this machine's authorities.
        (Mode::VerifyCa, None) => {
            return Err(
                "sslmode=verify-ca needs sslrootcert=FILE, the certificates of the authorities that are trusted; \
                        or ~/.postgresql/root.crt"
                    .to_owned(),
            );
        }
        _ => Some(of_this_machine()?),
    };
    let verifier = Verifier::new(trusted, mode == Mode::VerifyFull, settings.needs_proof, &provider)?;
    let versions: &[_] =
        if settings.only_newest { &[&version::TLS13] } else { &[&version::TLS13, &version::TLS12] };
    let builder = ClientConfig::builder_with_provider(provider).with_protocol_versions(versions);
    let builder = builder.map_err(|error| format!("TLS cannot be set up: {error}"))?;
    let builder = builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
    let mut config = match (&settings.certificate, &settings.key) {
        (Some(certificate), Some(key)) => {
            let chain = certificates("sslcert", certificate)?;
            builder
                .with_client_auth_cert(chain, private_key(key)?)
                .map_err(|error| format!("sslcert and sslkey cannot be used together: {error}"))?
        }
        _ => builder.with_no_client_auth(),
    };
    if settings.is_direct {
        config.alpn_protocols = vec![b"postgresql".to_vec()];
    }
    Ok(MakeRustlsConnect::new(config))
}

fn certificates(parameter: &str, path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let unusable = |why: &str| format!("{parameter}: {}: {why}", path.display());
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let read = read.map_err(|error| unusable(&format!("no certificates in PEM can be read: {error}")))?;
    if read.is_empty() { Err(unusable("there is no certificate in PEM in it")) } else { Ok(read) }
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, String> {
    PrivateKeyDer::from_pem_file(path).map_err(|error| {
        format!("sslkey: {}: no key in PEM without a password can be read: {error}", path.display())
    })
}

fn of_this_machine() -> Result<Vec<CertificateDer<'static>>, String> {
    let found = rustls_native_certs::load_native_certs();
    if found.certs.is_empty() {
        let why = found.errors.first().map(|error| format!(": {error}")).unwrap_or_default();
        return Err(format!("sslrootcert: this machine trusts no certificates{why}; give a file with some"));
    }
    Ok(found.certs)
}

/// Decides whether a server is the one that was asked for.
#[derive(Debug)]
struct Verifier {
    /// None: whoever answers is trusted.
    authorities: Option<Arc<WebPkiServerVerifier>>,
    trusted: Vec<CertificateDer<'static>>,
    checks_name: bool,
    needs_proof: bool,
    provider: Arc<CryptoProvider>,
}

impl Verifier {
    fn new(
        trusted: Option<Vec<CertificateDer<'static>>>,
        checks_name: bool,
        needs_proof: bool,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Verifier, String> {
        let authorities = trusted.as_ref().map(|trusted| {
            let mut store = RootCertStore::empty();
            let (added, _) = store.add_parsable_certificates(trusted.iter().cloned());
            if added == 0 {
                return Err("sslrootcert: none of its certificates can be understood".to_owned());
            }
            let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(store), Arc::clone(provider));
            verifier.build().map_err(|error| format!("sslrootcert: {error}"))
        });
        Ok(Verifier {
            authorities: authorities.transpose()?,
            trusted: trusted.unwrap_or_default(),
            checks_name,
            needs_proof,
            provider: Arc::clone(provider),
        })
    }

    /// Whether a signature was refused only because the certificate is of a kind that is not understood, as old ones
    /// are, of somebody who need not be known.
    fn is_let_pass(&self, error: &Error) -> bool {
        self.authorities.is_none()
            && !self.needs_proof
            && matches!(error, Error::InvalidCertificate(why) if *why != CertificateError::BadSignature)
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(authorities) = &self.authorities else { return Ok(ServerCertVerified::assertion()) };
        match authorities.verify_server_cert(certificate, others, name, ocsp, now) {
            // The name is the last thing that is looked at.
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if !self.checks_name => Ok(ServerCertVerified::assertion()),
            // A server that is its own authority, and whose certificate is trusted as it is.
            Err(error) if is_own_authority(&error) && self.trusted.contains(certificate) => {
                if self.checks_name {
                    let parsed = ParsedCertificate::try_from(certificate)?;
                    rustls::client::verify_server_name(&parsed, name)?;
                }
                Ok(ServerCertVerified::assertion())
            }
            verdict => verdict,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        match verify_tls12_signature(message, certificate, signed, algorithms) {
            Err(error) if self.is_let_pass(&error) => Ok(HandshakeSignatureValid::assertion()),
            verdict => verdict,
        }
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        match verify_tls13_signature(message, certificate, signed, algorithms) {
            Err(error) if self.is_let_pass(&error) => Ok(HandshakeSignatureValid::assertion()),
            verdict => verdict,
        }
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// The library has no variant for this one. It is told after the dates have been looked at.
fn is_own_authority(error: &Error) -> bool {
    matches!(error, Error::InvalidCertificate(CertificateError::Other(why)) if format!("{why:?}").contains("CaUsedAsEndEntity"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_do_not_go_together_are_refused() {
        let system = |mode| TlsSettings { mode, roots: Some(Roots::System), ..TlsSettings::default() };
        assert_eq!(system(None).checked_mode(), Ok(Mode::VerifyFull));
        assert_eq!(system(Some(Mode::VerifyFull)).checked_mode(), Ok(Mode::VerifyFull));
        for mode in [Mode::Prefer, Mode::Require, Mode::VerifyCa] {
            assert!(system(Some(mode)).checked_mode().unwrap_err().contains("verify-full"));
        }
        let alone = TlsSettings { certificate: Some("c".into()), ..TlsSettings::default() };
        assert!(alone.checked_mode().unwrap_err().contains("sslkey"));
        assert_eq!(TlsSettings::default().checked_mode(), Ok(Mode::Prefer));
    }

    #[test]
    fn who_asks_for_tls_alone_never_gets_a_connection_without_it() {
        let direct = |mode| TlsSettings { mode, is_direct: true, ..TlsSettings::default() };
        for mode in [None, Some(Mode::Prefer), Some(Mode::Disable)] {
            assert!(direct(mode).checked_mode().unwrap_err().contains("sslnegotiation=direct"), "{mode:?}");
        }
        assert_eq!(direct(Some(Mode::Require)).checked_mode(), Ok(Mode::Require));
        // There an authority has to be named: this machine's would vouch for anybody.
        let error = connector(&TlsSettings::default(), Mode::VerifyCa, None).err().unwrap();
        assert!(error.contains("sslrootcert=FILE"), "{error}");
    }

    #[test]
    fn a_file_that_cannot_be_used_is_named_with_its_parameter() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        std::fs::write(&path, "s3cret").unwrap();
        let error_of = |settings: TlsSettings| {
            let made = connector(&settings, Mode::VerifyFull, None);
            made.map(|_| ()).unwrap_err()
        };
        let roots =
            |path: &Path| TlsSettings { roots: Some(Roots::File(path.to_owned())), ..TlsSettings::default() };
        let missing = directory.path().join("missing");
        for (settings, parts) in
            [(roots(&path), ["sslrootcert", "file"]), (roots(&missing), ["sslrootcert", "missing"])]
        {
            let error = error_of(settings);
            assert!(parts.iter().all(|part| error.contains(part)) && !error.contains("s3cret"), "{error}");
        }
        let own = TlsSettings { certificate: Some(path.clone()), key: Some(path), ..TlsSettings::default() };
        let error = connector(&own, Mode::Require, None).map(|_| ()).unwrap_err();
        assert!(error.contains("sslcert") && !error.contains("s3cret"), "{error}");
    }
}
