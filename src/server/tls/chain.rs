//! Certificates: what is in a file, whether the first of them can be shown, and when it ends.

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustls::CertificateError;
use rustls::pki_types::CertificateDer;
use rustls::server::ParsedCertificate;
use x509_cert::certificate::Version;
use x509_cert::der::Decode as _;
use x509_cert::ext::pkix::{BasicConstraints, SubjectAltName};
use x509_cert::{Certificate, TbsCertificate};

use super::foreign::{Der, kind_of};
use super::pem::Section;
use crate::time::rfc3339;

/// What a certificate is called in PEM, today and of old.
const LABELS: [&str; 2] = ["CERTIFICATE", "X509 CERTIFICATE"];

const DAY: u64 = 24 * 3600;
/// Before a certificate ends, so many seconds are left to renew it...
const SOON: u64 = 14 * DAY;
/// ... or this part of its life, for those that live for days only.
const SOON_PART: u64 = 3;

/// What is known of the certificate that is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Whose it is, for messages.
    pub subject: String,
    /// From when and until when it counts, in seconds since 1970.
    pub valid: Option<(u64, u64)>,
    is_authority: bool,
    has_names: bool,
}

/// Reads the certificates of a file, one at least.
///
/// # Errors
/// There is none, or one is damaged; what there is instead.
pub fn read(sections: &[Section], path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let mut chain = Vec::new();
    for section in sections.iter().filter(|section| LABELS.contains(&section.label.as_str())) {
        let der = section.der()?;
        match kind_of(&der) {
            Some(Der::Certificate) => chain.push(CertificateDer::from(der)),
            Some(Der::Request) => return Err(REQUEST.to_owned()),
            Some(Der::Pkcs8 | Der::Pkcs1 | Der::Sec1 | Der::Dsa | Der::EncryptedKey) => {
                return Err(format!(
                    "the section {} in line {} is a private key",
                    section.label, section.line
                ));
            }
            _ => return Err(damaged(section.line)),
        }
    }
    if chain.is_empty() { Err(instead(sections, path)) } else { Ok(chain) }
}

const REQUEST: &str = "there is a request for a certificate in it, which is sent to an authority; its answer \
                       belongs here";

fn damaged(line: usize) -> String {
    format!("the certificate that begins in line {line} is damaged or cut: it has not the form of one")
}

/// What is in a file without a certificate.
fn instead(sections: &[Section], path: &Path) -> String {
    let file = path.display();
    let has = |label: &str| sections.iter().any(|section| section.label.contains(label));
    if has("TRUSTED CERTIFICATE") {
        format!(
            "the certificate is in a form of openssl's own; `openssl x509 -in {file} -out NEW.pem` writes \
             it as usual"
        )
    } else if has("CERTIFICATE REQUEST") {
        REQUEST.to_owned()
    } else if has("PRIVATE KEY") {
        "there is a private key in it and no certificate; are tls_cert and tls_key swapped?".to_owned()
    } else if has("PKCS7") || has("CMS") {
        format!(
            "there is a bundle in it (PKCS#7); `openssl pkcs7 -print_certs -in {file} -out NEW.pem` takes \
             the certificates out"
        )
    } else if has("PUBLIC KEY") {
        "there is a public key in it and no certificate".to_owned()
    } else {
        let labels: Vec<&str> = sections.iter().map(|section| section.label.as_str()).collect();
        format!("there is no certificate in it, only {}; is {file} the right file?", labels.join(", "))
    }
}

/// Reads what is shown to clients first, and so has to be the server's own.
///
/// # Errors
/// No client could read it.
pub fn judge(first: &CertificateDer<'_>, path: &Path) -> Result<Facts, String> {
    let read = Certificate::from_der(first).map(|certificate| certificate.tbs_certificate);
    if let Ok(certificate) = &read
        && certificate.version != Version::V3
    {
        return Err(format!(
            "the certificate for {} is of X.509 version 1 or 2, which has no room for names of hosts; \
             sign the request again with `-extfile`, as in `openssl x509 -req -extfile <(echo subjectAltName=DNS:NAME) ...`",
            certificate.subject
        ));
    }
    if let Err(error) = ParsedCertificate::try_from(first) {
        return Err(why_not(&error, path));
    }
    Ok(read.map_or_else(|_| Facts::unknown(), |certificate| Facts::of(&certificate)))
}

/// In our words, why the library takes no such certificate.
fn why_not(error: &rustls::Error, path: &Path) -> String {
    let file = path.display();
    match error {
        rustls::Error::InvalidCertificate(CertificateError::BadEncoding) => {
            format!(
                "the first certificate is damaged; `openssl x509 -noout -text -in {file}` shows what can \
                 be read of it"
            )
        }
        rustls::Error::InvalidCertificate(CertificateError::UnhandledCriticalExtension) => format!(
            "the first certificate has an extension that is marked critical and not known; `openssl x509 \
             -noout -text -in {file}` shows it; have another one signed without it"
        ),
        other => format!(
            "the first certificate breaks a rule of X.509 ({other}); `openssl x509 -noout -text -in \
             {file}` shows it"
        ),
    }
}

impl Facts {
    fn of(certificate: &TbsCertificate) -> Facts {
        let authority = certificate.get::<BasicConstraints>().ok().flatten();
        let seconds = |time: x509_cert::time::Time| time.to_unix_duration().as_secs();
        Facts {
            subject: certificate.subject.to_string(),
            valid: Some((seconds(certificate.validity.not_before), seconds(certificate.validity.not_after))),
            is_authority: authority.is_some_and(|(_, constraints)| constraints.ca),
            has_names: !matches!(certificate.get::<SubjectAltName>(), Ok(None)),
        }
    }

    /// The library that looks closer cannot read it.
    fn unknown() -> Facts {
        Facts { subject: "an unknown subject".to_owned(), valid: None, is_authority: false, has_names: true }
    }

    /// Warnings about the certificate that hold at any time.
    pub fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        if self.valid.is_none() {
            remarks.push("when the certificate ends cannot be read".to_owned());
        }
        if self.is_authority {
            remarks.push(format!(
                "the certificate for {} is that of an authority (CA:TRUE); some clients take none such \
                 from a server",
                self.subject
            ));
        }
        if !self.has_names {
            remarks.push(format!(
                "the certificate for {} names no host (subjectAltName); most clients take it for none",
                self.subject
            ));
        }
        remarks
    }

    /// A warning about its time, if there is one to give at this moment.
    pub fn of_time(&self, now: u64) -> Option<String> {
        let (begin, end) = self.valid?;
        let subject = &self.subject;
        let soon = SOON.min(end.saturating_sub(begin) / SOON_PART);
        if now < begin {
            Some(format!(
                "the certificate for {subject} only counts from {}; until then clients refuse it",
                rfc3339(begin)
            ))
        } else if now > end {
            Some(format!("the certificate for {subject} has expired on {}: clients refuse it", rfc3339(end)))
        } else if end - now < soon {
            Some(format!("the certificate for {subject} expires on {}: renew it", rfc3339(end)))
        } else {
            None
        }
    }
}

/// Seconds since 1970.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn living(begin: u64, end: u64) -> Facts {
        Facts { subject: "CN=a".to_owned(), valid: Some((begin, end)), is_authority: false, has_names: true }
    }

    #[test]
    fn the_end_is_told_two_weeks_before_or_when_a_third_is_left() {
        let year = living(0, 365 * DAY);
        assert_eq!(year.of_time(351 * DAY), None);
        assert!(year.of_time(351 * DAY + 1).unwrap().contains("expires on 1971-01-01T00:00:00Z: renew it"));
        assert!(year.of_time(365 * DAY).unwrap().contains("expires on"));
        assert!(year.of_time(365 * DAY + 1).unwrap().contains("CN=a has expired on 1971-01-01T00:00:00Z"));
        let week = living(0, 6 * DAY);
        assert_eq!(week.of_time(4 * DAY), None);
        assert!(week.of_time(4 * DAY + 1).is_some());
        assert!(living(9, DAY).of_time(8).unwrap().contains("only counts from 1970-01-01T00:00:09Z"));
        assert_eq!(Facts::unknown().of_time(0), None);
    }

    #[test]
    fn what_clients_may_refuse_is_told() {
        assert!(living(0, 1).remarks().is_empty());
        let odd = Facts { is_authority: true, has_names: false, ..living(0, 1) };
        let remarks = odd.remarks().join("\n");
        assert!(remarks.contains("CA:TRUE") && remarks.contains("subjectAltName"), "{remarks}");
        assert!(Facts::unknown().remarks()[0].contains("cannot be read"));
    }
}
